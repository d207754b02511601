"""What the bar programs share: a server of their own, a client that keeps its idempotency keys."""
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import urllib.parse
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PASSWORD = "yunling demo county 2026"


def binary():
    for kind in ("release", "debug"):
        path = os.environ.get("BARS_BINARY") or os.path.join(ROOT, "target", kind, "jieyou")
        if os.path.exists(path):
            return path
    raise SystemExit("build the binary first: cargo build --release")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Postgres:
    """A database of its own on the cluster of `url`, through `psql`."""

    def __init__(self, url):
        self.cluster, self.name = url, f"jieyou_bars_{uuid.uuid4().hex[:12]}"
        self.psql(url, f"CREATE DATABASE {self.name}")
        self.url = urllib.parse.urlsplit(url)._replace(path="/" + self.name).geturl()

    @staticmethod
    def psql(url, sql):
        out = subprocess.run(["psql", "-X", "-qAt", "-v", "ON_ERROR_STOP=1", "-F", "\t", url, "-c", sql], capture_output=True, text=True)
        if out.returncode != 0:
            raise RuntimeError(out.stderr)
        return [tuple(line.split("\t")) for line in out.stdout.splitlines()]

    def query(self, sql):
        return self.psql(self.url, sql)

    @contextlib.contextmanager
    def still(self):
        """A function from SQL to rows of text, for the state after a kill of the server."""
        yield self.query

    def check(self):
        return []  # the cluster itself is not killed here

    def remove(self):
        self.psql(self.cluster, f"DROP DATABASE {self.name} WITH (FORCE)")


class Sqlite:
    """The database file of a data directory."""

    def __init__(self, data):
        self.data, self.url = data, None
        self.path = os.path.join(data, "jieyou.db")

    def query(self, sql):
        """Beside a running server or after it: rows as tuples of text."""
        with contextlib.closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as c:
            return [tuple(map(str, row)) for row in c.execute(sql).fetchall()]

    @contextlib.contextmanager
    def still(self):
        """As above, on a copy: looking must not recover the log on behalf of the server."""
        with tempfile.TemporaryDirectory(prefix="jieyou-copy-") as there:
            for end in ("", "-wal"):
                if os.path.exists(self.path + end):
                    shutil.copy(self.path + end, os.path.join(there, "copy.db" + end))
            with contextlib.closing(sqlite3.connect(os.path.join(there, "copy.db"))) as c:
                yield lambda sql: [tuple(map(str, row)) for row in c.execute(sql).fetchall()]

    def check(self):
        """What SQLite itself finds wrong with the files of a killed server."""
        with self.still() as query:
            faults = [row[0] for row in query("PRAGMA integrity_check") if row[0] != "ok"]
            return faults + [f"foreign key {row}" for row in query("PRAGMA foreign_key_check")]

    def remove(self):
        pass


class Server:
    """One `serve` process on a data directory of its own, or a second node beside `beside`."""

    def __init__(self, cluster=None, extra=None, beside=None):
        self.data = beside.data if beside else tempfile.mkdtemp(prefix="jieyou-bars-")
        self.db = beside.db if beside else (Postgres(cluster) if cluster else Sqlite(self.data))
        self.owner = beside is None
        self.port = free_port()
        self.env = dict(os.environ, JIEYOU_DATA_DIR=self.data, JIEYOU_BIND=f"127.0.0.1:{self.port}", JIEYOU_METRICS_BIND="",
                        JIEYOU_RATE_PER_SECOND="100000", JIEYOU_RATE_BURST="100000", JIEYOU_LOG_FILTER="warn",
                        JIEYOU_MAX_IN_FLIGHT="2000", **(extra or {}))
        self.env.pop("DATABASE_URL", None)
        if self.db.url:
            self.env["DATABASE_URL"] = self.db.url
        if beside:
            self.env["JIEYOU_NODE"] = "node2"
        self.process = None

    def command(self, *args, check=True):
        out = subprocess.run([binary(), *args], env=self.env, capture_output=True, text=True)
        if check and out.returncode != 0:
            raise RuntimeError(f"{args}: {out.returncode}\n{out.stdout[-2000:]}\n{out.stderr[-2000:]}")
        return out

    def seed(self):
        """The demo county, without its cases: fast, and nobody's data."""
        self.command("demo", "--no-serve", "--county-only")

    def start(self, wrapper=()):
        self.process = subprocess.Popen([*wrapper, binary(), "serve"], env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        began = time.monotonic()
        while time.monotonic() - began < 30:
            try:
                c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
                c.request("GET", "/readyz")
                if c.getresponse().status == 200:
                    return time.monotonic() - began
            except OSError:
                pass
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}")
            time.sleep(0.01)
        raise RuntimeError("not ready after 30 s")

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.alive():
            self.process.terminate()
            self.process.wait(timeout=60)

    def remove(self):
        self.stop()
        if self.owner:
            self.db.remove()
            shutil.rmtree(self.data, ignore_errors=True)


TOKENS, TOKEN_LOCK = {}, threading.Lock()


class Client:
    """One caller with one connection. Callers of one name share a sign-in: logins are throttled by
    address and limited per user, which is not what these programs try."""

    def __init__(self, server, username):
        self.server, self.username, self.token, self.conn = server, username, None, None
        self.token_at = 0
        self.bytes = b""  # the last body as it came

    def login(self):
        with TOKEN_LOCK:
            key = (self.server.data, self.username)
            token, at = TOKENS.get(key, (None, 0))
            if token is None or time.monotonic() - at > 400:
                token, at = self.sign_in(), time.monotonic()
                TOKENS[key] = (token, at)
            self.token, self.token_at = token, at

    def sign_in(self):
        body = {"username": self.username, "password": PASSWORD, "device_id": str(uuid.uuid4())}
        for _ in range(30):  # a loaded machine may not get done in time
            status, head, doc = self.raw("POST", "/api/v1/auth/login", {"Content-Type": "application/json"}, body)
            if status not in (429, 503):
                break
            time.sleep(min(5, float(head.get("retry-after", 1))))
        if status != 200:
            raise RuntimeError(f"login {self.username}: {status} {doc}")
        return doc["access_token"]

    def raw(self, method, path, headers, body=None, cut=False):
        if self.conn is None:
            self.conn = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        data = None if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
        try:
            self.conn.request(method, path, body=data, headers=headers)
            if cut:
                raise ConnectionAbortedError("cut by this program")
            response = self.conn.getresponse()
            text = self.bytes = response.read()
        except Exception:
            self.conn.close()
            self.conn = None
            raise
        head = {k.lower(): v for k, v in response.getheaders()}
        doc = json.loads(text) if text and "json" in head.get("content-type", "") else text
        return response.status, head, doc

    def call(self, method, path, body=None, key=None, version=None, extra=None, cut=False):
        """`cut` closes the socket when the request is sent. Raises OSError or HTTPException when the outcome is in doubt."""
        if self.token is None or time.monotonic() - self.token_at > 400:
            self.login()
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        headers.update(extra or {})
        return self.raw(method, "/api/v1" + path, headers, body, cut)


def matter(n):
    return {"type": "neighbour", "source": "application", "channel": "walk_in", "summary": f"第{n}件：两户争一条排水沟。",
            "parties": [{"role": "applicant", "kind": "natural_person", "name": f"甲{n}"}, {"role": "respondent", "kind": "natural_person", "name": f"乙{n}"}]}


def threads(n, work):
    faults = []

    def guard(i):
        try:
            work(i)
        except Exception as e:  # a bar must not pass because a thread died
            faults.append(f"thread {i}: {type(e).__name__}: {e}")

    all_ = [threading.Thread(target=guard, args=(i,)) for i in range(n)]
    for t in all_:
        t.start()
    for t in all_:
        t.join()
    return faults


def verdict(name, ok, line):
    print(f"{'PASS' if ok else 'FAIL'} {name}: {line}", flush=True)
    return ok


quote = urllib.parse.quote

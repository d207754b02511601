"""What the bar programs share: a server of their own, a client that keeps its idempotency keys."""
import http.client
import json
import os
import shutil
import signal
import socket
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


class Server:
    """One `serve` process on a data directory of its own."""

    def __init__(self, data=None, database_url=None, extra=None):
        self.data = data or tempfile.mkdtemp(prefix="jieyou-bars-")
        self.port = free_port()
        self.env = dict(os.environ, JIEYOU_DATA_DIR=self.data, JIEYOU_BIND=f"127.0.0.1:{self.port}", JIEYOU_METRICS_BIND="",
                        JIEYOU_RATE_PER_SECOND="100000", JIEYOU_RATE_BURST="100000", JIEYOU_LOG_FILTER="warn",
                        JIEYOU_MAX_IN_FLIGHT="2000", **(extra or {}))
        if database_url:
            self.env["DATABASE_URL"] = database_url
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

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)

    def remove(self):
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)


TOKENS, TOKEN_LOCK = {}, threading.Lock()


class Client:
    """One caller with one connection. Callers of one name share a sign-in: logins are throttled by
    address and limited per user, which is not what these programs try."""

    def __init__(self, server, username):
        self.server, self.username, self.token, self.conn = server, username, None, None
        self.token_at = 0

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
        status, _, doc = self.raw("POST", "/api/v1/auth/login", {"Content-Type": "application/json"}, body)
        if status != 200:
            raise RuntimeError(f"login {self.username}: {status} {doc}")
        return doc["access_token"]

    def raw(self, method, path, headers, body=None):
        if self.conn is None:
            self.conn = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        data = None if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
        try:
            self.conn.request(method, path, body=data, headers=headers)
            response = self.conn.getresponse()
            text = response.read()
        except Exception:
            self.conn.close()
            self.conn = None
            raise
        head = {k.lower(): v for k, v in response.getheaders()}
        doc = json.loads(text) if text and "json" in head.get("content-type", "") else text
        return response.status, head, doc

    def call(self, method, path, body=None, key=None, version=None, extra=None):
        """Raises OSError or HTTPException when the outcome is in doubt."""
        if self.token is None or time.monotonic() - self.token_at > 400:
            self.login()
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        headers.update(extra or {})
        return self.raw(method, "/api/v1" + path, headers, body)


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

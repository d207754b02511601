"""A throw-away PostgreSQL cluster that keeps what it acknowledges (fsync on).

usage: cluster.py PROGRAM [ARGUMENTS]      runs a bar program with the `--database-url` of such a cluster
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

from harness import free_port


class Cluster:
    """`with Cluster({"synchronous_commit": "off"}) as cluster: … cluster.url`"""

    def __init__(self, settings=None):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]))
        if not found:
            raise SystemExit("install PostgreSQL: apt-get install postgresql")
        self.bin = found[-1]
        self.data = tempfile.mkdtemp(prefix="jieyou-cluster-")
        self.port = free_port()
        self.url = f"postgres://jieyou@127.0.0.1:{self.port}/postgres"
        self.settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.data, "max_connections": 200,
                         **(settings or {})}

    def run(self, program, *args):
        # initdb refuses root: the cluster then belongs to the postgres account
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*user, os.path.join(self.bin, program), "-D", self.data, *args], check=True, cwd="/", stdout=subprocess.DEVNULL)

    def __enter__(self):
        try:
            if os.geteuid() == 0:
                shutil.chown(self.data, "postgres")
            self.run("initdb", "-U", "jieyou", "-A", "trust", "-E", "UTF8")
            with open(os.path.join(self.data, "postgresql.conf"), "a") as conf:
                conf.writelines(f"{name} = '{value}'\n" for name, value in self.settings.items())
            self.run("pg_ctl", "-w", "-l", os.path.join(self.data, "log"), "start")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if os.path.exists(os.path.join(self.data, "postmaster.pid")):
                self.run("pg_ctl", "-w", "-m", "immediate", "stop")
        finally:
            shutil.rmtree(self.data, ignore_errors=True)

    def processes(self):
        """The postmaster and everything it started."""
        with open(os.path.join(self.data, "postmaster.pid")) as f:
            postmaster = int(f.readline())
        with open(f"/proc/{postmaster}/task/{postmaster}/children") as f:
            return [postmaster, *map(int, f.read().split())]


if __name__ == "__main__":
    with Cluster() as it:
        code = subprocess.run([sys.executable, *sys.argv[1:], "--database-url", it.url]).returncode
    sys.exit(code)

"""Servers of the distribution (PostgreSQL, Redis, nginx) as plain processes on loopback; installed where they are missing."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from filelock import FileLock

from cluster.processes import Group, ProcessError

Words = ParamSpec("Words")
Found = TypeVar("Found")


#: One process at a time looks for a server and installs it: in CI tests and `make cluster-test` run side by side, and a
#: package that another one is about to unpack is half there.
_INSTALLING = FileLock(Path(tempfile.gettempdir()) / f"cityreports-install-{os.getuid()}.lock")


def _alone(install: Callable[Words, Found]) -> Callable[Words, Found]:
    @wraps(install)
    def installing(*words: Words.args, **more: Words.kwargs) -> Found:
        with _INSTALLING:
            return install(*words, **more)

    return installing


class MissingServer(Exception):
    """A server is not installed and cannot be; the message says what to do."""


@_alone
def install(*packages: str) -> None:
    """Debian packages, where this is root on a Debian. Raises MissingServer."""
    words = f"install {' and '.join(packages)} (Debian: apt-get install {' '.join(packages)}) and try again"
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise MissingServer(f"{words}; this is not root on a Debian, so it was not tried")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (
        ["apt-get", "update"],
        ["apt-get", "install", "--yes", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(command, env=quiet, capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no word why"])[-1]
            raise MissingServer(f"{words}; {' '.join(command[:2])} failed: {last}")


@_alone
def postgres_folder() -> Path:
    """Folder of initdb and postgres. Installs them; raises MissingServer."""
    for attempt in (1, 2):
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
        if found:
            return found[-1].parent
        if path := shutil.which("initdb"):
            return Path(path).resolve().parent
        if attempt == 1:
            install("postgresql", "postgresql-client")
    raise MissingServer(
        "postgresql was installed, and initdb is still not to be found under /usr/lib/postgresql"
    )


@_alone
def redis_server() -> str:
    """Path of redis-server. Installs it; raises MissingServer."""
    if shutil.which("redis-server") is None:
        install("redis-server")
    return shutil.which("redis-server") or "/usr/bin/redis-server"


@_alone
def nginx_program() -> str:
    """Path of nginx. Installs it; raises MissingServer."""
    for attempt in (1, 2):
        if program := shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"):
            return program
        if attempt == 1:
            install("nginx-light")
    raise MissingServer("nginx-light was installed, and nginx is still not to be found in PATH or /usr/sbin")


def _account() -> str | None:
    """PostgreSQL refuses to run as root: then it runs as the account that Debian made for it."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return pwd.getpwnam("nobody").pw_name


class Postgres:
    """A PostgreSQL with one database and one user of the same name, on loopback, in ``folder``."""

    def __init__(self, folder: Path, port: int, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = port
        self.user = environment["POSTGRES_USER"]
        self.password = environment["POSTGRES_PASSWORD"]
        self.initdb = environment.get("POSTGRES_INITDB_ARGS", "").split()
        self.account = _account()
        self.programs = postgres_folder()

    def make(self) -> None:
        """The empty cluster of databases, as the image makes it at its first start."""
        self.folder.mkdir(parents=True)
        secret = self.folder / "password"
        secret.write_text(self.password, encoding="ascii")
        if self.account:
            shutil.chown(self.folder, self.account)
            shutil.chown(secret, self.account)
        command = [self.programs / "initdb", "--pgdata", self.folder / "data", "--username", self.user]
        command += ["--pwfile", secret, "--encoding", "UTF8", "--no-locale", "--auth-local=scram-sha-256"]
        done = subprocess.run(
            [*map(str, command), *self.initdb],
            user=self.account,
            extra_groups=[] if self.account else None,
            capture_output=True,
            text=True,
            cwd="/",
        )
        secret.unlink()
        if done.returncode != 0:
            raise ProcessError(f"initdb failed: {done.stderr.strip()}")

    def start(self, group: Group) -> None:
        """Start it (again) and wait until it takes connections."""
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
        }
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data")]
        for key, value in options.items():
            command += ["-c", f"{key}={value}"]
        group.start(
            "postgres",
            command,
            {"PATH": os.environ["PATH"], "LC_ALL": "C"},
            user=self.account,
            folder=Path("/"),
        )
        group.wait_for("postgres", self.answers, 60)
        with self.connection("postgres") as connection, connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", [self.user])
            if cursor.fetchone() is None:
                cursor.execute(f'create database "{self.user}"')

    def answers(self) -> bool:
        """Whether it takes connections."""
        import psycopg2

        try:
            with self.connection("postgres"):
                return True
        except psycopg2.OperationalError:
            return False

    @contextlib.contextmanager
    def connection(self, database: str):  # type: ignore[no-untyped-def]
        """A connection in autocommit mode, closed at the end."""
        import psycopg2

        made = psycopg2.connect(
            host="127.0.0.1",
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database,
            connect_timeout=3,
        )
        made.autocommit = True
        try:
            yield made
        finally:
            made.close()

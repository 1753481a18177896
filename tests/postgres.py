"""A private PostgreSQL server for tests: made for the session, gone after it."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

_DEBIAN = Path("/usr/lib/postgresql")
_USER = "postroom"
_SETTINGS = {
    "max_connections": "60",
    "shared_buffers": "32MB",
    "log_checkpoints": "off",
    # Short, so that a test of deadlocks doesn't take a second.
    "deadlock_timeout": "50ms",
}


@dataclass(frozen=True)
class Postgres:
    """A running server. Databases are made by `create`."""

    port: int
    sockets: str
    numbers: Iterator[int]

    def url(self, database: str) -> str:
        """Return the URL of a database, by the local socket."""
        return f"postgresql://{_USER}@/{database}?host={self.sockets}&port={self.port}"

    def create(self, template: str = "template1") -> str:
        """Make a database, a copy of another; return its name."""
        name = f"test_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever still uses it."""
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def run(self, statement: str) -> None:
        """Run a statement as the server's owner."""
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


def needs(what: str) -> None:
    """Skip the test, or fail it where everything has to run."""
    if os.environ.get("POSTROOM_TEST_ALL") == "1":
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give a server of this machine's PostgreSQL, run by an unprivileged user."""
    pytest.importorskip("psycopg")
    programs = _programs()
    if programs is None:
        needs("PostgreSQL (initdb and postgres)")
        return
    directory = Path(tempfile.mkdtemp(prefix="postroom-pg-"))
    try:
        with _running(programs, directory) as server:
            yield server
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _programs() -> Path | None:
    """Return the directory of initdb and postgres, the newest if there are several."""
    on_path = shutil.which("initdb")
    places = [Path(on_path).parent] if on_path else []
    if _DEBIAN.is_dir():
        versions = sorted(_DEBIAN.iterdir(), key=lambda path: path.name.zfill(4), reverse=True)
        places += [version / "bin" for version in versions]
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    return None


@contextlib.contextmanager
def _running(programs: Path, directory: Path, **more: str) -> Iterator[Postgres]:
    """Run a server on the directory's cluster, which is made if there is none. more: settings."""
    as_user = _as_user(directory)
    cluster = directory / "data"
    if not cluster.exists():
        subprocess.run(
            [
                *as_user,
                programs / "initdb",
                f"--pgdata={cluster}",
                f"--username={_USER}",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ],
            check=True,
            capture_output=True,
            cwd=directory,
        )
    port = _free_port()
    settings = _SETTINGS | {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(directory),
        **more,
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    command = [*as_user, programs / "postgres", "-D", cluster, *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=directory, text=True) as server:
        _wait_until_ready(server)
        # Somebody has to read what it says from now on.
        reading = threading.Thread(target=server.communicate)
        reading.start()
        try:
            yield Postgres(port, str(directory), count())
        finally:
            # A fast shutdown, which doesn't wait for clients.
            server.send_signal(signal.SIGINT)
            reading.join()


def _wait_until_ready(server: "subprocess.Popen[str]") -> None:
    lines = []
    for line in server.stderr or ():
        lines.append(line)
        if "ready to accept connections" in line:
            return
    pytest.fail("PostgreSQL did not start: " + "".join(lines))


def _as_user(directory: Path) -> list[str]:
    """Return the words before a command that must not run as root."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        needs("setpriv, to run PostgreSQL as another user than root,")
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            break
    os.chown(directory, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

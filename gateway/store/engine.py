"""Engines: how SQLite and PostgreSQL are opened so that a commit is on disk."""

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from gateway.mail.errors import ConfigError, Fault

DATABASE_FILE = "postroom.db"
LOCK_FILE = "postroom.lock"
_BUSY_MS = 5000
_WAL_LIMIT_BYTES = 64 * 1024 * 1024
_CACHE_KIB = 64 * 1024
_READER_CACHE_KIB = 16 * 1024
_CACHED_STATEMENTS = 512
_SYNCED = {"on", "remote_apply", "remote_write", "local"}
_CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store lies: a directory with SQLite's files, or PostgreSQL's URL."""

    directory: Path | None = None
    url: str | None = None

    @property
    def database(self) -> Path:
        """SQLite's file."""
        assert self.directory is not None
        return self.directory / DATABASE_FILE


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How an engine opens its connections.

    readonly: the connections can't write.
    synchronous: SQLite's; anything but "FULL" loses mail in a power cut, and stands here
        only so that a test can prove that it notices.
    max_pages: an upper bound of SQLite's size, as if the disk were full; 0: none.
    """

    readonly: bool = False
    synchronous: str = "FULL"
    max_pages: int = 0


def place_of(where: str | Path) -> Place:
    """Return the place that a path of a data directory or a `postgresql://` URL means.

    Raises ConfigError for another URL.
    """
    text = str(where)
    if "://" not in text:
        return Place(directory=Path(where))
    if not text.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        scheme = text.partition("://")[0]
        raise ConfigError(
            f"[server] database_url begins with {scheme}://: write "
            "postgresql://user:password@host/database, or nothing for SQLite"
        )
    return Place(url=text)


def make_engine(place: Place, options: EngineOptions | None = None) -> Engine:
    """Return an engine that opens a connection for each who asks.

    Raises ConfigError if PostgreSQL is wanted without its driver, or the URL is wrong.
    """
    options = options or EngineOptions()
    if place.url is None:
        return _sqlite_engine(place.database, options)
    try:
        url = make_url(place.url).set(drivername="postgresql+psycopg")
        return create_engine(url, poolclass=NullPool, connect_args=_keepalive())
    except (ArgumentError, ValueError) as error:
        raise ConfigError(f"[server] database_url can't be read: {error}") from error
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise ConfigError(
            "[server] database_url names PostgreSQL, whose driver is not installed: "
            "pip install 'postroom[postgres]'"
        ) from error


def _keepalive() -> dict[str, Any]:
    """Return the settings by which a dead server is noticed."""
    return {
        "connect_timeout": _CONNECT_SECONDS,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
        "application_name": "postroom",
    }


def _sqlite_engine(file: Path, options: EngineOptions) -> Engine:
    engine = create_engine(
        f"sqlite:///{file}",
        poolclass=NullPool,
        connect_args={
            "timeout": _BUSY_MS / 1000,
            "cached_statements": _CACHED_STATEMENTS,
            "check_same_thread": False,
        },
    )

    def make_file(*_: object) -> None:
        if not options.readonly and not file.exists():
            # Mail is nobody else's to read; SQLite gives its other files the same mode.
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        # The driver begins no transactions of its own; `begin` does.
        connection.isolation_level = None
        for pragma in _pragmas(options):
            connection.execute(f"PRAGMA {pragma}")
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        if mode != "wal":
            raise Fault(f"the database can't keep a write-ahead log here (mode {mode})")

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if options.readonly else "BEGIN IMMEDIATE")

    event.listen(engine, "do_connect", make_file)
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def _pragmas(options: EngineOptions) -> list[str]:
    common = [f"busy_timeout = {_BUSY_MS}", "temp_store = MEMORY", "foreign_keys = ON"]
    if options.readonly:
        return [*common, "query_only = ON", f"cache_size = -{_READER_CACHE_KIB}"]
    writing = [
        *common,
        "journal_mode = WAL",
        f"synchronous = {options.synchronous}",
        f"journal_size_limit = {_WAL_LIMIT_BYTES}",
        f"cache_size = -{_CACHE_KIB}",
        # What was erased leaves no trace in free pages.
        "secure_delete = ON",
    ]
    return [*writing, f"max_page_count = {options.max_pages}"] if options.max_pages else writing


def check_durable(engine: Engine) -> None:
    """Check that PostgreSQL writes a commit to disk before it answers.

    Raises ConfigError naming the setting that is wrong, Fault if the server is away.
    """
    if engine.dialect.name == "sqlite":
        return
    with engine.connect() as connection:
        found = {
            name: str(connection.exec_driver_sql(f"SHOW {name}").scalar())
            for name in ("synchronous_commit", "fsync", "full_page_writes")
        }
    wrong = [
        f"{name} = {value}"
        for name, value in found.items()
        if value not in (_SYNCED if name == "synchronous_commit" else {"on"})
    ]
    if wrong:
        raise ConfigError(
            f"PostgreSQL loses mail in a power cut with {', '.join(wrong)}: set it to on"
        )

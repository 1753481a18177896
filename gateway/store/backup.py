"""A copy of everything in one tar file, made while the gateway runs.

    postroom-backup.json     what this is: format, tables' revision, which database, when
    database/postroom.db     SQLite: a copy of the database
    database/TABLE.jsonl     PostgreSQL: the columns' names, then a line for each row
    blobs/COMPANY/HASH       the large bytes
    files/NAME[/…]           the secret, the DKIM keys, and what else the caller names

The database is copied first: what it refers to is there already, and stays for a while.
"""

import asyncio
import base64
import contextlib
import errno
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, select

from gateway.mail.errors import Fault
from gateway.ports.blobs import Blobs
from gateway.ports.lists import Full
from gateway.store.claim import DatabaseNow
from gateway.store.migrate import HEAD
from gateway.store.opening import OpenStore
from gateway.store.rows import from_micros
from gateway.store.statements import SQLITE
from gateway.store.tables import CONTENT, METADATA

FORMAT = 1
MANIFEST = "postroom-backup.json"
DATABASE = "database/postroom.db"
TABLES = "database/"
BLOBS = "blobs/"
FILES = "files/"
_ROWS = 500
_NO_FILES: Mapping[str, Path] = {}


@dataclass(frozen=True, slots=True)
class _Blob:
    tenant_id: str
    sha256: str
    size: int


async def write_backup(
    store: OpenStore, blobs: Blobs, target: Path, *, files: Mapping[str, Path] = _NO_FILES
) -> dict[str, Any]:
    """Write the copy to `target`, which appears when it is whole; return what it holds.

    files: further files and directories by the names that `restore` knows them by; those
        that don't exist are left out.

    Raises Fault, `Full` if there is no room.
    """
    try:
        with _whole(target) as name, tarfile.open(name, "w", format=tarfile.PAX_FORMAT) as tar:
            manifest, large = await asyncio.to_thread(_write_database, store, tar, target.parent)
            for blob in large:
                await _write_blob(tar, blobs, blob)
            await asyncio.to_thread(_write_files, tar, files)
    except OSError as error:
        raise fault_of_disk(error) from error
    return {"file": str(target), "blobs": len(large), **manifest}


def fault_of_disk(error: OSError) -> Fault:
    """Return the Fault that an error of a file means."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Full("the disk is full")
    return Fault(f"{error.filename or 'a file'}: {error.strerror or error}")


@contextlib.contextmanager
def _whole(target: Path) -> Iterator[str]:
    """Give a name to write to; it becomes `target`, synced, unless there is an error."""
    # 0600: the copy holds the secret and everybody's mail.
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    try:
        yield name
        sync(Path(name))
        Path(name).replace(target)
        sync(target.parent)
    finally:
        Path(name).unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Sync a file, or a directory's names, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_database(
    store: OpenStore, tar: tarfile.TarFile, scratch: Path
) -> tuple[dict[str, Any], list[_Blob]]:
    with store.engine().connect() as connection:
        dialect = connection.dialect.name
        if dialect != SQLITE:
            # One view of all tables; rows come in portions.
            connection.execution_options(isolation_level="REPEATABLE READ", yield_per=_ROWS)
        now = from_micros(connection.execute(select(DatabaseNow())).scalar_one())
        manifest = {
            "format": FORMAT,
            "tables": HEAD,
            "database": dialect,
            "made_at": now.isoformat(),
        }
        _add_bytes(tar, MANIFEST, json.dumps(manifest).encode())
        if dialect == SQLITE:
            return manifest, _write_sqlite(connection, tar, scratch)
        large = _large(connection)
        for table in METADATA.sorted_tables:
            with tempfile.TemporaryFile(dir=scratch) as file:
                _write_rows(connection, table.name, file)
                _add_file(tar, f"{TABLES}{table.name}.jsonl", file)
        return manifest, large


def _write_sqlite(connection: Connection, tar: tarfile.TarFile, scratch: Path) -> list[_Blob]:
    import sqlite3  # noqa: PLC0415 (PostgreSQL does without)

    source: Any = connection.connection.driver_connection
    connection.rollback()
    with tempfile.NamedTemporaryFile(dir=scratch, prefix=".postroom-copy.") as copy:
        target = sqlite3.connect(copy.name)
        try:
            # All pages in one step: one view, whatever is written meanwhile.
            source.backup(target)
            large = [
                _Blob(*row)
                for row in target.execute(
                    "SELECT tenant_id, sha256, size FROM content WHERE data IS NULL"
                )
            ]
        finally:
            target.close()
        with Path(copy.name).open("rb") as file:
            _add_file(tar, DATABASE, file)
    return large


def _large(connection: Connection) -> list[_Blob]:
    columns = CONTENT.c
    rows = connection.execute(
        select(columns.tenant_id, columns.sha256, columns.size).where(columns.data.is_(None))
    )
    return [_Blob(*row) for row in rows]


def _write_rows(connection: Connection, name: str, file: IO[bytes]) -> None:
    table = METADATA.tables[name]
    file.write(json.dumps([column.name for column in table.columns]).encode() + b"\n")
    for row in connection.execute(select(*table.columns)):
        file.write(json.dumps(list(row), default=_octets).encode() + b"\n")


def _octets(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no place in a backup")


async def _write_blob(tar: tarfile.TarFile, blobs: Blobs, blob: _Blob) -> None:
    """Write a blob as it is read, piece by piece; Fault if it isn't as long as it should be."""
    info = tarfile.TarInfo(f"{BLOBS}{blob.tenant_id}/{blob.sha256}")
    info.size = blob.size
    path = await blobs.path(blob.tenant_id, blob.sha256)

    def write() -> None:
        with Path(path).open("rb") as file:
            if os.fstat(file.fileno()).st_size != blob.size:
                raise Fault(f"blob {blob.sha256} of {blob.tenant_id} has another size")
            tar.addfile(info, file)

    await asyncio.to_thread(write)


def _write_files(tar: tarfile.TarFile, files: Mapping[str, Path]) -> None:
    for name, path in files.items():
        if path.is_dir():
            for found in sorted(path.rglob("*")):
                if found.is_file():
                    tar.add(found, f"{FILES}{name}/{found.relative_to(path).as_posix()}")
        elif path.is_file():
            tar.add(path, f"{FILES}{name}")


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, BytesIO(data))


def _add_file(tar: tarfile.TarFile, name: str, file: IO[bytes]) -> None:
    info = tarfile.TarInfo(name)
    info.size = file.seek(0, os.SEEK_END)
    file.seek(0)
    tar.addfile(info, file)

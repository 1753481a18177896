"""Brings back a copy that `backup` wrote, into SQLite or PostgreSQL, whichever it came from."""

import asyncio
import base64
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Self

from sqlalchemy import (
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    delete,
    func,
    select,
    text,
)

from gateway.mail.errors import Fault
from gateway.ports.blobs import Blobs
from gateway.ports.reception import Content
from gateway.rules.model import HOUSE_TENANT_ID
from gateway.store.backup import (
    BLOBS,
    DATABASE,
    FILES,
    FORMAT,
    MANIFEST,
    TABLES,
    fault_of_disk,
    sync,
)
from gateway.store.bell import IN_USE
from gateway.store.engine import DATABASE_FILE, EngineOptions, Place, make_engine, place_of
from gateway.store.faults import fault_of
from gateway.store.lock import DirectoryLock, InUse
from gateway.store.migrate import HEAD, check_known, revision_of, upgrade
from gateway.store.statements import POSTGRESQL
from gateway.store.tables import SHADOWS

_ROWS = 500
_NEW = ".restored"
_OLD = ".replaced"
_NO_FILES: Mapping[str, Path] = {}


@dataclass(frozen=True, slots=True)
class _Taken:
    """Where the parts of the copy lie for now."""

    directory: Path
    manifest: Mapping[str, Any]
    blobs: tuple[tuple[str, str, Path], ...]

    @property
    def database(self) -> Path:
        return self.directory / DATABASE


async def read_backup(
    source: Path,
    where: str | Path,
    blobs: Blobs,
    *,
    files: Mapping[str, Path] = _NO_FILES,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Put everything of the copy in its place; return what it held.

    where: a data directory or a `postgresql://` URL, as for `open_store`.
    files: where the files of these names belong; what the copy doesn't have stays.
    overwrite: replace a store that holds data; else that is a Fault.

    Raises InUse if a process has the store open, Fault if the copy is damaged or of a newer
    version; then the store is what it was.
    """
    place = place_of(where)
    parent = place.directory or Path(tempfile.gettempdir())
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent, prefix=".restoring-") as scratch:
            return await _read(source, place, blobs, files, Path(scratch), overwrite=overwrite)
    except OSError as error:
        raise fault_of_disk(error) from error
    except tarfile.TarError as error:
        raise Fault(f"{source} is no backup, or a damaged one: {error}") from error


async def _read(
    source: Path,
    place: Place,
    blobs: Blobs,
    files: Mapping[str, Path],
    scratch: Path,
    *,
    overwrite: bool,
) -> dict[str, Any]:
    with _Exclusive(place) as held:
        if not overwrite and await asyncio.to_thread(_holds_data, held.engine):
            raise Fault("the store holds data already; it would be replaced")
        taken = await asyncio.to_thread(_unpack, source, scratch)
        # Blobs first: until the database is replaced, they are only superfluous.
        for tenant_id, sha256, path in taken.blobs:
            kept = await blobs.keep(tenant_id, Content(path.stat().st_size, b"", path=str(path)))
            if kept.sha256 != sha256:
                raise Fault(f"{source} is damaged: blob {sha256} has other bytes")
        await asyncio.to_thread(_replace_database, held, taken)
        await asyncio.to_thread(_place_files, taken, files)
    return {"blobs": len(taken.blobs), **taken.manifest}


class _Exclusive:
    """The store, with nobody else in it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.engine: Engine = make_engine(place)
        self._lock = DirectoryLock(place.directory) if place.directory else None
        self._holding: Any = None

    def __enter__(self) -> Self:
        if self._lock is not None:
            self._lock.take()
            return self
        try:
            pooled = self.engine.raw_connection()
        except Exception as error:
            raise (fault_of(error) or Fault("the database can't be reached")) from error
        self._holding = pooled.driver_connection
        pooled.detach()
        self._holding.autocommit = True
        row = self._holding.execute(f"SELECT pg_try_advisory_lock({IN_USE})").fetchone()
        if not row[0]:
            self._holding.close()
            raise InUse(0)
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.release()
        if self._holding is not None:
            self._holding.close()


def _holds_data(engine: Engine) -> bool:
    if revision_of(engine) is None:
        return False
    with engine.connect() as connection:
        tables = MetaData()
        tables.reflect(connection, only=_has_rows)
        for table in tables.sorted_tables:
            rows = select(func.count()).select_from(table)
            if table.name == "tenant":
                rows = rows.where(table.c.id != HOUSE_TENANT_ID)
            if table.name not in {"alembic_version", "fact"} and connection.scalar(rows):
                return True
    return False


def _has_rows(table: str, _: MetaData) -> bool:
    """Say whether a table holds rows of ours, and is not a part of SQLite's index."""
    return not table.startswith(SHADOWS)


def _unpack(source: Path, scratch: Path) -> _Taken:
    """Take the copy apart into a directory of ours. Raises Fault for a foreign file."""
    manifest: Mapping[str, Any] | None = None
    blobs = []
    with tarfile.open(source, "r:") as tar:
        for member in tar:
            parts = PurePosixPath(member.name).parts
            if not member.isfile() or member.name.startswith("/") or ".." in parts:
                raise Fault(f"{source} is no backup of ours: it holds {member.name!r}")
            if not member.name.startswith((MANIFEST, TABLES, BLOBS, FILES)):
                raise Fault(f"{source} is no backup of ours: it holds {member.name!r}")
            target = scratch.joinpath(*parts)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            content = tar.extractfile(member)
            assert content is not None
            with content, target.open("xb") as file:
                shutil.copyfileobj(content, file)
            target.chmod(0o600)
            if member.name == MANIFEST:
                manifest = _manifest(target)
            elif member.name.startswith(BLOBS):
                blobs.append((parts[-2], parts[-1], target))
    if manifest is None:
        raise Fault(f"{source} is no backup: {MANIFEST} is missing")
    return _Taken(scratch, manifest, tuple(blobs))


def _manifest(path: Path) -> Mapping[str, Any]:
    manifest: Mapping[str, Any] = json.loads(path.read_bytes())
    if manifest.get("format") != FORMAT:
        raise Fault(f"the backup has format {manifest.get('format')}, this version reads {FORMAT}")
    check_known(str(manifest["tables"]))
    return manifest


def _replace_database(held: _Exclusive, taken: _Taken) -> None:
    directory = held.place.directory
    if directory is None:
        with held.engine.begin() as connection:
            _load(connection, taken)
        return
    new = taken.database
    if not new.exists():
        new = taken.directory / "new" / DATABASE_FILE
        new.parent.mkdir()
        with make_engine(Place(directory=new.parent)).begin() as connection:
            _load(connection, taken)
    _fold(make_engine(Place(directory=new.parent)))
    sync(new)
    _swap(held.engine, directory, new)


def _fold(engine: Engine) -> None:
    """Fold the write-ahead log into the database's one file."""
    pooled = engine.raw_connection()
    try:
        cursor = pooled.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.fetchall()
        cursor.close()
    finally:
        pooled.close()


def _swap(engine: Engine, directory: Path, new: Path) -> None:
    """Put a database file in the place of the one that is there.

    The old one is whole without its log before that is removed, so that it stands if the
    power fails here.
    """
    _fold(engine)
    for suffix in ("-wal", "-shm"):
        (directory / f"{DATABASE_FILE}{suffix}").unlink(missing_ok=True)
    sync(directory)
    new.replace(directory / DATABASE_FILE)
    sync(directory)


def _load(connection: Connection, taken: _Taken) -> None:
    """Replace all tables by those of the copy, then bring them up to date."""
    revision = str(taken.manifest["tables"])
    there = MetaData()
    there.reflect(connection)
    there.drop_all(connection)
    upgrade(connection, revision)
    tables = MetaData()
    tables.reflect(connection, only=_has_rows)
    ordered = [table for table in tables.sorted_tables if table.name != "alembic_version"]
    for table in reversed(ordered):
        connection.execute(delete(table))
    for table in ordered:
        for rows in _portions(_rows(taken, table)):
            connection.execute(table.insert(), rows)
        _count_on(connection, table)
    upgrade(connection, HEAD)


def _rows(taken: _Taken, table: Table) -> Iterator[dict[str, Any]]:
    """Give the rows of a table of the copy."""
    if taken.database.exists():
        place = Place(directory=taken.database.parent)
        engine = make_engine(place, EngineOptions(readonly=True))
        with engine.connect() as connection:
            found = Table(table.name, MetaData(), autoload_with=connection)
            for mapping in connection.execute(select(found)).mappings():
                yield dict(mapping)
        return
    path = taken.directory / TABLES / f"{table.name}.jsonl"
    octets = {column.name for column in table.columns if isinstance(column.type, LargeBinary)}
    with path.open("rb") as file:
        names = json.loads(file.readline())
        for line in file:
            row = dict(zip(names, json.loads(line), strict=True))
            for name in octets:
                if row[name] is not None:
                    row[name] = base64.b64decode(row[name])
            yield row


def _portions(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    portion: list[dict[str, Any]] = []
    for row in rows:
        portion.append(row)
        if len(portion) == _ROWS:
            yield portion
            portion = []
    if portion:
        yield portion


def _count_on(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number new rows after those that were loaded."""
    column = table.columns.get("position")
    if connection.dialect.name != POSTGRESQL or column is None:
        return
    if not isinstance(column.type, Integer):
        return
    connection.execute(
        text("SELECT setval(pg_get_serial_sequence(:table, 'position'), :last + 1, false)"),
        {
            "table": table.name,
            "last": connection.scalar(select(func.coalesce(func.max(column), 0))),
        },
    )


def _place_files(taken: _Taken, files: Mapping[str, Path]) -> None:
    for name, target in files.items():
        source = taken.directory / FILES / name
        if not source.exists():
            continue
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new, old = _beside(target, _NEW), _beside(target, _OLD)
        for leftover in (new, old):
            _remove(leftover)
        if source.is_dir():
            shutil.copytree(source, new)
            if target.exists():
                target.rename(old)
        else:
            shutil.copy2(source, new)
        new.rename(target)
        sync(target.parent)
        _remove(old)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f".{path.name}{suffix}")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

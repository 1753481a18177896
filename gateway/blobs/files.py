"""Blobs as files: by company and hash, each whole and synced, or not there at all.

DIRECTORY/TENANT/ab/abcdef…      the bytes, by their SHA-256
DIRECTORY/tmp/…                  on their way in; swept at start
"""

import asyncio
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from gateway.mail.errors import Fault
from gateway.ports.blobs import INLINE_BYTES
from gateway.ports.correspondence import Kept
from gateway.ports.reception import Content

_PIECE = 1024 * 1024
_TEMPORARY = "tmp"
_HASH_CHARS = 64


class FileBlobs:
    """Keeps large bytes in a directory; implements `ports.blobs.Blobs`."""

    def __init__(self, directory: Path) -> None:
        """Keep them in `directory`, which `start` or the first `keep` makes."""
        self._directory = directory
        self._temporary = directory / _TEMPORARY

    async def start(self) -> None:
        """Make the directory and remove what a crash left half-written."""
        await asyncio.to_thread(self._start)

    async def keep(self, tenant_id: str, content: Content | bytes) -> Kept:
        """Hash the bytes; small ones come back in `Kept.data`, large ones are synced first.

        Takes over the content's file. Raises Fault if the disk is full or broken.
        """
        size = len(content) if isinstance(content, bytes) else content.size
        data = content if isinstance(content, bytes) else content.data
        if data is not None and size <= INLINE_BYTES:
            return Kept(tenant_id, hashlib.sha256(data).hexdigest(), size, data)
        path = None if isinstance(content, bytes) or content.path is None else Path(content.path)
        return await asyncio.to_thread(self._keep, tenant_id, data, path)

    async def read(self, tenant_id: str, sha256: str) -> AsyncIterator[bytes]:
        """Give the bytes in pieces; raises Fault if they are missing."""
        try:
            file = await asyncio.to_thread(self._path(tenant_id, sha256).open, "rb")
        except OSError as error:
            raise Fault(f"the blob {sha256} can't be read: {error.strerror}") from error
        with file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece

    async def path(self, tenant_id: str, sha256: str) -> str:
        """Return the file that holds the bytes, for reading only; Fault if it is missing."""
        path = self._path(tenant_id, sha256)
        if not await asyncio.to_thread(path.exists):
            raise Fault(f"the blob {sha256} is missing")
        return str(path)

    async def remove(self, tenant_id: str, sha256: str) -> None:
        """Remove them, if they are there."""
        await asyncio.to_thread(self._path(tenant_id, sha256).unlink, missing_ok=True)

    def listed(self) -> Iterator[tuple[str, str, int, datetime]]:
        """Give (company, hash, size, when it was kept) of all that lie here."""
        for path in self._directory.glob(f"*/??/{'?' * _HASH_CHARS}"):
            try:
                facts = path.stat()
            except FileNotFoundError:
                continue
            kept_at = datetime.fromtimestamp(facts.st_mtime, UTC)
            yield path.parent.parent.name, path.name, facts.st_size, kept_at

    async def sweep(self, is_referenced: Callable[[str, str], bool], older_than: datetime) -> int:
        """Remove what nothing refers to and what is older; return how many.

        A blob that is kept again gets a new time, and that time is looked at last, so that
        one on its way into a transaction stays.
        """
        removed = 0
        for tenant_id, sha256, _, kept_at in await asyncio.to_thread(list, self.listed()):
            if kept_at < older_than and not is_referenced(tenant_id, sha256):
                removed += await asyncio.to_thread(self._remove_old, tenant_id, sha256, older_than)
        return removed

    def _remove_old(self, tenant_id: str, sha256: str, older_than: datetime) -> int:
        path = self._path(tenant_id, sha256)
        try:
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) >= older_than:
                return 0
            path.unlink()
        except FileNotFoundError:
            return 0
        return 1

    def _path(self, tenant_id: str, sha256: str) -> Path:
        return self._directory / tenant_id / sha256[:2] / sha256

    def _start(self) -> None:
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _keep(self, tenant_id: str, data: bytes | None, path: Path | None) -> Kept:
        try:
            if path is None:
                return self._keep_bytes(tenant_id, data or b"")
            return self._keep_file(tenant_id, path)
        except OSError as error:
            raise _fault(error) from error

    def _keep_bytes(self, tenant_id: str, data: bytes) -> Kept:
        sha256 = hashlib.sha256(data).hexdigest()
        self._temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._temporary)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        self._settle(tenant_id, sha256, Path(name))
        return Kept(tenant_id, sha256, len(data), None)

    def _keep_file(self, tenant_id: str, path: Path) -> Kept:
        size = path.stat().st_size
        if size <= INLINE_BYTES:
            data = path.read_bytes()
            path.unlink()
            return Kept(tenant_id, hashlib.sha256(data).hexdigest(), size, data)
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
        sha256 = digest.hexdigest()
        if path.stat().st_dev != self._directory.stat().st_dev:
            self._temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
            moved = self._temporary / f"{sha256}.{os.getpid()}"
            shutil.copyfile(path, moved)
            path.unlink()
            path = moved
        self._settle(tenant_id, sha256, path)
        return Kept(tenant_id, sha256, size, None)

    def _settle(self, tenant_id: str, sha256: str, path: Path) -> None:
        """Sync the file, give it its name, sync the folders that name it."""
        goal = self._path(tenant_id, sha256)
        _sync(path, os.O_RDONLY)
        os.utime(path)
        goal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.replace(goal)
        for folder in (goal.parent, goal.parent.parent, self._directory):
            _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fault(error: OSError) -> Fault:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Fault("the disk is full")
    return Fault(f"the disk fails: {error.strerror}")

"""Blobs as files: by company and hash, each whole and synced, or not there at all.

DIRECTORY/TENANT/ab/abcdef…      the bytes, by their SHA-256
DIRECTORY/tmp/…                  on their way in; swept at start

What takes time runs in threads.
"""

import asyncio
import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from gateway.mail.errors import Fault
from gateway.ports.blobs import INLINE_BYTES
from gateway.ports.correspondence import Kept
from gateway.ports.lists import Full
from gateway.ports.reception import Content

_PIECE = 1024 * 1024
_TEMPORARY = "tmp"
_HASH_CHARS = 64
_HEXADECIMAL = frozenset("0123456789abcdef")


class FileBlobs:
    """Keeps large bytes in a directory; implements `ports.blobs.Blobs`."""

    def __init__(self, directory: Path) -> None:
        """Keep them in `directory`, which `start` or the first `keep` makes."""
        self._directory = directory
        self._temporary = directory / _TEMPORARY
        # Nobody takes a blob up between "this is old" and its removal.
        self._lock = threading.Lock()

    async def start(self) -> None:
        """Make the directory and remove what a crash left half-written. Raises Fault."""
        await asyncio.to_thread(self._start)

    async def keep(self, tenant_id: str, content: Content | bytes) -> Kept:
        """Hash the bytes; small ones come back in `Kept.data`, large ones are synced first.

        Takes over the content's file. Raises Fault if the disk is broken, Full if it is full.
        """
        data = content if isinstance(content, bytes) else content.data
        if data is not None and len(data) <= INLINE_BYTES:
            return _inline(tenant_id, data)
        if data is not None:
            return await asyncio.to_thread(self._keep_bytes, tenant_id, data)
        assert isinstance(content, Content)
        assert content.path is not None
        path, digests = Path(content.path), content.digests
        known = Kept(tenant_id, digests.whole, content.size, None) if digests else None
        return await asyncio.to_thread(self._keep_file, tenant_id, path, known)

    async def read(self, tenant_id: str, sha256: str) -> AsyncIterator[bytes]:
        """Give the bytes in pieces; raises Fault if they are missing."""
        path = self._path(tenant_id, sha256)
        try:
            file = await asyncio.to_thread(path.open, "rb")
            with file:
                while piece := await asyncio.to_thread(file.read, _PIECE):
                    yield piece
        except OSError as error:
            raise _fault(error, f"the blob {sha256}") from error

    async def path(self, tenant_id: str, sha256: str) -> str:
        """Return the file that holds the bytes, for reading only; Fault if it is missing."""
        path = self._path(tenant_id, sha256)
        if not await asyncio.to_thread(path.is_file):
            raise Fault(f"the blob {sha256} is missing")
        return str(path)

    async def remove(self, tenant_id: str, sha256: str) -> None:
        """Remove them, if they are there. Raises Fault."""
        path = self._path(tenant_id, sha256)
        try:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        except OSError as error:
            raise _fault(error, f"the blob {sha256}") from error

    async def remove_old(self, tenant_id: str, sha256: str, before: datetime) -> None:
        """Remove them unless somebody kept them again since a moment. Raises Fault."""
        path = self._path(tenant_id, sha256)
        try:
            await asyncio.to_thread(self._remove_old, path, before)
        except OSError as error:
            raise _fault(error, f"the blob {sha256}") from error

    def listed(self) -> Iterator[tuple[str, str, int, datetime]]:
        """Give (company, hash, size, when it was kept) of all that lie here."""
        for path in self._directory.glob(f"*/??/{'?' * _HASH_CHARS}"):
            with contextlib.suppress(FileNotFoundError):
                facts = path.stat()
                kept_at = datetime.fromtimestamp(facts.st_mtime, UTC)
                yield path.parent.parent.name, path.name, facts.st_size, kept_at

    async def sweep(
        self, is_referenced: Callable[[str, str], Awaitable[bool]], older_than: datetime
    ) -> int:
        """Remove what nothing refers to and what is older; return how many. Raises Fault.

        A blob that is kept again gets a new time, and that time is looked at last, so that
        one on its way into a transaction stays.
        """
        removed = 0
        for tenant_id, sha256, _, kept_at in await asyncio.to_thread(list, self.listed()):
            if kept_at < older_than and not await is_referenced(tenant_id, sha256):
                path = self._path(tenant_id, sha256)
                removed += await asyncio.to_thread(self._remove_old, path, older_than)
        return removed

    def _remove_old(self, path: Path, older_than: datetime) -> int:
        with self._lock, contextlib.suppress(FileNotFoundError):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < older_than:
                path.unlink()
                return 1
        return 0

    def _path(self, tenant_id: str, sha256: str) -> Path:
        """Return where a blob lies; Fault for a name that can't be one of ours."""
        is_hash = len(sha256) == _HASH_CHARS and _HEXADECIMAL.issuperset(sha256)
        if not is_hash or not tenant_id.replace("_", "").isalnum() or not tenant_id.isascii():
            raise Fault("the blob is missing: nothing has such a name")
        return self._directory / tenant_id / sha256[:2] / sha256

    def _start(self) -> None:
        shutil.rmtree(self._temporary, ignore_errors=True)
        try:
            self._temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _fault(error, "the blobs' directory") from error

    def _keep_bytes(self, tenant_id: str, data: bytes) -> Kept:
        kept = Kept(tenant_id, hashlib.sha256(data).hexdigest(), len(data), None)
        try:
            if not self._take_up(kept):
                with self._passing() as path:
                    path.write_bytes(data)
                    self._settle(kept, path)
        except OSError as error:
            raise _fault(error, "a blob") from error
        return kept

    def _keep_file(self, tenant_id: str, path: Path, known: Kept | None) -> Kept:
        """Keep a file. known: what it will be called, if that was found out before."""
        try:
            if path.stat().st_size <= INLINE_BYTES:
                data = path.read_bytes()
                path.unlink()
                return _inline(tenant_id, data)
            kept = known or _hashed(tenant_id, path)
            if self._take_up(kept):
                path.unlink()
                return kept
            try:
                self._settle(kept, path)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                with self._passing() as copy:
                    shutil.copyfile(path, copy)
                    self._settle(kept, copy)
                path.unlink()
        except OSError as error:
            raise _fault(error, "a blob") from error
        return kept

    @contextlib.contextmanager
    def _passing(self) -> Iterator[Path]:
        """Give a temporary file, removed unless it was settled."""
        self._temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._temporary)
        os.close(handle)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def _take_up(self, kept: Kept) -> bool:
        """Return whether the bytes lie here already; they count as kept now."""
        path = self._path(kept.tenant_id, kept.sha256)
        with self._lock, contextlib.suppress(FileNotFoundError):
            # A power cut can't leave another size: the name comes after the sync.
            if path.stat().st_size == kept.size:
                os.utime(path)
                return True
        return False

    def _settle(self, kept: Kept, path: Path) -> None:
        """Sync the file, give it its name, sync the folders that name it."""
        goal = self._path(kept.tenant_id, kept.sha256)
        path.chmod(0o600)
        _sync(path, os.O_RDONLY)
        os.utime(path)
        goal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.replace(goal)
        for folder in (goal.parent, goal.parent.parent, self._directory):
            _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _inline(tenant_id: str, data: bytes) -> Kept:
    return Kept(tenant_id, hashlib.sha256(data).hexdigest(), len(data), data)


def _hashed(tenant_id: str, path: Path) -> Kept:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return Kept(tenant_id, digest.hexdigest(), size, None)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fault(error: OSError, what: str) -> Fault:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Full("the disk is full")
    if error.errno == errno.ENOENT:
        return Fault(f"{what} is missing")
    return Fault(f"{what}: the disk fails: {error.strerror}")

"""Bytes that come in pieces: few stay in memory, many go to a file."""

import asyncio
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gateway.mail.errors import Fault
from gateway.ports.blobs import INLINE_BYTES
from gateway.ports.lists import Full
from gateway.ports.reception import Content

HEAD_BYTES = 4096


class Intake:
    """Collects one document; files lie in `directory` until somebody takes them over.

    `discard` removes the file unless it was moved away.
    """

    def __init__(self, directory: Path) -> None:
        """Collect; directory: on the same file system as the blobs."""
        self._directory = directory
        self._hash = hashlib.sha256()
        self._waiting = bytearray()
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self._head = b""
        self.size = 0

    async def add(self, piece: bytes | memoryview) -> None:
        """Take a piece; raises Fault if the disk is full."""
        self._take(piece)
        if len(self._waiting) > INLINE_BYTES:
            await asyncio.to_thread(self._spill)

    def add_now(self, piece: bytes | memoryview) -> None:
        """Take a piece, writing here: for threads of their own."""
        self._take(piece)
        if len(self._waiting) > INLINE_BYTES:
            self._spill()

    async def finish(self) -> Content:
        """Return what came; what is larger than `INLINE_BYTES` as a file."""
        return await asyncio.to_thread(self.finish_now) if self._file else self.finish_now()

    def finish_now(self) -> Content:
        """Return what came, writing here."""
        if self._file is None:
            data = bytes(self._waiting)
            self._waiting.clear()
            return Content(self.size, self._head, data=data)
        self._spill()
        with _disk():
            self._file.close()
        return Content(self.size, self._head, path=str(self._path))

    @property
    def sha256(self) -> str:
        """The hash of what came so far, hexadecimal."""
        return self._hash.hexdigest()

    def discard(self) -> None:
        """Remove the file, if it is still here."""
        if self._file is not None:
            self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _take(self, piece: bytes | memoryview) -> None:
        self._hash.update(piece)
        self._waiting += piece
        self.size += len(piece)
        if len(self._head) < HEAD_BYTES:
            self._head += bytes(piece[: HEAD_BYTES - len(self._head)])

    def _spill(self) -> None:
        with _disk():
            if self._file is None:
                handle, name = tempfile.mkstemp(prefix="intake-", dir=self._directory)
                self._path = Path(name)
                self._file = os.fdopen(handle, "wb")
            self._file.write(self._waiting)
        self._waiting.clear()


@contextmanager
def _disk() -> Iterator[None]:
    """Turn trouble with the disk into a Fault."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Full("the disk is full") from error
        raise Fault("an upload could not be written") from error

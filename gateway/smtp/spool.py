"""Where content waits while it comes: in memory while that is small, else in files."""

import asyncio
import os
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

import structlog

from gateway.mail.digests import Digesting
from gateway.mail.errors import Fault
from gateway.ports.reception import Content
from gateway.smtp.turns import Turns

PREFIX = "incoming-"
THREADS = 4  # disks gain nothing from more
SETTLED_OCTETS = 1024 * 1024
WRITE_OCTETS = 64 * 1024  # gathered for one write, so that a trickle does not cost a thread each

_T = TypeVar("_T")
log = structlog.get_logger(__name__)


class Spool:
    """The memory and the directory that all sessions of a process share.

    turns: of those whose content is large.

    Files are written by threads: a write that waits for the disk must not stop the loop.
    They are not synced; whoever takes one makes it last.
    """

    def __init__(self, directory: Path, *, memory: int, each: int, rate: int) -> None:
        """Keep at most `each` octets of a message, and `memory` octets of all, in memory.

        rate: octets a second that strangers may send in large messages, all of them together.
        """
        self.turns = Turns(rate)
        self._directory = directory
        self._each = each
        self._free = memory
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="spool")

    def prepare(self, before: datetime) -> None:
        """Make the directory, and clear it of files last written before `before`.

        They are the leavings of a crash. Raises OSError.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        for path in self._directory.glob(f"{PREFIX}*"):
            if path.stat().st_mtime < before.timestamp():
                path.unlink(missing_ok=True)

    def open(self, head_octets: int) -> "Intake":
        """Return a place for one message, whose first octets are wanted apart."""
        return Intake(self, head_octets)

    def close(self) -> None:
        """Wait until the threads have done what is left; call it in a thread of your own."""
        self._threads.shutdown(wait=True)

    # For Intake.

    @property
    def each(self) -> int:
        """Octets of one message in memory."""
        return self._each

    def reserve(self, octets: int) -> bool:
        """Take memory, if there is so much."""
        if octets > self._free:
            return False
        self._free -= octets
        return True

    def release(self, octets: int) -> None:
        """Give memory back."""
        self._free += octets

    async def run(self, work: Callable[[], _T]) -> _T:
        """Return what `work` returns, done by a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def forget(self, work: Callable[[], None]) -> None:
        """Have `work` done by a thread some time."""
        self._threads.submit(work)

    def create(self) -> tuple[BinaryIO, str]:
        """Open a new file; called by threads."""
        handle, path = tempfile.mkstemp(prefix=PREFIX, dir=self._directory)
        return os.fdopen(handle, "w+b"), path


class Intake:
    """The content of one message while it comes."""

    def __init__(self, spool: Spool, head_octets: int) -> None:
        """Start empty."""
        self.size = 0
        self._spool = spool
        self._head_octets = head_octets
        self._pieces: list[bytes | bytearray] = []
        self._reserved = 0
        self._file: BinaryIO | None = None
        self._path: str | None = None
        # A large message that is hashed in one go at its end keeps a core from who waits then.
        self._digesting = Digesting(head_octets)
        # A session that is cancelled ends while a thread still writes.
        self._lock = threading.Lock()
        self._was_written = False
        self._unsettled = 0  # octets that were written since the disk was last asked to begin
        self._is_over = False

    async def add(self, piece: bytes | bytearray) -> None:
        """Take the next octets. Raises Fault if they cannot be written."""
        self.size += len(piece)
        self._pieces.append(piece)
        most = self._spool.each if self._file is None else WRITE_OCTETS
        if self._reserved + len(piece) <= most and self._spool.reserve(len(piece)):
            self._reserved += len(piece)
        else:
            self._was_written = True
            await self._in_thread(self._write)

    async def finish(self) -> Content:
        """Return the content, its head as long as was wanted if there are so many octets.

        Raises Fault if it cannot be written or read.
        """
        if self._file is not None:
            head = await self._in_thread(self._close)
            digests = self._digesting.finish()
            return Content(size=self.size, head=head, path=self._path, digests=digests)
        data = b"".join(self._pieces)
        self._pieces.clear()
        return Content(size=self.size, head=data[: self._head_octets], data=data)

    def hand_over(self) -> None:
        """Leave the file, if there is one, to the taker; memory stays reserved until `end`."""
        self._path = None

    def end(self) -> None:
        """Give back the memory, and delete the file unless it was handed over."""
        if self._is_over:
            return
        self._is_over = True
        self._pieces.clear()
        self._spool.release(self._reserved)
        self._reserved = 0
        if self._was_written:
            self._spool.forget(self._clear)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        try:
            return await self._spool.run(work)
        except OSError as error:
            log.exception("spool.failed", error=error.strerror)
            raise Fault("the spool cannot be written") from error
        finally:
            self._spool.release(self._reserved)
            self._reserved = 0

    # By a thread.

    def _write(self) -> None:
        with self._lock:
            if self._is_over:
                return
            pieces, self._pieces = self._pieces, []
            if self._file is None:
                self._file, self._path = self._spool.create()
            self._file.writelines(pieces)
            for piece in pieces:
                self._digesting.add(piece)
            self._unsettled += sum(map(len, pieces))
            if self._unsettled >= SETTLED_OCTETS:
                self._settle()

    def _settle(self) -> None:
        """Have the system begin to write to the disk what it holds back.

        Else all of a large message goes at once when it is synced, and the commits of small
        ones wait behind it.
        """
        self._unsettled = 0
        if self._file is not None and hasattr(os, "posix_fadvise"):
            self._file.flush()
            os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def _close(self) -> bytes:
        self._write()
        with self._lock:
            if self._file is None or self._is_over:
                return b""
            self._file.flush()
            self._file.seek(0)
            head = self._file.read(self._head_octets)
            self._file.close()
            return head

    def _clear(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
            if self._path is not None:
                Path(self._path).unlink(missing_ok=True)

"""The store, opened: threads that write, threads that read, and who waits."""

import asyncio
import contextlib
import os
import queue
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import Engine

from gateway.mail.errors import ConfigError, Fault
from gateway.ports.store import Work as WorkPort
from gateway.store.bell import CHANNEL, Bell
from gateway.store.engine import EngineOptions, Place, check_durable, make_engine, place_of
from gateway.store.faults import fault_of
from gateway.store.group import Writer
from gateway.store.jobs import Job
from gateway.store.lock import DirectoryLock
from gateway.store.migrate import bring_up, check_revision
from gateway.store.readers import Reader
from gateway.store.takeover import free_leases
from gateway.store.transaction import Line
from gateway.store.turns import Turns
from gateway.store.wakeups import Wakeups
from gateway.store.work import Work

T = TypeVar("T")
_POSTGRESQL_WRITERS = 4


class OpenStore:
    """Implements `ports.store.Store`. Usable between `start` and `close`."""

    def __init__(self, place: Place, *, lock: bool, readers: int, options: EngineOptions) -> None:
        """Don't open anything yet; see `open_store`."""
        self.place = place
        self._lock = DirectoryLock(place.directory) if lock and place.directory else None
        self._writes = lock
        self._reader_count = readers
        self._options = options
        self._to_write: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._to_read: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._writers: list[Writer] = []
        self._readers: list[Reader] = []
        self._bell: Bell | None = None
        self._backends: dict[int, int] = {}
        self._wakeups = Wakeups()
        self._turns = Turns()
        self._is_open = False

    async def start(self) -> None:
        """Take the lock, bring the tables up to date, start the threads.

        Raises InUse (a Fault) if another process writes here, Fault if the database is
        away, ConfigError if it doesn't keep what it commits or is newer than this program.
        """
        await asyncio.to_thread(self._start)

    async def close(self) -> None:
        """Do what waits, then close everything; nothing may be asked of it any more."""
        await asyncio.to_thread(self._close)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def write(self, job: Callable[[WorkPort], T]) -> T:
        """Run the job, return its result once it is synced.

        Raises Fault if the store is away or full, and what the job raises.
        """
        if not (self._is_open and self._writes):
            raise Fault("the store is not open for writing")
        return await self._hand(self._to_write, job)

    async def read(self, job: Callable[[WorkPort], T]) -> T:
        """Run the job on a consistent view; it must not write. Raises Fault."""
        if not self._is_open:
            raise Fault("the store is not open")
        return await self._hand(self._to_read, job)

    async def wait(self, topic: str, seen: int, timeout: float) -> int:  # noqa: ASYNC109 (the port's word)
        """Wait until the topic was woken more than `seen` times; return the count.

        timeout: seconds after which the count is returned all the same.
        """
        return await self._wakeups.wait(topic, seen, timeout)

    def engine(self, *, readonly: bool = True) -> Engine:
        """Return an engine of the store's database, for `verify`, `backup` and the like."""
        return make_engine(self.place, EngineOptions(readonly=readonly))

    async def fold(self) -> None:
        """Fold SQLite's write-ahead log into the database and empty it.

        For erasures: what was deleted is gone from the disk then. Raises Fault.
        """
        if self.place.directory is not None:
            await asyncio.to_thread(self._fold)

    async def tidy(self, now: datetime) -> int:
        """Forget sessions, links and repeats whose time is over; return how many. Raises Fault."""

        def job(work: WorkPort) -> int:
            assert isinstance(work, Work)
            return work.forget_past(now)

        return await self.write(job)

    async def _hand(self, jobs: "queue.SimpleQueue[Job | None]", run: Callable[[WorkPort], T]) -> T:
        job = Job(run)
        jobs.put(job)
        result: T = await job.future
        return result

    def _start(self) -> None:
        if self._lock is not None:
            assert self.place.directory is not None
            _make_directory(self.place.directory)
            self._lock.take()
        try:
            self._open()
        except BaseException as error:
            self._close()
            if isinstance(error, Fault | ConfigError):
                raise
            fault = fault_of(error)
            raise (fault or Fault("the store can't be opened")) from error

    def _open(self) -> None:
        reading = make_engine(self.place, EngineOptions(readonly=True))
        if self._writes:
            engine = make_engine(self.place, self._options)
            check_durable(engine)
            bring_up(engine)
            if self.place.url is None:
                free_leases(engine)
            else:
                bell = Bell(engine, self._wakeups.ring, self._is_ours)
                bell.start()
                self._bell = bell
            count = 1 if self.place.url is None else _POSTGRESQL_WRITERS
            self._writers = [
                Writer(self._to_write, lambda: self._connect(engine, writing=True), self._ring)
                for _ in range(count)
            ]
        else:
            check_revision(reading)
        self._readers = [
            Reader(self._to_read, lambda: self._connect(reading, writing=False))
            for _ in range(self._reader_count)
        ]
        for writer in self._writers:
            writer.start()
        for reader in self._readers:
            reader.start()
        self._is_open = True

    def _connect(self, engine: Engine, *, writing: bool) -> tuple[Line, Work]:
        line = Line(engine, writing=writing)
        if line.backend is not None:
            # By thread, since a thread that reconnects gets another backend.
            self._backends[threading.get_ident()] = line.backend
        return line, Work(line.transaction, self._turns)

    def _ring(self, line: Line, topics: Iterable[str]) -> None:
        self._wakeups.ring(topics)
        # The commit stands; a connection that died is noticed by the next batch.
        with contextlib.suppress(Exception):
            line.notify(CHANNEL, topics)

    def _is_ours(self, backend: int) -> bool:
        return backend in self._backends.values()

    def _fold(self) -> None:
        line = Line(make_engine(self.place, self._options), writing=True)
        try:
            # Else deleted words stand in the index until it happens to merge them away.
            line.plain("INSERT INTO message_fts(message_fts) VALUES ('optimize')")
            busy = line.plain("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]
        finally:
            line.close()
        if busy:
            raise Fault("the write-ahead log is being read; try again")

    def _close(self) -> None:
        self._is_open = False
        for _ in self._writers:
            self._to_write.put(None)
        for _ in self._readers:
            self._to_read.put(None)
        for writer in self._writers:
            writer.join()
        for reader in self._readers:
            reader.join()
        self._writers, self._readers = [], []
        if self._bell is not None:
            self._bell.stop()
            self._bell = None
        if self._lock is not None:
            self._lock.release()


def _make_directory(directory: Path) -> None:
    """Make a directory that is still there after a power cut. Raises Fault."""
    if directory.is_dir():
        return
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(directory.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise Fault(f"{directory} can't be made: {error.strerror}") from error


def open_store(
    where: str | Path,
    *,
    lock: bool = True,
    readers: int = 2,
    options: EngineOptions | None = None,
) -> OpenStore:
    """Return the store at a data directory's path or a `postgresql://` URL, not yet started.

    lock: take the directory's lock and write; False: only read, beside a process that writes.
    readers: threads that read.

    Raises ConfigError if `where` can't be understood.
    """
    return OpenStore(
        place_of(where), lock=lock, readers=readers, options=options or EngineOptions()
    )

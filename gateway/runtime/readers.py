"""A pool of killable reader processes: `ports.parser.Parser`.

However a mail behaves, it costs one reader, which is replaced at once. A mail that takes
long holds up no other: while one is slow, spare readers are started beside it.
"""

import asyncio
import itertools
import shutil
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.mail.errors import Fault
from gateway.mail.reading import Reading
from gateway.ports.parser import ReaderDied
from gateway.runtime.reader import NotTaken, Reader, ReaderSettings

MAILS_A_PROCESS: Final = 2000
RESIDENT_OCTETS: Final = 64 * 1024 * 1024
_SLOW_SECONDS: Final = 0.5
_START_SECONDS: Final = 60.0
_TRIES: Final = 5
_SHORT_LIFE: Final = 2.0
_LONGEST_PAUSE: Final = 4.0


@dataclass(slots=True)
class ReaderCounts:
    """What the pool has seen; for metrics."""

    read: int = 0
    died: int = 0
    started: int = 0


@dataclass(slots=True)
class _Pool:
    """The readers: those that wait for a mail, and since when the others are busy."""

    idle: asyncio.Queue[Reader] = field(default_factory=asyncio.Queue)
    busy: dict[Reader, float] = field(default_factory=dict)
    spares: set[Reader] = field(default_factory=set)
    waiting: int = 0


class Readers:
    """Reads mail in other processes."""

    def __init__(self, settings: ReaderSettings, *, size: int = 1) -> None:
        """Prepare a pool; nothing runs before `start`. size: readers while no mail is slow."""
        self._settings = settings
        self._size = size
        self._pool = _Pool()
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._alive: set[Reader] = set()
        self._starting_spares = 0
        # Mails in files take several times their size in a reader: not in every spare one.
        self._large = asyncio.Semaphore(size + 1)
        self._is_closing = False
        self.counts = ReaderCounts()

    def start(self) -> None:
        """Start the readers, waiting for none. Empties the scratch directory."""
        scratch = self._settings.scratch
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True, mode=0o700)
        for _ in range(self._size):
            self._spawn(self._keep())
        self._spawn(self._watch())

    async def close(self) -> None:
        """End all readers; what they were reading fails with ReaderDied."""
        self._is_closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def read(self, content: bytes | Path, *, null_sender: bool = False) -> Reading:
        """See `ports.parser.Parser.read`."""
        if isinstance(content, bytes):
            return await self._read(content, null_sender=null_sender)
        async with self._large:
            return await self._read(content, null_sender=null_sender)

    async def _read(self, content: bytes | Path, *, null_sender: bool) -> Reading:
        for _ in range(_TRIES):
            reader = await self._take()
            number = next(self._numbers)
            try:
                reading = await reader.read(number, content, null_sender=null_sender)
            except NotTaken:
                continue
            except ReaderDied:
                self.counts.died += 1
                self._sweep(number)
                raise
            except asyncio.CancelledError:
                self._sweep(number)
                raise
            else:
                self.counts.read += 1
                return reading
            finally:
                self._give_back(reader)
        raise Fault("readers end as soon as they are started")

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of the processes that run."""
        return tuple(reader.pid for reader in self._alive)

    async def _take(self) -> Reader:
        """Wait for a reader that is free; see to it that slow mail doesn't make that long."""
        loop = asyncio.get_running_loop()
        self._pool.waiting += 1
        try:
            while True:
                if self._is_closing:
                    raise Fault("the readers are closed")
                try:
                    async with asyncio.timeout(_SLOW_SECONDS):
                        reader = await self._pool.idle.get()
                except TimeoutError:
                    self._help_out(loop.time())
                    continue
                if not reader.is_gone:
                    self._pool.busy[reader] = loop.time()
                    return reader
        finally:
            self._pool.waiting -= 1

    def _give_back(self, reader: Reader) -> None:
        self._pool.busy.pop(reader, None)
        if reader.is_gone:
            return
        is_spent = reader.mails >= MAILS_A_PROCESS or reader.resident_octets >= RESIDENT_OCTETS
        is_superfluous = reader in self._pool.spares and not self._pool.waiting
        if is_spent or is_superfluous:
            reader.retire()
        else:
            self._pool.idle.put_nowait(reader)

    def _help_out(self, now: float) -> None:
        """Start a spare reader for each one that is slow."""
        slow = sum(now - since >= _SLOW_SECONDS for since in self._pool.busy.values())
        spares = len(self._pool.spares) + self._starting_spares
        if spares < min(slow, self._size + 1):
            self._starting_spares += 1
            self._spawn(self._spare())

    async def _keep(self) -> None:
        """Keep one reader alive: whenever it is gone, start another."""
        loop = asyncio.get_running_loop()
        pause = 0.0
        while True:
            started = loop.time()
            try:
                await self._live(await self._started())
            except Fault:
                pause = max(pause, 0.1)
            if loop.time() - started < _SHORT_LIFE:
                pause = min(max(2 * pause, 0.05), _LONGEST_PAUSE)
                await asyncio.sleep(pause)
            else:
                pause = 0.0

    async def _spare(self) -> None:
        """Run one reader until it is no longer needed, or gone."""
        try:
            reader = await self._started()
            self._pool.spares.add(reader)
        except Fault:
            return
        finally:
            self._starting_spares -= 1
        try:
            await self._live(reader)
        finally:
            self._pool.spares.discard(reader)

    async def _started(self) -> Reader:
        reader = await Reader.start(self._settings)
        self.counts.started += 1
        return reader

    async def _live(self, reader: Reader) -> None:
        """Offer a reader, once it is up, to whoever waits, until it is gone."""
        self._alive.add(reader)
        try:
            await reader.ping(_START_SECONDS)
            if not reader.is_gone:
                self._pool.idle.put_nowait(reader)
            await reader.gone()
        except asyncio.CancelledError:
            reader.kill()
            await asyncio.shield(reader.gone())
            raise
        finally:
            self._alive.discard(reader)

    async def _watch(self) -> None:
        """Ask readers that wait for mail whether they are well; one that hangs is killed."""
        while True:
            await asyncio.sleep(self._settings.watch_seconds)
            idle = [self._pool.idle.get_nowait() for _ in range(self._pool.idle.qsize())]
            await asyncio.gather(*(self._check(reader) for reader in idle))

    async def _check(self, reader: Reader) -> None:
        if reader in self._pool.spares and not self._pool.waiting:
            reader.retire()
            return
        await reader.ping(1.5 * self._settings.watch_seconds)
        if not reader.is_gone:
            self._pool.idle.put_nowait(reader)

    def _sweep(self, number: int) -> None:
        """Remove the files that a reader left behind."""
        for path in self._settings.scratch.glob(f"{number}-*"):
            path.unlink(missing_ok=True)

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

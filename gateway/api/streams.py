"""Who waits for events: one look at the store for all of them, and only those concerned wake."""

import asyncio
import contextlib
from collections import Counter

import structlog

from gateway.flow.refusal import Kind, Refused
from gateway.mail.errors import Fault
from gateway.ports.store import Store
from gateway.runtime.http.draining import Draining

log = structlog.get_logger()

_GATHER_SECONDS = 0.02
"""Many events, or many who begin to wait, are one look."""
_LOOK_SECONDS = 5.0
"""A look at least that often, should a wake-up be lost."""
HEARTBEAT_SECONDS = 15.0
_AFTER_FAULT_SECONDS = 2.0


class Streams:
    """The open streams of this process, and the newest numbers that they wait for."""

    def __init__(self, store: Store, draining: Draining, *, most: int = 2000) -> None:
        """Watch `store` until a stop begins. most: streams; a company has half of them at most."""
        self._most = most
        self._open: Counter[str] = Counter()
        self._store = store
        self._draining = draining
        self._waiting: dict[str, dict[asyncio.Future[None], tuple[int, float]]] = {}
        self._joined = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None

    @property
    def open(self) -> int:
        """How many there are."""
        return self._open.total()

    def check(self, tenant_id: str) -> None:
        """Raise Refused if there is no room for one more stream of a company."""
        if self._open.total() >= self._most or self._open[tenant_id] >= self._most // 2:
            detail = "Too many streams are open."
            raise Refused(Kind.TOO_MANY, "rate_limited", detail, retry_after=60)

    def enter(self, tenant_id: str) -> None:
        """Count one more."""
        self._open[tenant_id] += 1

    def leave(self, tenant_id: str) -> None:
        """Count one less."""
        self._open[tenant_id] -= 1
        if not self._open[tenant_id]:
            del self._open[tenant_id]

    def beyond(self, tenant_id: str, sequence: int) -> asyncio.Future[None]:
        """Return what is done once the company has an event with a higher number.

        It is done when a stop begins, too, and when it is time for a sign of life. Who stops
        waiting for it has to `forget` it.
        """
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        if self._draining:
            future.set_result(None)
            return future
        self._waiting.setdefault(tenant_id, {})[future] = sequence, loop.time()
        self._joined.set()
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._watching(), name="newest events")
        return future

    def forget(self, tenant_id: str, future: asyncio.Future[None]) -> None:
        """Wait no more."""
        waiting = self._waiting.get(tenant_id, {})
        waiting.pop(future, None)
        if not waiting:
            self._waiting.pop(tenant_id, None)

    async def _watching(self) -> None:
        """Look whenever something happened or somebody joined, as long as anybody waits."""
        seen = await self._store.wait("events", -1, 0)
        stopping = asyncio.create_task(self._draining.wait())
        try:
            while self._waiting and not self._draining:
                await asyncio.sleep(_GATHER_SECONDS)
                self._joined.clear()
                try:
                    await self._look()
                except Fault as error:
                    log.warning("events.not_read", why=str(error))
                    await asyncio.sleep(_AFTER_FAULT_SECONDS)
                seen = await self._next(seen, stopping)
            if self._draining:
                self._release()
        finally:
            stopping.cancel()

    async def _next(self, seen: int, stopping: asyncio.Task[None]) -> int:
        """Wait for an event of anybody, somebody new, or a stop; return what was seen."""
        woken = asyncio.create_task(self._store.wait("events", seen, _LOOK_SECONDS))
        joined = asyncio.create_task(self._joined.wait())
        try:
            await asyncio.wait({woken, joined, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return woken.result() if woken.done() else seen
        finally:
            for one in (woken, joined):
                one.cancel()
                with contextlib.suppress(asyncio.CancelledError, Fault):
                    await one

    async def _look(self) -> None:
        companies = tuple(self._waiting)
        found = await self._store.read(
            lambda work: {each: work.events.last(each) for each in companies}
        )
        patient = asyncio.get_running_loop().time() - HEARTBEAT_SECONDS
        for tenant_id, last in found.items():
            for future, (sequence, since) in tuple(self._waiting.get(tenant_id, {}).items()):
                if last > sequence or since < patient:
                    self.forget(tenant_id, future)
                    _tell(future)

    def _release(self) -> None:
        for waiting in self._waiting.values():
            for future in waiting:
                _tell(future)
        self._waiting.clear()


def _tell(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)

"""The tasks that work the queues: reading in what came, relaying what leaves, sweeping up."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from gateway.app.office import Office
from gateway.app.plain import queue_limits, retry_policy
from gateway.flow.deliver import WayOut
from gateway.flow.ingest import Ingest
from gateway.flow.queue_manager import QueueManager
from gateway.flow.verifying import Verifying
from gateway.mail.errors import Fault
from gateway.ports.tally import Tally
from gateway.runtime.signing import DkimSigner
from gateway.settings import Settings
from gateway.smtp.dialling import TlsContexts
from gateway.smtp.relay import SmtpRelay

log = structlog.get_logger()

_SWEEP_EVERY = timedelta(minutes=10)
_ORPHAN_AFTER = timedelta(hours=1)


@dataclass(slots=True)
class Queues:
    """Runs ingest and relay, each where its role is wanted."""

    office: Office
    tally: Tally
    ingests: bool = True
    relays: bool = True
    _ingest: Ingest | None = None
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _stops: list[Callable[[float], Awaitable[None]]] = field(default_factory=list)
    _closes: list[Callable[[], None]] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        office = self.office
        if self.ingests:
            verifies = office.settings.inbound.verify
            ingest = Ingest(office.context, office.parser, self.tally, verifies=verifies)
            self._ingest = ingest
            self._begin(ingest.run(), ingest.stop, "ingest")
            verifying = Verifying(office.context, office.verifier, self.tally)
            self._begin(verifying.run(), verifying.stop, "verify")
            self._begin(self._sweep(), None, "sweep")
        if self.relays:
            relay = SmtpRelay(office.settings.server.hostname, TlsContexts.of_system())
            signer = DkimSigner(office.dkim, office.context.names.sender, office.context.clock)
            way = WayOut(office.routes, relay, signer, retry_policy(office.settings), self.tally)
            manager = QueueManager(office.context, way, queue_limits(office.settings))
            self._begin(manager.run(), manager.stop, "relay")
            self._closes += [relay.close, signer.close]

    def apply(self, settings: Settings) -> None:
        """Take over what may change while the queues are at work."""
        if self._ingest is not None:
            self._ingest.verifies = settings.inbound.verify

    async def stop(self, patience: float) -> None:
        """Finish what is under way within `patience` seconds."""
        await asyncio.gather(*(stop(patience) for stop in self._stops))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for close in self._closes:
            close()

    def _begin(
        self,
        running: Coroutine[None, None, None],
        stop: Callable[[float], Awaitable[None]] | None,
        name: str,
    ) -> None:
        self._tasks.append(asyncio.create_task(running, name=name))
        if stop is not None:
            self._stops.append(stop)

    async def _sweep(self) -> None:
        """Collect blobs that nothing refers to, after a delay."""
        while True:
            await asyncio.sleep(_SWEEP_EVERY.total_seconds())
            with contextlib.suppress(Fault):
                await sweep(self.office)


async def sweep(office: Office) -> int:
    """Remove blobs that no row refers to and that are older than an hour; return how many."""
    now = office.context.clock.now()
    removed = 0
    for tenant_id, sha256, _, kept_at in await asyncio.to_thread(list, office.blobs.listed()):
        if now - kept_at < _ORPHAN_AFTER:
            continue
        known = await office.context.store.read(
            lambda work, tenant_id=tenant_id, sha256=sha256: work.contents.get(tenant_id, sha256)  # type: ignore[misc]
        )
        if known is None:
            await office.blobs.remove(tenant_id, sha256)
            removed += 1
    if removed:
        log.info("blobs.swept", count=removed)
    return removed

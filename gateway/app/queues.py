"""The tasks that work the queues: reading in, relaying, telling of events, sweeping up."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from gateway.app.office import Office
from gateway.app.plain import queue_limits, retry_policy
from gateway.flow.deliver import WayOut
from gateway.flow.dns_watch import DnsWatch
from gateway.flow.drift_notices import DriftNotices
from gateway.flow.hook_notices import HookNotices
from gateway.flow.house_mail import HouseMail
from gateway.flow.ingest import Ingest
from gateway.flow.lateness import LateNotices
from gateway.flow.notifying import Notices
from gateway.flow.queue_manager import QueueManager
from gateway.flow.reminders import Reminders
from gateway.flow.staff_answers import StaffAnswers
from gateway.flow.submitter_reports import SubmitterReports
from gateway.flow.tls_reports import TlsReports
from gateway.flow.verifying import Verifying
from gateway.hooks.service import HookService
from gateway.mail.errors import Fault
from gateway.ports.tally import Tally
from gateway.rules.dns_verdicts import Verdict
from gateway.runtime.sandbox import SandboxRelay
from gateway.runtime.signing import DkimSigner
from gateway.settings import Settings
from gateway.smtp.dialling import TlsContexts
from gateway.smtp.relay import SmtpRelay

log = structlog.get_logger()

_SWEEP_EVERY = timedelta(minutes=10)
_ORPHAN_AFTER = timedelta(hours=1)


async def nothing_published() -> Sequence[Verdict]:
    """Return no verdicts: for an installation without DNS of its own."""
    return ()


@dataclass(slots=True)
class Queues:
    """Runs ingest, relay and webhooks, each where its role is wanted.

    published: asks DNS about each record that should be published.
    """

    office: Office
    tally: Tally
    published: Callable[[], Awaitable[Sequence[Verdict]]] = nothing_published
    ingests: bool = True
    relays: bool = True
    hooks: bool = True
    _ingest: Ingest | None = None
    _manager: QueueManager | None = None
    _late: LateNotices | None = None
    _house: HouseMail | None = None
    _watch: DnsWatch | None = None
    _drifts: DriftNotices | None = None
    _keep_raw: timedelta = timedelta(days=365)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _stops: list[Callable[[float], Awaitable[None]]] = field(default_factory=list)
    _closes: list[Callable[[], None]] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        office = self.office
        self._keep_raw = office.settings.inbound.keep_raw
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
            way = WayOut(
                office.routes,
                SandboxRelay(relay, office.reception),
                signer,
                retry_policy(office.settings),
                self.tally,
                office.accounts,
            )
            manager = QueueManager(office.context, way, queue_limits(office.settings))
            self._manager = manager
            self._begin(manager.run(), manager.stop, "relay")
            self._closes += [relay.close, signer.close]
            notice = office.settings.relay.delay_notice
            self._late = LateNotices(office.context, notice, way.policy)
            self._begin(self._late.run(), None, "late")
            self._begin(office.sender_domains.run(), None, "sender domains")
            recheck = office.settings.dns.recheck
            self._watch = DnsWatch(office.context, self.published, self.tally, recheck)
            self._begin(self._watch.run(), None, "dns watch")
            self._drifts = DriftNotices(office.context, office.settings.domains.postmaster)
            self._begin(self._drifts.run(), None, "drift notices")
            self._begin(SubmitterReports(office.context).run(), None, "reports")
            tls = TlsReports(office.context, way.tls, office.resolver, office.outward)
            self._begin(tls.run(), tls.stop, "tls reports")
            reminders = Reminders(office.context, office.submissions.quota)
            self._begin(reminders.run(), None, "reminders")
            self._begin(Notices(office.context).run(), None, "notices")
            self._begin(HookNotices(office.context).run(), None, "hook notices")
            answers = StaffAnswers(office.context, office.conversing)
            self._begin(answers.run(), None, "staff answers")
            self._house = HouseMail(office.context, office.settings.domains.postmaster)
            self._begin(self._house.run(), None, "house mail")
        if self.hooks:
            service = HookService(office.context, office.outward, office.hook_policy)
            self._begin(service.run(), service.stop, "hooks")

    def apply(self, settings: Settings) -> None:
        """Take over what may change while the queues are at work."""
        self._keep_raw = settings.inbound.keep_raw
        if self._ingest is not None:
            self._ingest.verifies = settings.inbound.verify
        if self._manager is not None:
            self._manager.apply(retry_policy(settings), queue_limits(settings))
        if self._late is not None:
            self._late.apply(settings.relay.delay_notice, retry_policy(settings))
        if self._house is not None:
            self._house.address = settings.domains.postmaster
        if self._drifts is not None:
            self._drifts.address = settings.domains.postmaster
        if self._watch is not None:
            self._watch.every = settings.dns.recheck

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
        """Collect what nothing refers to, and forget what is past."""
        while True:
            await asyncio.sleep(_SWEEP_EVERY.total_seconds())
            try:
                await sweep(self.office)
                dropped = await self.office.privacy.drop_raw(self._keep_raw)
                if dropped:
                    log.info("raw.dropped", mails=dropped)
                # What was dropped, here or by an erasure's late reports, leaves the log too.
                await self.office.store.fold()
            except Fault as error:
                log.warning("store.not_swept", why=str(error))


async def sweep(office: Office) -> int:
    """Remove blobs that no row refers to and that are older than an hour; return how many.

    Forgets sessions, links and repeats whose time is over, too. Raises Fault.
    """

    async def is_referenced(tenant_id: str, sha256: str) -> bool:
        known = await office.store.read(lambda work: work.contents.get(tenant_id, sha256))
        return known is not None

    now = office.context.clock.now()
    forgotten = await office.store.tidy(now)
    removed = await office.blobs.sweep(is_referenced, now - _ORPHAN_AFTER)
    log.info("store.swept", blobs=removed, past=forgotten)
    return removed

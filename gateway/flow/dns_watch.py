"""Watches the gateway's own DNS records: asked again and again, what changed told once.

Of several processes one asks: whoever takes the note of the last look away has the next one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from gateway.flow.context import Context
from gateway.flow.drift_notices import DriftNotices
from gateway.mail.errors import ConfigError, Fault
from gateway.ports.store import Work
from gateway.ports.tally import Tally
from gateway.rules import events
from gateway.rules.dns_drift import Drift, Look, compared, kept, look_of
from gateway.rules.dns_verdicts import Verdict
from gateway.rules.model import HOUSE_TENANT_ID
from gateway.rules.sender_domains import told

log = structlog.get_logger()

_LOOK_EVERY: Final = timedelta(seconds=20)
_FIRST_AFTER: Final = timedelta(minutes=1)
"""A start has more to do than this."""
KNOWN: Final = "dns known"
"""The fact that holds what was seen last."""
TURN: Final = "dns looked at:"


class DnsWatch:
    """Looks whenever it is time. every: how long from look to look."""

    def __init__(
        self,
        context: Context,
        look: Callable[[], Awaitable[Sequence[Verdict]]],
        tally: Tally,
        every: timedelta,
    ) -> None:
        """Look by `look`, which asks DNS about each record that should be published."""
        self._context = context
        self._look = look
        self._tally = tally
        self.every = every

    async def run(self) -> None:
        """Look until cancelled."""
        await asyncio.sleep(min(_FIRST_AFTER, self.every).total_seconds())
        while True:
            try:
                await self.look_if_due()
                # Every process tells what is known, whoever looked.
                self._tally.dns((await self.known()).counts)
            except (Fault, ConfigError) as error:
                log.warning("dns.not_checked", why=str(error))
            await asyncio.sleep(min(_LOOK_EVERY, self.every).total_seconds())

    async def known(self) -> Look:
        """Return what was seen last. Raises Fault."""
        return look_of(await self._context.store.read(lambda work: work.facts.get(KNOWN)))

    async def look_if_due(self) -> Drift | None:
        """Look if it is time and nobody else does; return what changed, None without a look.

        Raises Fault, ConfigError if our own keys can't be read.
        """
        now = self._context.clock.now()
        if not await self._context.store.write(lambda work: _take_turn(work, now, self.every)):
            return None
        verdicts = await self._look()
        now = self._context.clock.now()

        def store(work: Work) -> Drift:
            after, drift = compared(look_of(work.facts.get(KNOWN)), verdicts, now)
            work.facts.put(KNOWN, kept(after))
            self._tell(work, drift, now)
            return drift

        drift = await self._context.store.write(store)
        for verdict in drift.broke:
            log.warning("dns.drifted", record=_named(verdict), remedy=verdict.remedy)
        for verdict in drift.recovered:
            log.info("dns.recovered", record=_named(verdict))
        return drift

    def _tell(self, work: Work, drift: Drift, now: datetime) -> None:
        """Tell the house, whose events admins read, and by a mail whoever is its postmaster."""
        for kind, verdicts in (
            (events.DNS_DRIFTED, drift.broke),
            (events.DNS_RECOVERED, drift.recovered),
        ):
            if verdicts:
                about = {"records": [_about(one) for one in verdicts]}
                event = self._context.event(HOUSE_TENANT_ID, kind, now, about)
                work.events.add(event)
                DriftNotices.order(work, event.id, HOUSE_TENANT_ID)
                work.wake("events")


def _take_turn(work: Work, now: datetime, every: timedelta) -> bool:
    """Say whether it is time to look, to one process alone."""
    note = next(iter(work.facts.under(TURN, 1)), "")
    if not note:
        # Whichever process comes first makes the same note, which only one can take away.
        note = f"{TURN}{datetime.fromtimestamp(0, UTC).isoformat()}"
        work.facts.put(note, "")
    if now < datetime.fromisoformat(note.removeprefix(TURN)) + every:
        return False
    if not work.facts.remove(note):
        return False
    work.facts.put(f"{TURN}{now.isoformat()}", "")
    return True


def _named(verdict: Verdict) -> str:
    return f"{verdict.record.type} {verdict.record.name}"


def _about(verdict: Verdict) -> dict[str, object]:
    about = told(verdict)
    del about["optional"]
    return about

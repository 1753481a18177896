"""What the admin page tells of the installation: its health, and what DNS answers."""

import asyncio
from collections.abc import Callable, Sequence

from gateway.app.commands.upkeep import status
from gateway.app.dns_check import compare
from gateway.app.dns_records import UNKNOWN, public_addresses, records_now
from gateway.app.doctor import machine
from gateway.app.doctor.findings import Finding, Health
from gateway.app.office import Office
from gateway.app.plain import resolver_of
from gateway.flow.dns_watch import KNOWN
from gateway.rules.dns_drift import Look, look_of
from gateway.rules.dns_verdicts import Verdict, unanswered
from gateway.settings import Settings
from gateway.web.services import Checked

_PATIENCE = 5  # seconds that whoever looks at the page waits for DNS


def published(look: Look) -> Finding:
    """Return what the last look at the gateway's own DNS records found."""
    if look.checked_at is None:
        return Finding("dns", Health.SKIPPED, "nobody has looked at the records yet")
    at = f"looked at {look.checked_at:%Y-%m-%d %H:%M} UTC"
    if look.drifted:
        gone = [f"{name} since {one.since:%Y-%m-%d}" for name, one in look.drifted.items()]
        names = ", ".join(gone)
        return Finding("dns", Health.FAILED, f"broken: {names}; {at}", "see DNS, above")
    wrong = look.counts["missing"] + look.counts["differs"]
    if wrong:
        remedy = "see DNS, above"
        return Finding("dns", Health.WARNING, f"{wrong} records are not published; {at}", remedy)
    if look.unanswered:
        silent = f"DNS did not answer about {look.unanswered} records; {at}"
        return Finding("dns", Health.WARNING, silent)
    return Finding("dns", Health.OK, f"{len(look.known)} records stand as they should; {at}")


class Overseeing:
    """Looks when it is asked."""

    def __init__(self, office: Office, live: Callable[[], Settings]) -> None:
        """Look at this office; live: gives the settings that hold at the time."""
        self._office = office
        self._live = live

    async def health(self) -> Sequence[Checked]:
        """Return what can be seen from within: disk, clock, what waits to be read and sent."""
        settings = self._live()
        disk, clock = await asyncio.gather(
            asyncio.to_thread(machine.disk, settings.server.data_dir),
            asyncio.to_thread(machine.clock),
        )
        # Whether it runs needs no telling on a page that it serves.
        _, *queues = machine.gateway(await status(self._office, {"roles": ()}))
        seen = await self._office.context.store.read(lambda work: look_of(work.facts.get(KNOWN)))
        return [
            Checked(one.check, one.state.value, one.detail, one.remedy)
            for one in (disk, clock, published(seen), *queues)
        ]

    async def dns(self) -> Sequence[Verdict]:
        """Return the verdict on each record that should be published; asks DNS."""
        settings, now = self._live(), self._office.context.clock.now()
        wanted = records_now(settings, self._office.dkim, public_addresses(settings), now)
        host = settings.server.hostname
        try:
            async with asyncio.timeout(_PATIENCE):
                return await compare(wanted, resolver_of(settings), host=host, now=now)
        except TimeoutError:
            why = f"it took longer than {_PATIENCE} s"
            return [unanswered(one, why) for one in wanted if UNKNOWN not in {one.name, one.value}]

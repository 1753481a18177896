"""What the admin page tells of the installation: its health, and what DNS answers."""

import asyncio
from collections.abc import Callable, Sequence

from gateway.app.commands.upkeep import status
from gateway.app.dns_check import compare
from gateway.app.dns_records import public_addresses, records_now
from gateway.app.doctor import machine
from gateway.app.office import Office
from gateway.app.plain import resolver_of
from gateway.rules.dns_verdicts import Verdict
from gateway.settings import Settings
from gateway.web.services import Checked


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
        return [
            Checked(one.check, one.state.value, one.detail, one.remedy)
            for one in (disk, clock, *queues)
        ]

    async def dns(self) -> Sequence[Verdict]:
        """Return the verdict on each record that should be published; asks DNS."""
        settings, now = self._live(), self._office.context.clock.now()
        wanted = records_now(settings, self._office.dkim, public_addresses(settings), now)
        host = settings.server.hostname
        return await compare([*wanted], resolver_of(settings), host=host, now=now)

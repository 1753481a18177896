"""The listeners of a process: SMTP and HTTP, opened together, drained together."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.app.meters import ListenerMeter
from gateway.app.office import Office
from gateway.app.plain import session_limits, tls_context
from gateway.runtime.http.server import HttpServer
from gateway.runtime.metrics import Meters
from gateway.settings import Settings
from gateway.smtp.limits import SessionLimits
from gateway.smtp.listener import Listener
from gateway.smtp.quotas import Quotas
from gateway.smtp.spool import Spool
from gateway.smtp.station import ListenerConfig, Role

Sockets = Mapping[str, list[socket.socket]]


@dataclass(slots=True)
class Listeners:
    """Opens what the settings name; `addresses` tells the ports that were taken."""

    office: Office
    meters: Meters
    inherited: Sockets
    addresses: dict[str, list[str]] = field(default_factory=dict)
    _smtp: dict[str, Listener] = field(default_factory=dict)
    _http: list[HttpServer] = field(default_factory=list)
    _spool: Spool | None = None
    _quotas: Quotas | None = None

    async def open_smtp(self) -> None:
        """Open mx, submission, submissions. Raises ConfigError if an address can't be had."""
        settings = self.office.settings
        limits = session_limits(settings)
        self._spool = Spool(
            self.office.scratch,
            memory=limits.spool_memory,
            each=limits.spool_each,
            rate=limits.upload_rate,
        )
        await asyncio.to_thread(self._spool.prepare, self.office.context.clock.now())
        quotas = self._quotas = Quotas(limits)
        listen = settings.listen
        for role, addresses in (
            (Role.MX, listen.mx),
            (Role.SUBMISSION, listen.submission),
            (Role.SUBMISSIONS, listen.submissions),
        ):
            given = self.inherited.get(role.value, [])
            wanted = () if given else tuple(str(address) for address in addresses)
            if wanted or given:
                config = self._config(role, limits, quotas, self._spool)
                self._smtp[role.value] = Listener(config, wanted, given)
        for name, listener in self._smtp.items():
            await listener.start()
            self.addresses[name] = list(listener.addresses)

    async def open_http(
        self, name: str, server: HttpServer, addresses: list[tuple[str, int]]
    ) -> None:
        """Open an HTTP listener. Raises ConfigError if an address can't be had."""
        given = self.inherited.get(name, [])
        if not given and not addresses:
            return
        self.addresses[name] = list(await server.start(given or addresses))
        self._http.append(server)

    def apply(self, settings: Settings) -> None:
        """Take over what may change while the listeners are open."""
        limits = session_limits(settings)
        if self._quotas is not None:
            self._quotas.apply(limits)
        if self._spool is not None:
            self._spool.turns.rate = limits.upload_rate
        for listener in self._smtp.values():
            listener.apply(limits, settings.listen.submission_plain_from)

    def replace_certificate(self, context: ssl.SSLContext | None) -> None:
        """Use another certificate for handshakes from now on."""
        for listener in self._smtp.values():
            listener.replace_tls(context)

    async def drain(self, patience: timedelta) -> None:
        """Accept nothing more and let what is under way end."""
        await asyncio.gather(
            *(listener.drain(patience) for listener in self._smtp.values()),
            *(server.stop() for server in self._http),
        )
        for listener in self._smtp.values():
            await listener.close()
        if self._spool is not None:
            await asyncio.to_thread(self._spool.close)

    def _config(
        self, role: Role, limits: SessionLimits, quotas: Quotas, spool: Spool
    ) -> ListenerConfig:
        office = self.office
        return ListenerConfig(
            role=role,
            hostname=office.settings.server.hostname,
            reception=office.reception if role is Role.MX else office.submission,
            spool=spool,
            quotas=quotas,
            limits=limits,
            tls=tls_context(office.settings.tls),
            proxy_networks=office.settings.listen.proxy_protocol_from,
            plain_networks=office.settings.listen.submission_plain_from,
            meter=ListenerMeter(self.meters, role.value),
        )

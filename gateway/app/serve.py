"""A gateway that serves: opened, told ready, reloaded, drained."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass

import structlog

from gateway.app.commands import perform
from gateway.app.companies_by_file import apply_companies
from gateway.app.dkim_watch import note_keys
from gateway.app.listeners import Listeners, Sockets
from gateway.app.meters import JourneyTally
from gateway.app.office import CONTROL_SOCKET, Office, open_office
from gateway.app.overseeing import Overseeing
from gateway.app.plain import tls_context
from gateway.app.queues import Queues
from gateway.app.sealing import seal_anew
from gateway.app.site import metrics_site, site
from gateway.mail.errors import ConfigError, Fault
from gateway.runtime.control import ControlServer
from gateway.runtime.memory import leave_alone_what_stays
from gateway.runtime.metrics import Meters, watch_lag
from gateway.runtime.notify import inherited, notify
from gateway.settings import BadSettings, Loaded, Settings, diff, load
from gateway.settings.secrecy import exposed_files
from gateway.store.engine import EngineOptions

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Roles:
    """What this process does."""

    smtp: bool = True
    ingest: bool = True
    relay: bool = True
    web: bool = True
    hooks: bool = True

    @classmethod
    def named(cls, names: Sequence[str]) -> "Roles":
        """Return the roles with these names; "all" is each of them."""
        everything = "all" in names
        return cls(
            smtp=everything or "smtp" in names,
            ingest=everything or "ingest" in names,
            relay=everything or "relay" in names,
            web=everything or "web" in names,
            hooks=everything or "hooks" in names,
        )

    @property
    def names(self) -> list[str]:
        """The names of the roles that are played."""
        return [name for name, is_played in asdict(self).items() if is_played]


class Gateway:
    """One serving process."""

    def __init__(
        self, loaded: Loaded, office: Office, roles: Roles, *, sockets: Sockets | None = None
    ) -> None:
        """Serve these roles for the office; `sockets`: listening ones, by listener."""
        self._loaded = loaded
        self._office = office
        self._roles = roles
        self._meters = Meters()
        self._listeners = Listeners(office, self._meters, sockets or {})
        self._queues = Queues(
            office,
            JourneyTally(self._meters),
            Overseeing(office, self._settings).dns,
            ingests=roles.ingest,
            relays=roles.relay,
            hooks=roles.hooks,
        )
        path = office.settings.server.data_dir / CONTROL_SOCKET
        self._control = ControlServer(
            path, lambda name, given: perform(office, name, {**given, "roles": roles.names})
        )
        self._watch: asyncio.Task[None] | None = None

    @property
    def addresses(self) -> dict[str, list[str]]:
        """Where clients get in, by listener."""
        found = self._listeners.addresses
        return {name: found.get(name, []) for name in ("mx", "submission", "submissions", "http")}

    async def start(self) -> None:
        """Open everything. Raises ConfigError if an address can't be had."""
        office = self._office
        await apply_companies(office, office.settings.tenant)
        await note_keys(office)
        if sealed := await seal_anew(office.context):
            log.info("secrets.sealed_anew", count=sealed)
        await office.directory.refresh()
        if self._roles.smtp:
            await self._listeners.open_smtp()
        if self._roles.web:
            listen = office.settings.listen
            addresses = [(one.host, one.port) for one in listen.http]
            await self._listeners.open_http(
                "http", site(office, self._meters, self._settings), addresses
            )
            addresses = [(one.host, one.port) for one in listen.metrics]
            if addresses:
                server = metrics_site(office, self._meters, self._settings)
                await self._listeners.open_http("metrics", server, addresses)
        self._queues.start()
        self._watch = asyncio.create_task(watch_lag(self._meters))
        await self._control.start()

    def _settings(self) -> Settings:
        """Return the settings that hold now."""
        return self._loaded.settings

    async def reload(self) -> None:
        """Read the configuration again and apply what can be; a bad file changes nothing."""
        notify("RELOADING=1", os.environ)
        try:
            loaded = await asyncio.to_thread(load, self._loaded.file)
            changes = diff(self._loaded.settings, loaded.settings)
            certificate = tls_context(loaded.settings.tls)
            await apply_companies(self._office, loaded.settings.tenant)
            await note_keys(self._office)
        except (BadSettings, ConfigError, Fault) as error:
            log.error("settings.kept", why=str(error))  # noqa: TRY400 (the admin needs the words)
        else:
            self._office.apply(loaded.settings)
            self._office.context.refusals.rules = loaded.bounce_rules
            self._queues.apply(loaded.settings)
            self._listeners.apply(loaded.settings)
            self._listeners.replace_certificate(certificate)
            await self._office.directory.refresh()
            self._loaded = loaded
            log.info("settings.reloaded", live=changes.live, after_restart=changes.restart)
        notify("READY=1", os.environ)

    async def stop(self) -> None:
        """Drain: accept nothing more, finish what is under way, give the rest back."""
        notify("STOPPING=1", os.environ)
        drain = self._office.settings.server.drain
        await self._control.close()
        await self._listeners.drain(drain)
        await self._queues.stop(drain.total_seconds())
        if self._watch is not None:
            self._watch.cancel()


async def serve_until_told(
    loaded: Loaded, roles: Roles, *, options: EngineOptions | None = None
) -> None:
    """Serve until SIGTERM or SIGINT; options: see `open_office`.

    Raises ConfigError if it can't start.
    """
    refuse_exposed_secrets(loaded.settings)
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    reloads = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    loop.add_signal_handler(signal.SIGHUP, reloads.set)
    async with AsyncExitStack() as stack:
        opening = open_office(loaded.settings, options=options, bounce_rules=loaded.bounce_rules)
        office = await stack.enter_async_context(opening)
        sockets = inherited(os.environ, os.getpid())
        gateway = Gateway(loaded, office, roles, sockets=sockets)
        await gateway.start()
        leave_alone_what_stays()
        print(json.dumps({"event": "ready", **gateway.addresses}), flush=True)  # noqa: T201 (contract §2)
        notify("READY=1", os.environ)
        log.info("gateway.ready", **gateway.addresses)
        await _heed(gateway, told, reloads)
        log.info("gateway.drains")
        await gateway.stop()
    sys.stdout.flush()


def refuse_exposed_secrets(settings: Settings) -> None:
    """Raise ConfigError if everybody may replace a file of secrets; tell of those they may read."""
    for one in exposed_files(settings):
        if one.replaceable:
            raise ConfigError(
                f"{one.file} holds a secret and can be replaced by every user of this machine: "
                f"{one.remedy}"
            )
        log.warning("secret.readable_by_all", file=str(one.file), remedy=one.remedy)


async def _heed(gateway: Gateway, told: asyncio.Event, reloads: asyncio.Event) -> None:
    """Reload as often as asked, until told to stop."""
    stopping = asyncio.create_task(told.wait())
    while not told.is_set():
        reloading = asyncio.create_task(reloads.wait())
        await asyncio.wait({stopping, reloading}, return_when=asyncio.FIRST_COMPLETED)
        reloading.cancel()
        if reloads.is_set():
            reloads.clear()
            await gateway.reload()

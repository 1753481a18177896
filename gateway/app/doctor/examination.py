"""All checks, one after the other."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gateway.app.dns_check import compare
from gateway.app.dns_records import public_addresses, records, records_now
from gateway.app.doctor import machine, surroundings
from gateway.app.doctor.findings import Finding, Health
from gateway.app.offline import ask_or_do, has_store
from gateway.app.plain import resolver_of
from gateway.mail.errors import ConfigError, Fault
from gateway.runtime.control import CommandError
from gateway.runtime.dkim_keys import DkimKeys
from gateway.runtime.world import SystemClock
from gateway.settings import Settings
from gateway.settings.load import Loaded

_RECENT = timedelta(days=7)
REACHED = "gmail.com"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What to look at.

    addresses: public ones of this machine; else those that mx listens on, else those that
        DNS gives its name. reached: a domain whose MX is to be reached by port 25.
    block_lists: their zones, such as "zen.spamhaus.org".
    """

    addresses: Sequence[str] = ()
    reached: str = REACHED
    block_lists: Sequence[str] = ()


async def examine(loaded: Loaded, wishes: Wishes) -> AsyncIterator[Finding]:
    """Yield what each check finds, the machine first."""
    now = SystemClock().now()
    settings, host = loaded.settings, loaded.settings.server.hostname
    for finding in machine.configuration(loaded, now):
        yield finding
    yield machine.disk(settings.server.data_dir)
    yield machine.clock()
    yield machine.certificate(loaded, now)
    told = await _status(settings)
    if isinstance(told, Finding):
        yield told
    else:
        for finding in machine.gateway(told):
            yield finding
    resolver = resolver_of(settings)
    addresses = list(wishes.addresses) or public_addresses(settings)
    for finding in await surroundings.reverse_names(resolver, host, addresses):
        yield finding
    yield await surroundings.way_out(resolver, settings.relay.next_hop, wishes.reached)
    keys = DkimKeys(settings.dkim.directory, settings.dkim.algorithms)
    try:
        wanted = [*records_now(settings, keys, addresses, now)]
    except ConfigError:
        wanted = [*records(settings, (), addresses)]
    # The machine's name by its address is checked above, and back.
    wanted = [record for record in wanted if record.type != "PTR"]
    for finding in surroundings.records(await compare(wanted, resolver, host=host, now=now)):
        yield finding
    if not isinstance(told, Finding):
        since = (now - _RECENT).date().isoformat()
        reported = await ask_or_do(settings, "tls.reports", {})
        for finding in surroundings.tls_reports(reported, since):
            yield finding
        for finding in surroundings.sender_domains(await ask_or_do(settings, "email.domains", {})):
            yield finding
    for finding in await surroundings.block_lists(resolver, host, addresses, wishes.block_lists):
        yield finding


async def _status(settings: Settings) -> Mapping[str, Any] | Finding:
    if not has_store(settings):
        remedy = "start the gateway: systemctl start postroom"
        return Finding("gateway", Health.WARNING, "it has not run here yet", remedy)
    try:
        told: Mapping[str, Any] = await ask_or_do(settings, "status", {})
    except (CommandError, ConfigError, Fault) as error:
        return Finding("gateway", Health.FAILED, str(error), "see what it says, and start it")
    return told

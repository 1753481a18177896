"""Looking a company's mail server up by its domain, so that nobody has to know it by heart."""

import asyncio
from collections.abc import Sequence

from gateway.mail.errors import Fault
from gateway.ports.relay import NoAnswer, NoSuchDomain
from gateway.ports.sender_domains import Records
from gateway.rules.found_servers import SRV, USUAL, FoundServer, domain_in, named_by, provider_of
from gateway.rules.own_server import Security

_SECONDS = 4.0


async def find_server(dns: Records, address: str) -> FoundServer | None:
    """Return the server that the domain of an address sends by, None if DNS tells of none.

    What the domain itself says comes first (SRV), then what is known of the provider that
    takes its mail (MX), then a host of the usual name. Takes 4 s at most; nobody is connected with.
    """
    domain = domain_in(address)
    if not domain:
        return None
    try:
        async with asyncio.timeout(_SECONDS):
            return await _found(dns, domain)
    except TimeoutError:
        return None


async def _found(dns: Records, domain: str) -> FoundServer | None:
    named = [(f"{label}.{domain}", security) for label, security in SRV]
    hosts = [f"{label}.{domain}" for label in USUAL]
    *srv, mx, smtp, mail = await asyncio.gather(
        *(_texts(dns, name, "SRV") for name, _ in named),
        _texts(dns, domain, "MX"),
        *(_texts(dns, host, "A") for host in hosts),
    )
    for records, (_, security) in zip(srv, named, strict=True):
        if (server := named_by(records, security)) is not None:
            return server
    if (server := provider_of(mx)) is not None:
        return server
    known = [host for host, records in zip(hosts, (smtp, mail), strict=True) if records]
    return FoundServer(known[0], 587, Security.STARTTLS) if known else None


async def _texts(dns: Records, name: str, kind: str) -> Sequence[str]:
    try:
        return await dns.texts(name, kind)
    except (NoSuchDomain, NoAnswer, Fault):
        return ()

"""Checks of what is around the machine: its name in DNS, the way out, records, block lists."""

import asyncio
import os
import ssl
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from gateway.app.doctor.findings import Finding, Health
from gateway.ports.relay import DnsFault, Mx, NoAnswer, NoSuchDomain
from gateway.rules.dns_verdicts import Published, Verdict
from gateway.settings import NextHop
from gateway.smtp.resolver import DnsResolver

_CONNECT = 10.0
_SMTP_PORT = 25
_MOST_HOSTS = 3
_NAMED = 4  # missing records, and how many more there are
_LINE_OCTETS = 1000
_SHUT = {
    "port 25": "the way out is shut: ask your provider to open port 25, or set [relay] next_hop to "
    "a smarthost",
    "smarthost": "see that it runs and lets this machine in, and that [relay] next_hop names its "
    "host and port",
}


async def reverse_names(resolver: DnsResolver, host: str, given: Sequence[str]) -> list[Finding]:
    """Look whether each address leads to the name and back (FCrDNS).

    given: the addresses; where there are none, those that the name leads to.
    """
    try:
        addresses = list(given) or list(await resolver.addresses(host))
    except (NoSuchDomain, NoAnswer, DnsFault) as error:
        remedy = f"publish an A record for {host}, or name the address with --address"
        return [Finding("ptr", Health.FAILED, str(error), remedy)]
    return [await _reverse_name(resolver, host, address) for address in addresses]


async def _reverse_name(resolver: DnsResolver, host: str, address: str) -> Finding:
    remedy = f"let whom {address} belongs to set its PTR to {host}: else others refuse our mail"
    try:
        names = await resolver.ptr(address)
    except (NoSuchDomain, NoAnswer):
        return Finding("ptr", Health.FAILED, f"{address} has no name", remedy)
    except DnsFault as fault:
        return Finding("ptr", Health.WARNING, str(fault), "ask again; then ask your DNS provider")
    if host.lower() not in {name.lower() for name in names}:
        return Finding("ptr", Health.FAILED, f"{address} is called {', '.join(names)}", remedy)
    try:
        back = {str(ip_address(one)) for one in await resolver.addresses(host)}
    except (NoSuchDomain, NoAnswer, DnsFault):
        back = set()
    if str(ip_address(address)) not in back:
        said = f"{address} is called {host}, which does not lead back to it"
        return Finding("ptr", Health.FAILED, said, f"publish {address} as an address of {host}")
    return Finding("ptr", Health.OK, f"{address} is called {host} and back")


async def way_out(resolver: DnsResolver, hop: NextHop | None, domain: str) -> Finding:
    """Look whether mail gets out: to the smarthost, or by port 25 to an MX of `domain`."""
    if hop is not None:
        place = (hop.host, hop.port)
        return await _greeted("smarthost", [place], resolver, implicit_tls=hop.implicit_tls)
    try:
        found = await _mx(resolver, domain)
    except (NoSuchDomain, DnsFault) as error:
        return Finding("port 25", Health.WARNING, str(error), "ask again; see [dns] resolvers")
    places = [(mx.host, _SMTP_PORT) for mx in found[:_MOST_HOSTS]]
    return await _greeted("port 25", places, resolver, implicit_tls=False)


async def _mx(resolver: DnsResolver, domain: str) -> Sequence[Mx]:
    try:
        return sorted(await resolver.mx(domain), key=lambda mx: mx.preference)
    except NoAnswer:
        return [Mx(0, domain)]


def sender_domains(listed: Sequence[Mapping[str, Any]]) -> Sequence[Finding]:
    """Return what is to be said of companies' own domains: of those that broke each."""
    broken = [
        Finding(
            "sender domain",
            Health.WARNING,
            f"{one['address']} of {one['tenant']} is broken since {one['since']}: its mail comes "
            "from the gateway's address",
            f"tell the company; postroom email domain {one['tenant']} --check",
        )
        for one in listed
        if one["status"] == "failed"
    ]
    if broken or not listed:
        return broken
    verified = sum(one["status"] == "verified" for one in listed)
    detail = f"{verified} of {len(listed)} companies' own domains are verified, none is broken"
    return [Finding("sender domain", Health.OK, detail)]


async def _greeted(
    check: str, places: Sequence[tuple[str, int]], resolver: DnsResolver, *, implicit_tls: bool
) -> Finding:
    said = "no host to try"
    for host, port in places:
        try:
            addresses = await resolver.configured_addresses(host)
        except (NoSuchDomain, NoAnswer, DnsFault) as error:
            said = str(error)
            continue
        for address in addresses:
            where = f"{host} [{address}]:{port}"
            try:
                greeting = await _banner(address, port, host if implicit_tls else None)
            except OSError as error:  # a time-out is one
                said = f"{where}: {_why(error)}"
                continue
            if greeting.startswith("220"):
                return Finding(check, Health.OK, f"{where} says {greeting}")
            said = f"{where} says {greeting or 'nothing'}"
    return Finding(check, Health.FAILED, said, _SHUT[check])


def _why(error: OSError) -> str:
    """Return why nobody answered, in the words of the system."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    is_of_system = not isinstance(error, ssl.SSLError) and error.errno and error.errno > 0
    return os.strerror(error.errno) if is_of_system and error.errno else str(error)


async def _banner(address: str, port: int, tls_name: str | None) -> str:
    """Return the first line that a server says. Raises OSError, TimeoutError."""
    context = ssl.create_default_context() if tls_name is not None else None
    async with asyncio.timeout(_CONNECT):
        reader, writer = await asyncio.open_connection(
            address, port, ssl=context, server_hostname=tls_name, limit=_LINE_OCTETS
        )
        try:
            line = await reader.readuntil(b"\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise OSError("it greets nobody") from error
        finally:
            writer.close()
    return line.decode("ascii", "replace").strip()


def records(verdicts: Sequence[Verdict]) -> Iterator[Finding]:
    """Turn the verdicts on DNS records into findings.

    There is one for all that are in order, and one for all of which DNS knows nothing.
    """
    good = [verdict for verdict in verdicts if verdict.state is Published.OK]
    if good:
        yield Finding("dns", Health.OK, f"{len(good)} records are published as they should be")
    missing = [one.record for one in verdicts if one.state is Published.MISSING and not one.found]
    if len(missing) > 1:
        names = ", ".join(f"{record.type} {record.name}" for record in missing[:_NAMED])
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        said = f"{len(missing)} of {len(verdicts)} records are not published: {names}{more}"
        yield Finding("dns", Health.FAILED, said, "publish what postroom dns prints")
    for verdict in verdicts:
        is_told = len(missing) > 1 and verdict.record in missing
        if verdict.state is Published.OK or is_told:
            continue
        unknown = verdict.state is Published.UNKNOWN
        record = verdict.record
        told = ", ".join(verdict.found) or "nothing"
        yield Finding(
            "dns",
            Health.WARNING if unknown else Health.FAILED,
            f"{record.type} {record.name}: DNS answers {told}",
            verdict.remedy,
        )


def tls_reports(told: Sequence[Mapping[str, Any]], since: str) -> Iterator[Finding]:
    """Judge what others reported about TLS with us since that day."""
    recent = [one for one in told if one["ends"] >= since]
    if not recent:
        return
    failed = {one["organization"] for one in recent if one["failure"]}
    sessions = sum(one["success"] + one["failure"] for one in recent)
    if failed:
        kinds = sorted({kind for one in recent for kind in one["failures"]})
        said = f"{', '.join(sorted(failed))} could not use TLS with us: {', '.join(kinds)}"
        remedy = "postroom tls-reports; then see the certificate, MTA-STS and TLSA records"
        yield Finding("tls reports", Health.FAILED, said, remedy)
    else:
        yield Finding("tls reports", Health.OK, f"{sessions} sessions reported, none failed")


async def block_lists(
    resolver: DnsResolver, host: str, given: Sequence[str], zones: Sequence[str]
) -> list[Finding]:
    """Look whether our addresses stand on the block lists named (RFC 5782)."""
    if not zones:
        return []
    try:
        addresses = list(given) or list(await resolver.addresses(host))
    except (NoSuchDomain, NoAnswer, DnsFault) as error:
        return [Finding("block lists", Health.WARNING, str(error), "name it with --address")]
    return [await _listed(resolver, address, zone) for zone in zones for address in addresses]


async def _listed(resolver: DnsResolver, address: str, zone: str) -> Finding:
    reverse = ip_address(address).reverse_pointer.rsplit(".", 2)[0]
    try:
        codes = await resolver.ipv4(f"{reverse}.{zone}")
    except (NoSuchDomain, NoAnswer):
        return Finding("block lists", Health.OK, f"{address} is not on {zone}")
    except DnsFault as fault:
        return Finding("block lists", Health.WARNING, str(fault), f"see whether {zone} is alive")
    remedy = f"see at {zone} why, and how to get off"
    return Finding("block lists", Health.FAILED, f"{address} is on {zone}: {codes[0]}", remedy)

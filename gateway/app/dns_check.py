"""Asks DNS for the records that should be published, and judges the answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.app.dns_records import UNKNOWN
from gateway.mail.spf.record import SpfResult
from gateway.ports.relay import DnsFault, NoAnswer, NoSuchDomain
from gateway.rules.dns_verdicts import Published, Record, Verdict, judge, unanswered
from gateway.smtp.resolver import DnsResolver
from gateway.verify.spf import SpfCheck, check_spf

_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class _Machine:
    """Whose mail SPF is to allow: the host's name and what DNS gives as its addresses."""

    host: str
    addresses: Sequence[str]
    now: datetime


async def compare(
    records: Sequence[Record], resolver: DnsResolver, *, host: str, now: datetime
) -> Sequence[Verdict]:
    """Return the verdict on each record; on one whose name or value isn't known, none.

    host: the gateway's own name, whose addresses are to pass SPF.
    """
    machine = _Machine(host, await _addresses(resolver, host), now)
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(record: Record) -> Verdict:
        async with turn:
            return await _check(record, resolver, machine)

    known = [record for record in records if UNKNOWN not in {record.name, record.value}]
    return await asyncio.gather(*map(one, known))


async def _check(record: Record, resolver: DnsResolver, machine: _Machine) -> Verdict:
    try:
        if record.type == "CNAME":  # any web server will do, by whatever records
            addresses = await resolver.addresses(record.name)
            return Verdict(record, Published.OK, tuple(addresses))
        found = await resolver.texts(record.name, record.type)
    except (NoSuchDomain, NoAnswer):
        return judge(record, ())
    except DnsFault as fault:
        return unanswered(record, str(fault))
    verdict = judge(record, found)
    is_spf = record.value.startswith("v=spf1 ")
    if not is_spf or not machine.addresses or verdict.state is Published.MISSING:
        return verdict
    return await _by_spf(verdict, resolver, machine)


async def _by_spf(verdict: Verdict, resolver: DnsResolver, machine: _Machine) -> Verdict:
    """Return the verdict that SPF itself gives: whatever its words, they must let us send."""
    record = verdict.record
    for address in machine.addresses:
        sender = f"postmaster@{record.name}"
        checked = SpfCheck(address, machine.host, sender, machine.host, machine.now)
        outcome = await check_spf(resolver, checked)
        if outcome.result is not SpfResult.PASS:
            why = f" ({outcome.reason})" if outcome.reason else ""
            remedy = f"SPF gives {outcome.result.value}{why} for {address}: add a:{machine.host}"
            return Verdict(record, Published.DIFFERS, verdict.found, remedy)
    is_open = any("+all" in text.split() or "all" in text.split() for text in verdict.found)
    if is_open:
        return verdict
    return Verdict(record, Published.OK, verdict.found)


async def _addresses(resolver: DnsResolver, host: str) -> Sequence[str]:
    try:
        return await resolver.addresses(host)
    except (NoSuchDomain, NoAnswer, DnsFault):
        return ()

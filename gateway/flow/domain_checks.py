"""What DNS answers about a company's sender domain."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import datetime

from gateway.mail.dmarc import choose_record, record_name, walk
from gateway.ports.relay import DnsFault, NoAnswer, NoSuchDomain
from gateway.ports.sender_domains import CompanyKeys, Records
from gateway.rules.dns_verdicts import Record, Verdict, unanswered
from gateway.rules.sender_domains import (
    SenderDomain,
    aliases,
    judge_alias,
    judge_key,
    judge_policy,
    key_record,
    policy,
)


async def look(
    claim: SenderDomain, dns: Records, keys: CompanyKeys, *, ours: str, now: datetime
) -> Sequence[Verdict]:
    """Return the verdicts on a company's records, and on the key that its mail is signed by.

    ours: the gateway's sender domain. Raises ConfigError if our keys can't be read.
    """
    known = [key for key in await keys.company_keys(now) if key.signs]
    asked: list[Awaitable[Verdict]] = [
        *(_alias(record, claim.domain, dns) for record in aliases(claim.domain, claim.token, ours)),
        *(_key(key_record(key, claim.token, ours), dns) for key in known),
        _policy(policy(claim.domain), claim.domain, dns),
    ]
    return await asyncio.gather(*asked)


async def _alias(record: Record, domain: str, dns: Records) -> Verdict:
    try:
        found = await _texts(dns, record.name, "CNAME")
        texts = () if found else await _texts(dns, record.name, "TXT")
        doubled = () if found or texts else await _texts(dns, f"{record.name}.{domain}", "CNAME")
    except DnsFault as fault:
        return unanswered(record, str(fault))
    return judge_alias(record, found, texts=texts, doubled=doubled)


async def _key(record: Record, dns: Records) -> Verdict:
    try:
        return judge_key(record, await _texts(dns, record.name, "TXT"))
    except DnsFault as fault:
        return unanswered(record, str(fault))


async def _policy(record: Record, domain: str, dns: Records) -> Verdict:
    try:
        for above in walk(domain):
            texts = await _texts(dns, record_name(above), "TXT")
            if choose_record(texts) is not None:
                found = next(one for one in texts if choose_record([one]) is not None)
                return judge_policy(record, found)
    except DnsFault as fault:
        return unanswered(record, str(fault))
    return judge_policy(record, "")


async def _texts(dns: Records, name: str, kind: str) -> Sequence[str]:
    """Return the records, none where there is no such name. Raises DnsFault."""
    try:
        return await dns.texts(name, kind)
    except (NoSuchDomain, NoAnswer):
        return ()

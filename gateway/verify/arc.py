"""The ARC chain of a mail that came in, its keys asked for in DNS (RFC 8617, section 5.2)."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gateway.mail.arc import ArcResult, chain_of, check_chain
from gateway.mail.dkim.verify import SignedMail
from gateway.mail.errors import MailError
from gateway.ports.relay import DnsFault
from gateway.ports.verifier import Lookups
from gateway.verify.aside import aside
from gateway.verify.dkim import key_records

MOST_KEYS = 10
"""Different keys in one chain; a chain of more is one that asks DNS in our name."""


@dataclass(frozen=True, slots=True)
class ArcOutcome:
    """reason: "" for none and pass."""

    result: ArcResult
    reason: str = ""


async def check_arc(lookups: Lookups, mail: SignedMail, *, now: datetime) -> ArcOutcome:
    """Return what became of the chain."""
    try:
        chain = await aside(mail.size, partial(chain_of, mail))
    except MailError as error:
        return ArcOutcome(ArcResult.FAIL, str(error))
    if chain is None:
        return ArcOutcome(ArcResult.NONE)
    names = chain.key_names
    if len(names) > MOST_KEYS:
        return ArcOutcome(ArcResult.FAIL, f"the chain has more than {MOST_KEYS} keys")
    try:
        answers = await asyncio.gather(*(key_records(lookups, name) for name in names))
    except DnsFault as fault:
        return ArcOutcome(ArcResult.TEMPERROR, str(fault))
    records = dict(zip(names, answers, strict=True))
    check = partial(check_chain, mail, chain, records, now=now)
    reason = await aside(mail.size, check)
    return ArcOutcome(ArcResult.FAIL if reason else ArcResult.PASS, reason)

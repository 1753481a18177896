"""DKIM signatures of a mail that came in, their keys asked for in DNS (RFC 6376, section 6)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from gateway.mail.dkim.verify import Checked, Signature, SignedMail, no_answer
from gateway.ports.relay import DnsFault, NoAnswer, NoSuchDomain
from gateway.ports.verifier import Lookups
from gateway.verify.aside import aside


async def key_records(lookups: Lookups, name: str) -> Sequence[str]:
    """Return the TXT records of a key's name, none if there are none; raises DnsFault."""
    try:
        return await lookups.txt(name)
    except (NoSuchDomain, NoAnswer):
        return ()


async def check_dkim(lookups: Lookups, mail: SignedMail, *, now: datetime) -> Sequence[Checked]:
    """Return the result of each signature, from the top; five of them are looked at."""
    found = await aside(mail.size, mail.signatures)
    records = await asyncio.gather(
        *(_records(lookups, one) for one in found if isinstance(one, Signature))
    )
    answers = iter(records)
    results: list[Checked] = []
    for one in found:
        if isinstance(one, Checked):
            results.append(one)
            continue
        answer = next(answers)
        if isinstance(answer, DnsFault):
            results.append(no_answer(one, str(answer)))
        else:
            # Long bodies and RSA take a while; one after the other, since the mail is shared.
            check = partial(mail.check, one, answer, now=now)
            results.append(await aside(mail.size, check))
    return results


async def _records(lookups: Lookups, signature: Signature) -> Sequence[str] | DnsFault:
    try:
        return await key_records(lookups, signature.key_name)
    except DnsFault as fault:
        return fault

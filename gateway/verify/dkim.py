"""DKIM signatures of a mail that came in, their keys asked for in DNS (RFC 6376, section 6)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from gateway.mail.dkim.verify import Checked, Signature, SignedMail, no_answer
from gateway.ports.relay import DnsFault, NoAnswer, NoSuchDomain
from gateway.ports.verifier import Lookups

Keys = Callable[[str], Awaitable[Sequence[str]]]


class KeyLookups:
    """Asks for each key once, however many signatures name it."""

    def __init__(self, lookups: Lookups) -> None:
        """Ask by these look-ups."""
        self._lookups = lookups
        self._asked: dict[str, asyncio.Task[Sequence[str]]] = {}

    async def records(self, name: str) -> Sequence[str]:
        """Return the TXT records of a key's name, none if there are none; raises DnsFault."""
        if name not in self._asked:
            self._asked[name] = asyncio.ensure_future(self._ask(name))
        return await asyncio.shield(self._asked[name])

    def close(self) -> None:
        """Forget what was not answered yet."""
        for task in self._asked.values():
            if not task.cancel() and not task.cancelled():
                task.exception()  # seen, whether somebody still waited for it or not

    async def _ask(self, name: str) -> Sequence[str]:
        try:
            return await self._lookups.txt(name)
        except (NoSuchDomain, NoAnswer):
            return ()


async def check_dkim(mail: SignedMail, keys: Keys, *, now: datetime) -> Sequence[Checked]:
    """Return the result of each signature, from the top; five of them are looked at.

    keys: gives the TXT records of a name; raises DnsFault.
    """
    found = await asyncio.to_thread(mail.signatures)
    records = await asyncio.gather(
        *(_records(one, keys) for one in found if isinstance(one, Signature))
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
            results.append(await asyncio.to_thread(mail.check, one, answer, now=now))
    return results


async def _records(signature: Signature, keys: Keys) -> Sequence[str] | DnsFault:
    try:
        return await keys(signature.key_name)
    except DnsFault as fault:
        return fault

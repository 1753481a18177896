"""DMARC: whether the author's own domain vouches for a mail (RFC 9989, section 5.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.mail.dmarc import (
    Policy,
    Step,
    choose_record,
    ends_walk,
    organizational_domain,
    policy_for,
    policy_record,
    record_name,
    walk,
)
from gateway.ports.relay import DnsFault, NoAnswer, NoSuchDomain
from gateway.ports.verifier import Lookups


class DmarcResult(StrEnum):
    """The words of RFC 9989 (none: nobody published a policy)."""

    NONE = "none"
    PASS = "pass"  # noqa: S105 (the word of RFC 9989)
    FAIL = "fail"
    TEMPERROR = "temperror"


@dataclass(frozen=True, slots=True)
class DmarcOutcome:
    """policy: what the owner wants done with a failure, None where there is none.

    organization: the author's organizational domain.
    dkim, spf: whether one of the passing domains is the author's.
    """

    result: DmarcResult
    policy: Policy | None = None
    organization: str = ""
    dkim: bool = False
    spf: bool = False
    reason: str = ""

    @property
    def aligned(self) -> bool:
        """Whether the author's domain vouches for the mail, whatever policy it publishes."""
        return self.dkim or self.spf


async def check_dmarc(
    lookups: Lookups, author: str, *, dkim: Sequence[str], spf: str | None
) -> DmarcOutcome:
    """Return what the author's domain says of a mail.

    author: the domain of the one address in From, in A-labels.
    dkim: the domains of signatures that passed. spf: the domain that passed, or None.
    """
    walks = _Walks(lookups)
    author = _plain(author)
    try:
        return await _check(lookups, walks, author, [_plain(one) for one in dkim], spf)
    except DnsFault as fault:
        return DmarcOutcome(DmarcResult.TEMPERROR, reason=str(fault))


async def _check(
    lookups: Lookups, walks: "_Walks", author: str, dkim: Sequence[str], spf: str | None
) -> DmarcOutcome:
    steps = await walks.steps(author)
    organization = organizational_domain(steps)
    found = policy_record(steps)
    strict_dkim = found is not None and found.record.strict_dkim
    strict_spf = found is not None and found.record.strict_spf
    by_dkim = False
    for domain in dict.fromkeys(dkim):
        by_dkim = by_dkim or await _aligns(walks, domain, author, organization, strict_dkim)
    by_spf = bool(spf) and await _aligns(walks, _plain(spf or ""), author, organization, strict_spf)
    if found is None:
        return DmarcOutcome(DmarcResult.NONE, None, organization, by_dkim, by_spf)
    result = DmarcResult.PASS if by_dkim or by_spf else DmarcResult.FAIL
    exists = True
    if author != found.domain and found.record.of_missing != found.record.of_subdomains:
        exists = await _exists(lookups, author)
    policy = policy_for(found, author, exists=exists)
    return DmarcOutcome(result, policy, organization, by_dkim, by_spf)


async def _aligns(
    walks: "_Walks", domain: str, author: str, organization: str, strict: bool
) -> bool:
    """Return whether a domain that passed is the author's, or of the same organization (4.4)."""
    if domain == author:
        return True
    if strict or not f".{domain}".endswith(f".{organization}"):
        # Without a walk: a domain outside of the author's organization has another one.
        return False
    return organizational_domain(await walks.steps(domain)) == organization


async def _exists(lookups: Lookups, domain: str) -> bool:
    """Return whether DNS knows the name (3.2.13, which speaks of RFC 8020)."""
    try:
        await lookups.ipv4(domain)
    except NoSuchDomain:
        return False
    except NoAnswer:
        return True
    return True


class _Walks:
    """Walks up the tree, each name asked once."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups
        self._known: dict[str, Step] = {}

    async def steps(self, start: str) -> Sequence[Step]:
        """Return the steps from a domain on; raises DnsFault."""
        steps: list[Step] = []
        for domain in walk(start):
            if domain not in self._known:
                self._known[domain] = await self._ask(domain)
            steps.append(self._known[domain])
            if ends_walk(steps[-1], start):
                break
        return steps

    async def _ask(self, domain: str) -> Step:
        try:
            texts = await self._lookups.txt(record_name(domain))
        except (NoSuchDomain, NoAnswer):
            texts = ()
        return Step(domain, choose_record(texts))


def _plain(domain: str) -> str:
    return domain.lower().removesuffix(".")

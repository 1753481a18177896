"""Companies' own sender domains: where claims are kept, who asks DNS, which keys there are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.rules.sender_domains import CompanyKey, SenderDomain, Standing


class SenderDomains(Protocol):
    """Claims, one of a company at most."""

    def get(self, tenant_id: str) -> SenderDomain | None:
        """Return the company's claim, or None."""

    def put(self, claim: SenderDomain, check_at: datetime) -> None:
        """Keep it in the place of an older one; check_at: when it is due to be checked."""

    def checked(self, claim: SenderDomain, was: Standing, check_at: datetime) -> bool:
        """Keep what a check gave; False if the claim is another one by now, or stood otherwise."""

    def remove(self, tenant_id: str) -> bool:
        """Forget it; False if there was none."""

    def take_due(self, now: datetime, until: datetime, limit: int) -> Sequence[SenderDomain]:
        """Return claims that are due, for this caller alone: to others they are due `until`."""


class Records(Protocol):
    """Asks DNS."""

    async def texts(self, name: str, kind: str) -> Sequence[str]:
        """Return the records of a kind as text, TXT joined, names without a final dot.

        Raises NoSuchDomain, NoAnswer, DnsFault.
        """


class CompanyKeys(Protocol):
    """The keys that companies' names lead to."""

    async def company_keys(self, now: datetime) -> Sequence[CompanyKey]:
        """Return the key of each slot that has one. Raises ConfigError if they can't be read."""


class Suffixes(Protocol):
    """Knows where names are registered."""

    def __call__(self, domain: str) -> bool:
        """Say whether everybody may register names below a domain, in A-labels."""

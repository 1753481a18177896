"""How the queue calls the way to a domain."""

from dataclasses import dataclass
from typing import Protocol

from gateway.mail.mta_sts import Policy


@dataclass(frozen=True, slots=True)
class Way:
    """The way to a domain. name: what caps and turns are counted by; held: it waits there."""

    name: str
    held: bool = False


class Ways(Protocol):
    """Knows the way to each domain, by the admin's routes."""

    def way(self, domain: str) -> Way:
        """Return the way to a domain in lower case."""


class StsPolicies(Protocol):
    """Knows what domains publish by MTA-STS (RFC 8461)."""

    async def of(self, domain: str) -> Policy | None:
        """Return the policy in force, or None; never raises for what others do."""


class NoStsPolicies:
    """Knows of none: an implementation for whoever sends by smarthosts alone."""

    async def of(self, _domain: str) -> Policy | None:
        """Return None."""
        return None

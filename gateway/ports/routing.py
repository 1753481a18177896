"""How the queue calls the way to a domain."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from gateway.mail.mta_sts import Policy


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in a time of `per`, together for all that bear the same name."""

    name: str
    count: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class Way:
    """The way to a domain. name: what caps and turns are counted by; held: it waits there.

    most: attempts at once; rate: how many in a time, None for any.
    """

    name: str
    held: bool = False
    most: int = 20
    rate: Rate | None = None


class Ways(Protocol):
    """Knows the way to each domain, by the admin's routes."""

    def way(self, domain: str) -> Way:
        """Return the way to a domain in lower case."""

    def is_sandbox(self, domain: str) -> bool:
        """Say whether mail to a domain in lower case never leaves the machine."""


class StsPolicies(Protocol):
    """Knows what domains publish by MTA-STS (RFC 8461)."""

    async def of(self, domain: str) -> Policy | None:
        """Return the policy in force, or None; never raises for what others do."""


class NoStsPolicies:
    """Knows of none: an implementation for whoever sends by smarthosts alone."""

    async def of(self, _domain: str) -> Policy | None:
        """Return None."""
        return None

"""Kept policies of recipients' domains."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.mail.mta_sts import Policy


@dataclass(frozen=True, slots=True)
class KeptPolicy:
    """A domain's MTA-STS policy, as it was fetched. id: of the TXT record at that time."""

    domain: str
    id: str
    policy: Policy
    fetched_at: datetime

    @property
    def until(self) -> datetime:
        """When it ceases to hold."""
        return self.fetched_at + self.policy.max_age


class StsCache(Protocol):
    """Policies that were fetched (RFC 8461, 3.3)."""

    def get(self, domain: str, now: datetime) -> KeptPolicy | None:
        """Return the policy that holds, or None."""

    def put(self, kept: KeptPolicy) -> None:
        """Keep it in the place of an older one."""

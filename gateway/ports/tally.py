"""What journeys count."""

from collections.abc import Mapping
from typing import Protocol


class Tally(Protocol):
    """Counts for metrics; each call is cheap and never fails."""

    def read(self, *, readable: bool) -> None:
        """Count a message that was read in, or kept unreadable."""

    def attempted(self, state: str) -> None:
        """Count an attempt by the state it led to."""

    def outcome_unknown(self) -> None:
        """Count a delivery whose fate is unknown, so that it may arrive twice."""

    def step(self, name: str, seconds: float) -> None:
        """Note how long a step took; `name` is one of a small fixed set of words."""

    def dns(self, counts: Mapping[str, int]) -> None:
        """Note how many of the gateway's DNS records stand how."""


class NoTally:
    """Counts nothing."""

    def read(self, *, readable: bool) -> None:
        """Do nothing."""

    def attempted(self, state: str) -> None:
        """Do nothing."""

    def outcome_unknown(self) -> None:
        """Do nothing."""

    def step(self, name: str, seconds: float) -> None:
        """Do nothing."""

    def dns(self, counts: Mapping[str, int]) -> None:
        """Do nothing."""

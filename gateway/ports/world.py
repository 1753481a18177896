"""Time and chance, which journeys take from outside."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Return the present, aware, in UTC."""


class Chance(Protocol):
    """Chance, good enough for secrets."""

    def octets(self, count: int) -> bytes:
        """Return that many random octets."""

    def spread(self) -> float:
        """Return a number from -1 to 1."""

"""What SMTP sessions count."""

from typing import Protocol


class SessionMeter(Protocol):
    """Counts for metrics; each call is cheap and never fails."""

    def connected(self) -> None:
        """Count a connection that was let in; `disconnected` follows."""

    def disconnected(self) -> None:
        """Count the end of a connection that was let in."""

    def accepted(self, size: int) -> None:
        """Count a message of `size` octets that got its 250."""

    def refused(self, reason: str) -> None:
        """Count a refusal; `reason` is one of a small fixed set of words."""


class NoMeter:
    """Counts nothing."""

    def connected(self) -> None:
        """Do nothing."""

    def disconnected(self) -> None:
        """Do nothing."""

    def accepted(self, size: int) -> None:
        """Do nothing."""

    def refused(self, reason: str) -> None:
        """Do nothing."""

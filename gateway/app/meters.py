"""Counts of sessions and journeys, handed on to the metrics of the process."""

from collections.abc import Mapping

from gateway.runtime.metrics import Meters


class ListenerMeter:
    """Counts what one listener lets in, takes and refuses."""

    def __init__(self, meters: Meters, listener: str) -> None:
        """Count for `listener`."""
        self._meters = meters
        self._listener = listener

    def connected(self) -> None:
        """Count a connection."""

    def disconnected(self) -> None:
        """Count its end."""

    def accepted(self, size: int) -> None:
        """Count a message."""
        _ = size
        self._meters.accepted(self._listener)

    def refused(self, reason: str) -> None:
        """Count a refusal."""
        self._meters.refused(self._listener, reason)


class JourneyTally:
    """Counts what journeys do."""

    def __init__(self, meters: Meters) -> None:
        """Count in these metrics."""
        self._meters = meters

    def read(self, *, readable: bool) -> None:
        """Count a message that was read in."""
        self._meters.read("ok" if readable else "unreadable")

    def attempted(self, state: str) -> None:
        """Count an attempt by the state it led to."""
        self._meters.attempted(state)

    def outcome_unknown(self) -> None:
        """Count a delivery whose fate is unknown."""
        self._meters.outcome_unknown()

    def step(self, name: str, seconds: float) -> None:
        """Note how long a step took."""
        self._meters.took(name, seconds)

    def dns(self, counts: Mapping[str, int]) -> None:
        """Note how many of the gateway's DNS records stand how."""
        self._meters.published(counts)

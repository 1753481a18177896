"""When an event is tried again, and when an endpoint that keeps failing is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

_STREAK = 3
"""So many failures in a row may be the events' fault; more are the endpoint's."""
_PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """waits: before each further attempt. disable_after: without one success, then it is over."""

    waits: Sequence[timedelta]
    disable_after: timedelta


def next_attempt(
    schedule: Schedule,
    *,
    tries: int,
    failed_at: datetime,
    spread: float,
    not_before: datetime | None = None,
) -> datetime | None:
    """Return when an event is due again, or None if it was tried often enough.

    tries: made so far, so 1 after the first failure.
    spread: from -1 to 1; moves the wait by up to a tenth of it.

    Raises ValueError if tries is below 1.
    """
    if tries < 1:
        raise ValueError(f"tries must be 1 or more, not {tries}")
    if tries > len(schedule.waits):
        return None
    due = failed_at + schedule.waits[tries - 1] * (1 + spread / 10)
    return due if not_before is None else max(due, not_before)


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint has been doing.

    failures: in a row. since: when the first of them was. resume_at: new events wait till then.
    """

    failures: int = 0
    since: datetime | None = None
    resume_at: datetime | None = None

    def failed(self, now: datetime, *, not_before: datetime | None = None) -> "Health":
        """Return its health after one more failure.

        Events that wait for an endpoint that is away wait in the log: they cost no attempt.
        """
        failures = self.failures + 1
        resume = not_before
        if failures >= _STREAK:
            pause = now + _PAUSES[min(failures - _STREAK, len(_PAUSES) - 1)]
            resume = pause if not_before is None else max(pause, not_before)
        return Health(failures, self.since or now, resume)

    def is_hopeless(self, schedule: Schedule, now: datetime) -> bool:
        """Say whether it has failed for so long that it is switched off."""
        return self.since is not None and now - self.since >= schedule.disable_after

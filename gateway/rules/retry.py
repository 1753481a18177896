"""When deferred mail is tried again (RFC 5321, section 4.5.4.1)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SHORTEST_HINT = timedelta(minutes=1)
LONGEST_HINT = timedelta(hours=1)
PATIENT_ATTEMPTS = 12
"""So many attempts may come sooner than the waits say; a server that always says "soon" would
otherwise be asked a thousand times."""
_HINT_CHARS = 2000

_UNITS = {"s": 1, "m": 60, "h": 3600}
_ASKS = re.compile(
    r"again|retry|later|wait|come back|greylist|graylist|defer|delay|temporar", re.IGNORECASE
)
_AMOUNT = re.compile(
    r"(?<![\w.:=/-])(\d{1,6}) {0,2}(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)(?![\w])",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(?<![\w.:=/-])00?:([0-5]\d):([0-5]\d)(?![\w:])")  # 14:22:10 is a time


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The waits after the first, second, ... deferral; the last repeats.

    give_up_after: how long after it was queued mail expires; the last try comes then.
    """

    waits: Sequence[timedelta]
    give_up_after: timedelta


def next_attempt(
    policy: RetryPolicy,
    *,
    queued_at: datetime,
    failed_at: datetime,
    attempts: int,
    spread: float,
    hint: timedelta | None = None,
    greylisted: bool = False,
) -> datetime | None:
    """Return when deferred mail is due again, or None if it has expired.

    attempts: tries made so far, so 1 after the first deferral.
    spread: from -1 to 1; moves the wait by up to a tenth of it, so that mail
        deferred together does not come back together.
    hint: how long the server asked us to wait; taken from a minute to an hour.
    greylisted: it refuses strangers for a while, so the first wait is long enough.

    Raises ValueError if attempts is below 1.
    RFC 5321, section 4.5.4.1.
    """
    if attempts < 1:
        raise ValueError(f"attempts must be 1 or more, not {attempts}")
    last_try = queued_at + policy.give_up_after
    if failed_at >= last_try:
        return None
    wait = policy.waits[min(attempts, len(policy.waits)) - 1]
    if greylisted and attempts <= PATIENT_ATTEMPTS:
        wait = policy.waits[0]
    if hint is not None:
        hinted = min(max(hint, SHORTEST_HINT), LONGEST_HINT)
        if hinted > wait or attempts <= PATIENT_ATTEMPTS:
            # The server knows the moment: coming earlier is in vain.
            wait, spread = hinted, abs(spread)
    return min(failed_at + wait * (1 + spread / 10), last_try)


def hint_in(text: str) -> timedelta | None:
    """Return how long a 4yz reply asks us to wait ("try again in 5 minutes"), or None."""
    text = text[:_HINT_CHARS]
    if not _ASKS.search(text):
        return None
    found = _CLOCK.search(text)
    if found:
        return timedelta(minutes=int(found[1]), seconds=int(found[2]))
    found = _AMOUNT.search(text)
    if found:
        return timedelta(seconds=int(found[1]) * _UNITS[found[2][0].lower()])
    return None

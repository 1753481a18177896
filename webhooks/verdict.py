"""What an endpoint's answer means."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

_GONE = 410
_BUSY = frozenset({429, 502, 503, 504})
MOST_PATIENCE = timedelta(hours=24)
"""How long an endpoint may ask to be left alone."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """It has the event."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """It does not. not_before: when it wants to be asked again, if it said so."""

    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """It wants no event any more."""


Verdict = Accepted | TryAgain | Gone


def judge(status: int, headers: Mapping[str, str], now: datetime) -> Verdict:
    """Return what an answer means; a redirect is a failure, since nobody signed up for there.

    headers: names in lower case.
    Standard Webhooks 1.0, "Delivery success, failure and retries".
    """
    if 200 <= status < 300:
        return Accepted()
    if status == _GONE:
        return Gone()
    if status in _BUSY:
        return TryAgain(_wanted(headers.get("retry-after", ""), now))
    return TryAgain()


def _wanted(text: str, now: datetime) -> datetime | None:
    """Return the moment of a Retry-After (RFC 9110, section 10.2.3), within a day, or None."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        wait = timedelta(seconds=min(int(text[:9]), int(MOST_PATIENCE.total_seconds())))
    else:
        try:
            moment = parsedate_to_datetime(text)
            wait = moment - now
        except (ValueError, TypeError):
            return None
    return now + min(wait, MOST_PATIENCE) if wait > timedelta(0) else None

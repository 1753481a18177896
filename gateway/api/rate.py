"""How many requests a key may send: a bucket per key that fills at the allowed rate."""

import math
from datetime import timedelta

from gateway.api.problems import Refusal

_MOST_BUCKETS = 10_000


class RateLimit:
    """Buckets that hold one period's worth."""

    def __init__(self, count: int, per: timedelta) -> None:
        """Allow `count` requests per `per` and key."""
        self._count = count
        self._seconds = per.total_seconds()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key_id: str, now: float) -> dict[str, str]:
        """Count a request and return the headers that say what is left.

        now: seconds by any clock that only goes forward. Raises Refusal: 429.
        """
        full = float(self._count)
        level, since = self._buckets.pop(key_id, (full, now))
        level = min(full, level + (now - since) * full / self._seconds)
        allowed = level >= 1
        level -= 1 if allowed else 0
        self._buckets[key_id] = (level, now)
        if len(self._buckets) > _MOST_BUCKETS:
            # The oldest one is the fullest: its key has been silent for longest.
            del self._buckets[next(iter(self._buckets))]
        reset = math.ceil((full - level) * self._seconds / full)
        headers = self._headers(int(level), reset)
        if allowed:
            return headers
        wait = max(1, math.ceil((1 - level) * self._seconds / full))
        raise Refusal(
            429,
            "rate_limited",
            "This key sends too many requests.",
            hint=f"Try again in {wait} s.",
            headers={**headers, "Retry-After": str(wait)},
        )

    def _headers(self, left: int, reset: int) -> dict[str, str]:
        window = int(self._seconds)
        return {
            "RateLimit-Limit": str(self._count),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(reset),
            "RateLimit-Policy": f'"requests";q={self._count};w={window}',
        }

"""How much a company may hand over: `limits.tenant_rate`."""

from datetime import datetime, timedelta

from gateway.flow.refusal import Kind, Refused


class Quota:
    """A bucket per company that fills at the allowed rate and holds one period's worth."""

    def __init__(
        self,
        count: int,
        per: timedelta,
        *,
        detail: str = "The company has handed over as much as it may for now.",
    ) -> None:
        """Allow `count` recipients per `per`. detail: what a company is told that has no more."""
        self._detail = detail
        self._count = count
        self._per = per
        self._buckets: dict[str, tuple[float, datetime]] = {}

    def allow(self, count: int, per: timedelta) -> None:
        """Allow another rate from now on; no bucket holds more than it then may."""
        self._count = count
        self._per = per

    def take(self, tenant_id: str, count: int, now: datetime) -> None:
        """Take `count` from the company's bucket.

        Raises Refused, `rate_limited`, if it holds less.
        """
        level, at = self._buckets.get(tenant_id, (float(self._count), now))
        level = min(float(self._count), level + self._count * ((now - at) / self._per))
        if level < count:
            wait = (count - level) / self._count * self._per
            seconds = max(1, int(wait.total_seconds() + 1))
            raise Refused(
                Kind.TOO_MANY,
                "rate_limited",
                self._detail,
                hint=f"Try again in {seconds} seconds.",
                retry_after=seconds,
            )
        self._buckets[tenant_id] = (level - count, now)

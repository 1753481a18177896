"""The real clock and real chance."""

import random  # noqa: TID251 (this is the one place that rolls the dice)
import secrets  # noqa: TID251 (as above)
from datetime import UTC, datetime


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        """Return the present, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 (this is the one place that reads it)


class SystemChance:
    """The operating system's chance."""

    def octets(self, count: int) -> bytes:
        """Return that many random octets, fit for secrets."""
        return secrets.token_bytes(count)

    def spread(self) -> float:
        """Return a number from -1 to 1."""
        return random.uniform(-1, 1)  # noqa: S311 (it moves times, it guards nothing)

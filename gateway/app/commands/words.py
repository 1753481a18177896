"""How commands write times and reasons."""

from datetime import datetime
from typing import overload


@overload
def time_of(at: datetime) -> str: ...
@overload
def time_of(at: None) -> None: ...
@overload
def time_of(at: datetime | None) -> str | None: ...
def time_of(at: datetime | None) -> str | None:
    """Return a time as RFC 3339 in UTC, to the second."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")

"""How commands write times and read durations."""

from datetime import datetime, timedelta
from typing import overload

from gateway.runtime.control import CommandError
from gateway.settings.values import Unfit, duration


@overload
def time_of(at: datetime) -> str: ...
@overload
def time_of(at: None) -> None: ...
@overload
def time_of(at: datetime | None) -> str | None: ...
def time_of(at: datetime | None) -> str | None:
    """Return a time as RFC 3339 in UTC, to the second."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def duration_of(text: str, option: str) -> timedelta:
    """Return the duration that an option names, such as "90d". Raises CommandError."""
    try:
        return duration(text)
    except Unfit as error:
        raise CommandError(f"{option} {text!r} {error}", "usage") from error

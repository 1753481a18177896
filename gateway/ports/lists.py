"""Which part of a list, and what may go wrong with stored items."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from gateway.mail.errors import Fault

T = TypeVar("T")


class BadCursor(ValueError):  # noqa: N818 (it names the mistake, as callers show it)
    """The cursor was not given by this list."""


class Taken(ValueError):  # noqa: N818 (it names the state that stands in the way)
    """A value that must be unique is in use; `field` names it, `holder` who has it."""

    def __init__(self, field: str, holder: str = "") -> None:
        """Keep the field's name, and the id of the item that has the value."""
        super().__init__(f"{field} is taken")
        self.field = field
        self.holder = holder


class Stale(ValueError):  # noqa: N818
    """The item was changed by somebody else in the meantime (version, or fence of a lease)."""


class Full(Fault):
    """The disk, or the database, has no room left: HTTP says 507, SMTP 452."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: at most `limit`, after the item that `cursor` names.

    cursor: what `Listed.next_cursor` gave, or None for the beginning; another one raises
    BadCursor. Lists are newest first unless a method says otherwise, and stable while
    items are added.
    """

    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A page of a list; next_cursor is None on the last one."""

    items: tuple[T, ...]
    next_cursor: str | None

"""Cursors: where a page of a list ended, as opaque text."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from gateway.ports.lists import BadCursor, Listed, Page

T = TypeVar("T")
R = TypeVar("R")
FIRST = 2**62
"""Above every position and moment: where lists that are newest first begin."""
_MAX_CHARS = 200


def give_cursor(kind: str, *numbers: int) -> str:
    """Return a cursor of the list `kind`."""
    plain = ".".join([kind, *map(str, numbers)])
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def take_cursor(kind: str, cursor: str, count: int) -> tuple[int, ...]:
    """Return the numbers of a cursor.

    Raises BadCursor unless this list gave it.
    """
    try:
        if len(cursor) > _MAX_CHARS:
            raise BadCursor("the cursor is too long")
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        plain = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeError) as error:
        raise BadCursor("the cursor is not one of ours") from error
    found, *texts = plain.split(".")
    digits = [text.removeprefix("-") for text in texts]
    if found != kind or len(texts) != count or not all(text.isdigit() for text in digits):
        raise BadCursor("the cursor is of another list")
    numbers = tuple(int(text) for text in texts)
    if any(abs(number) > FIRST for number in numbers):
        raise BadCursor("the cursor is not one of ours")
    return numbers


def begins_before(kind: str, page: Page) -> int:
    """Return the position that a page which is newest first lies below."""
    return FIRST if page.cursor is None else take_cursor(kind, page.cursor, 1)[0]


def listed(
    kind: str, page: Page, rows: list[R], place: Callable[[R], tuple[int, ...]]
) -> tuple[list[R], str | None]:
    """Return the rows of the page and the cursor of the next one, or None on the last page.

    rows: one more than the page's limit, if there are so many.
    place: gives the numbers of a row by which its list is ordered.
    """
    if len(rows) <= page.limit:
        return rows, None
    rows = rows[: page.limit]
    return rows, give_cursor(kind, *place(rows[-1]))


def whole(items: Sequence[T], cursor: str | None) -> Listed[T]:
    """Return a page."""
    return Listed(tuple(items), cursor)

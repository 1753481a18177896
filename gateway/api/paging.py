"""Pages of lists."""

from collections.abc import Callable
from typing import TypeVar

from gateway.api.schemas.base import AskedPage, ListOf
from gateway.ports.lists import Listed, Page

R = TypeVar("R")
S = TypeVar("S")


def page_of(asked: AskedPage) -> Page:
    """Return the part of a list that a request asks for."""
    return Page(asked.limit, asked.cursor)


def shown(listed: Listed[R], show: Callable[[R], S]) -> ListOf[S]:
    """Return a page as the API shows it."""
    return ListOf(data=[show(item) for item in listed.items], next_cursor=listed.next_cursor)

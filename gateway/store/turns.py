"""Fair claims: companies take turns, and within a company its next hops do.

As long as few rows are due they are looked at one by one. In a backlog, leaps along the
index find which companies and next hops have rows at all, however many rows those have;
each claim begins after the company that was served last, so nobody starves.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from sqlalchemy import Select, bindparam, literal_column, select, tuple_

from gateway.ports.queues import Lease
from gateway.store.claim import Queue, leasing
from gateway.store.statements import Statement
from gateway.store.tables import DELIVERY
from gateway.store.transaction import Row, Transaction

_WINDOW = 1000
_STRIDE = 64
_T = DELIVERY.c
_WAITS = _T.due_at.is_not(None)


def _leap(first: Select[tuple[str, ...]], following: Select[tuple[int]]) -> Select[tuple[str, ...]]:
    """Return the distinct values of a row's leading columns, each found by one leap."""
    found = first.cte("found", recursive=True)
    names = [column.name for column in found.c]
    raise NotImplementedError(names, following)

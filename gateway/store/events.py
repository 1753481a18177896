"""Events: collected while jobs run, numbered and written right before the commit.

The counter's row is the last thing that a transaction locks, company by company in order
of their ids, and stays locked until the commit: a reader who sees a number sees all lower
ones, and transactions can't wait for each other in a circle.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count

from sqlalchemy import BindParameter, Select, bindparam, func, select, text

from gateway.rules.model import Event
from gateway.store.counters import next_number
from gateway.store.rows import dict_json, from_dict, from_micros, to_micros
from gateway.store.statements import Several, Statement, columns, new
from gateway.store.tables import COUNTER, EVENT
from gateway.store.tables.queue import IS_FAILURE
from gateway.store.transaction import Row, Transaction

COUNTER_NAME = "event"
TOPIC = "events"

_E = EVENT.c
_SHOWN = select(_E.id, _E.tenant_id, _E.sequence, _E.type, _E.timestamp, _E.data)
_LATER = (
    _SHOWN.where(_E.tenant_id == bindparam("tenant_id"), _E.sequence > bindparam("after"))
    .order_by(_E.sequence)
    .limit(bindparam("limit"))
)
_ADD = Statement(new(EVENT), keys=columns(EVENT))
_AFTER = Statement(_LATER)
_GET = Statement(
    _SHOWN.where(_E.tenant_id == bindparam("tenant_id"), _E.id == bindparam("id")).limit(1)
)
_NUMBERED = Statement(
    _SHOWN.where(_E.tenant_id == bindparam("tenant_id"), _E.sequence == bindparam("sequence"))
)
_FAILURES = Statement(
    _SHOWN.where(_E.tenant_id == bindparam("tenant_id"), text(IS_FAILURE))
    .order_by(_E.sequence.desc())
    .limit(bindparam("limit"))
)
_LAST = Statement(
    select(COUNTER.c.value).where(
        COUNTER.c.tenant_id == bindparam("tenant_id"), COUNTER.c.name == COUNTER_NAME
    )
)


def _of_types(binds: Sequence[BindParameter[str]]) -> Select[tuple[str]]:
    return _LATER.where(_E.type.in_(binds))


_AFTER_OF_TYPES = Several(_of_types)


def number_events(transaction: Transaction) -> None:
    """Write the transaction's events with the next numbers of their companies."""
    rows = transaction.events
    if not rows:
        return
    amounts: dict[str, int] = {}
    for row in rows:
        amounts[row["tenant_id"]] = amounts.get(row["tenant_id"], 0) + 1
    numbers = {}
    for tenant_id in sorted(amounts):
        amount = amounts[tenant_id]
        last = next_number(transaction, tenant_id, COUNTER_NAME, amount)
        numbers[tenant_id] = count(last - amount + 1)
    transaction.many(_ADD, [{**row, "sequence": next(numbers[row["tenant_id"]])} for row in rows])


_MOMENT = Statement(
    select(_E.timestamp).where(
        _E.tenant_id == bindparam("tenant_id"), _E.sequence == bindparam("sequence")
    )
)
_COUNTS = Statement(
    select(_E.type, func.count())
    .where(
        _E.tenant_id == bindparam("tenant_id"),
        _E.sequence >= bindparam("first"),
        _E.sequence < bindparam("beyond"),
    )
    .group_by(_E.type)
)


def first_since(transaction: Transaction, tenant_id: str, moment: int, last: int) -> int:
    """Return the first number up to `last` whose event is not older, or `last` + 1.

    moment: in microseconds. Numbers grow with time, so few rows are looked at.
    """
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        row = transaction.row(_MOMENT, {"tenant_id": tenant_id, "sequence": middle})
        if row is None or row[0] < moment:
            low = middle + 1
        else:
            high = middle
    return low


class Events:
    """Implements `ports.accounts.Events`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, event: Event) -> None:
        """Tell of something, and wake who waits for events; seen after the commit only."""
        if not self._transaction.writing:
            raise TypeError("an event can't be added by a job that only reads")
        row = {
            "id": event.id,
            "tenant_id": event.tenant_id,
            "type": event.type,
            "timestamp": to_micros(event.timestamp),
            "data": dict_json(event.data),
        }
        self._transaction.events.append(row)
        self._transaction.wake(TOPIC)

    def after(
        self, tenant_id: str, sequence: int, *, types: Sequence[str] = (), limit: int = 100
    ) -> Sequence[Event]:
        """Return events with a higher number, oldest first."""
        parameters = {"tenant_id": tenant_id, "after": sequence, "limit": limit}
        statement = _AFTER
        if types:
            statement, chosen = _AFTER_OF_TYPES.of(types)
            parameters |= chosen
        return [_event(row) for row in self._transaction.rows(statement, parameters)]

    def get(self, tenant_id: str, event_id: str) -> Event | None:
        """Return it, or None."""
        row = self._transaction.row(_GET, {"tenant_id": tenant_id, "id": event_id})
        return None if row is None else _event(row)

    def failures(self, tenant_id: str, limit: int) -> Sequence[Event]:
        """Return events that tell of mail that failed, waits or was complained of, newest first."""
        parameters = {"tenant_id": tenant_id, "limit": limit}
        return [_event(row) for row in self._transaction.rows(_FAILURES, parameters)]

    def numbered(self, tenant_id: str, sequence: int) -> Event | None:
        """Return the event with a number, or None."""
        parameters = {"tenant_id": tenant_id, "sequence": sequence}
        row = self._transaction.row(_NUMBERED, parameters)
        return None if row is None else _event(row)

    def counts(self, tenant_id: str, since: datetime, until: datetime) -> Mapping[str, int]:
        """Return how often what happened in a time, by type."""
        last = self.last(tenant_id)
        first, beyond = (
            first_since(self._transaction, tenant_id, to_micros(moment), last)
            for moment in (since, until)
        )
        parameters = {"tenant_id": tenant_id, "first": first, "beyond": beyond}
        return dict(self._transaction.rows(_COUNTS, parameters))

    def last(self, tenant_id: str) -> int:
        """Return the newest number, 0 if none."""
        row = self._transaction.row(_LAST, {"tenant_id": tenant_id})
        return 0 if row is None else int(row[0])


def _event(row: Row) -> Event:
    id_, tenant_id, sequence, type_, timestamp, data = row
    return Event(
        id=id_,
        tenant_id=tenant_id,
        type=type_,
        timestamp=from_micros(timestamp),
        data=from_dict(data),
        sequence=sequence,
    )

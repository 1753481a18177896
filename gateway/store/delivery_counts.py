"""How many deliveries wait, for whom and why; which of them wait too long."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select, text, update

from gateway.rules.model import Delivery
from gateway.store.claim import NEVER
from gateway.store.delivery_rows import from_row
from gateway.store.rows import address_key, from_micros, to_micros
from gateway.store.statements import Statement, passing
from gateway.store.tables import DELIVERY
from gateway.store.transaction import Transaction

_C = DELIVERY.c
_DEPTH = Statement(
    select(_C.state, _C.route, func.count(), func.min(_C.queued_at))
    .where(_C.due_at > 0)
    .group_by(passing(_C.state), _C.state, _C.route)
)
_IS_LATE = (
    (_C.due_at > 0)
    & (_C.due_at < NEVER)
    & _C.told_late_at.is_(None)
    & text("state IN ('queued', 'deferred', 'unconfirmed')")
)
_LATE = Statement(
    select(*_C)
    .where(_IS_LATE, _C.queued_at <= bindparam("before"))
    .order_by(_C.due_at)
    .limit(bindparam("limit"))
)
_TELL_LATE = Statement(
    update(DELIVERY).where(_C.id == bindparam("the_id"), _IS_LATE), keys=["told_late_at"]
)
_BOUNCED = Statement(
    select(func.count()).where(
        _C.tenant_id == bindparam("tenant_id"),
        _C.recipient_key == bindparam("address"),
        text("(state = 'bounced' OR state = 'expired')"),
        func.coalesce(_C.updated_at, _C.queued_at) >= bindparam("since"),
        _C.reason_key == bindparam("key"),
    )
)
_REASONS = Statement(
    select(_C.route, _C.reason_key, func.count(), func.min(_C.queued_at), func.sum(_C.raw_size))
    .where(_C.due_at > 0)
    .group_by(passing(_C.route), _C.route, _C.reason_key)
)


class DeliveryCounts:
    """The part of `Deliveries` that counts."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def depth(self) -> Sequence[tuple[str, str, int, datetime]]:
        """Return (state, route, count, oldest queued_at) of what isn't final."""
        rows = sorted(self._transaction.rows(_DEPTH, {}))
        return [(state, route, count, from_micros(oldest)) for state, route, count, oldest in rows]

    def late(self, queued_before: datetime, limit: int) -> Sequence[Delivery]:
        """Return what has waited since before then, is not held, and was told of to nobody."""
        parameters = {"before": to_micros(queued_before), "limit": limit}
        return [from_row(row) for row in self._transaction.rows(_LATE, parameters)]

    def tell_late(self, delivery_id: str, now: datetime) -> bool:
        """Note that its being late is told of; False if it was, or if it waits no more."""
        parameters = {"the_id": delivery_id, "told_late_at": to_micros(now)}
        return self._transaction.run(_TELL_LATE, parameters) == 1

    def bounced_since(self, tenant_id: str, address: str, key: str, since: datetime) -> int:
        """Return how many deliveries to the address ended with this reason key since then."""
        parameters = {
            "tenant_id": tenant_id,
            "address": address_key(address),
            "key": key,
            "since": to_micros(since),
        }
        row = self._transaction.row(_BOUNCED, parameters)
        return 0 if row is None else int(row[0])

    def reasons(self) -> Sequence[tuple[str, str | None, int, datetime, int]]:
        """Return (route, reason key, count, oldest queued_at, octets) of what isn't final."""
        rows = self._transaction.rows(_REASONS, {})
        found = [
            (str(route), key and str(key), int(count), from_micros(oldest), int(octets))
            for route, key, count, oldest, octets in rows
        ]
        return sorted(found, key=lambda row: (-row[2], row[0], row[1] or ""))

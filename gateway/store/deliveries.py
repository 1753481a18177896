"""The outbound queue and what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    LargeBinary,
    Select,
    String,
    bindparam,
    case,
    func,
    select,
    text,
    update,
)

from gateway.ports.lists import Listed, Page
from gateway.ports.queues import Lease, Rooms
from gateway.rules.model import Attempt, Delivery
from gateway.rules.states import FINAL, State
from gateway.store.claim import NEVER, DatabaseNow, finish
from gateway.store.cursors import begins_before, listed, whole
from gateway.store.delivery_counts import DeliveryCounts
from gateway.store.delivery_rows import AT_ONCE, attempt_lines, from_row, to_change, to_row
from gateway.store.leftovers import drop_unused
from gateway.store.rows import from_micros, key_of
from gateway.store.statements import Several, Statement, columns, new, passing
from gateway.store.tables import DELIVERY, TENANT
from gateway.store.transaction import Row, Transaction
from gateway.store.turns import QUEUE, Turns

_KIND = "dlv"
_C = DELIVERY.c
_ALL = select(*_C)
_WAITS = text("due_at IS NOT NULL")
_LIFE = [
    "state",
    "reason",
    "reason_key",
    "next_attempt_at",
    "tries",
    "sending",
    "complained",
    "route",
    "updated_at",
]


def _due() -> ColumnElement[Any]:
    """Return `due`; at once is by the clock that claims go by."""
    due = bindparam("due", type_=BigInteger)
    return case((due == AT_ONCE, DatabaseNow()), else_=due)


def _signature() -> ColumnElement[Any]:
    """Return the first signature, or else `made`."""
    return func.coalesce(_C.signature, bindparam("made", type_=LargeBinary))


_ADD = Statement(
    new(DELIVERY).values(due_at=_due()),
    keys=columns(DELIVERY, "due_at", "lease_owner", "told_late_at"),
)
_HIS = _C.tenant_id == bindparam("tenant_id")
_ONE = _ALL.where(_C.id == bindparam("id"))
_GET = Statement(_ONE)
_GET_TO_CHANGE = Statement(_ONE.with_for_update(key_share=True))
_OF_MESSAGES = Several(lambda binds: _ALL.where(_C.message_id.in_(binds)).order_by(_C.position))
_MARK = Statement(
    update(DELIVERY).where(QUEUE.holds_lease).values(sending=True, signature=_signature())
)
_COPY = Statement(select(_C.raw_key).where(_C.id == bindparam("id")))
_RECOPY = Statement(
    update(DELIVERY).where(QUEUE.holds_lease),
    keys=["signature", "raw_sha256", "raw_size", "raw_key"],
)
_FINISH = QUEUE.finishing(
    _LIFE,
    due_at=_due(),
    signature=_signature(),
    attempts=_C.attempts + bindparam("lines", type_=String),
)
_CHANGE = Statement(
    update(DELIVERY)
    .where(_C.id == bindparam("the_id"), _C.tenant_id == bindparam("the_tenant"))
    .where(~QUEUE.is_leased)
    .values(due_at=_due(), lease_owner=None),
    keys=_LIFE,
)
_CANCEL_ALL = Statement(
    update(DELIVERY)
    .where(_C.tenant_id == bindparam("the_tenant"), _WAITS, ~QUEUE.is_leased)
    .values(due_at=None, lease_owner=None, next_attempt_at=None, state=State.CANCELLED.value),
    keys=["updated_at"],
)
_HASTEN = Statement(
    update(DELIVERY)
    .where(_C.tenant_id == bindparam("the_tenant"), _C.route == bindparam("the_route"))
    .where(_WAITS, ~QUEUE.is_leased, _C.state == State.DEFERRED.value)
    .values(due_at=DatabaseNow())
)
_NEXT = Statement(select(func.min(_C.due_at)).where(_WAITS))
_IS_REMOVED = Statement(
    select(TENANT.c.id).where(TENANT.c.id == bindparam("id"), TENANT.c.removed_at.is_not(None))
)


def _page(*which: ColumnElement[bool]) -> Select[Any]:
    return (
        _ALL.where(_C.position < bindparam("before"), *which)
        .order_by(_C.position.desc())
        .limit(bindparam("limit"))
    )


def _in_states(binds: Sequence[BindParameter[Any]]) -> Select[Any]:
    return _page(_C.state.in_(binds))


def _his_in_states(binds: Sequence[BindParameter[Any]]) -> Select[Any]:
    return _page(_HIS, _C.state.in_(binds))


def _waiting_in_states(binds: Sequence[BindParameter[Any]]) -> Select[Any]:
    # What waits is little beside what doesn't: by the index of what waits, then sorted.
    place = _C.position + 0
    return (
        _ALL.where(place < bindparam("before"), _C.due_at > 0, passing(_C.state).in_(binds))
        .order_by(place.desc())
        .limit(bindparam("limit"))
    )


_PAGE = {False: Statement(_page()), True: Statement(_page(_HIS))}
_PAGE_OF_STATES = {False: Several(_in_states), True: Several(_his_in_states)}
_PAGE_OF_WAITING = Several(_waiting_in_states)


class Deliveries(DeliveryCounts):
    """Implements `ports.queues.Deliveries`."""

    def __init__(self, transaction: Transaction, turns: Turns) -> None:
        super().__init__(transaction)
        self._turns = turns

    def add(self, delivery: Delivery) -> None:
        """Add it (its content must be there)."""
        self._transaction.run(_ADD, to_row(delivery))

    def get(self, tenant_id: str | None, delivery_id: str) -> Delivery | None:
        """Return it with its attempts, or None if unknown."""
        statement = _GET_TO_CHANGE if self._transaction.writing else _GET
        row = self._transaction.row(statement, {"id": delivery_id})
        delivery = None if row is None else from_row(row)
        if delivery is None or tenant_id not in {None, delivery.tenant_id}:
            return None
        return delivery

    def of_messages(self, message_ids: Sequence[str]) -> Mapping[str, Sequence[Delivery]]:
        """Return the deliveries of these messages, with attempts, by message id."""
        found: dict[str, list[Delivery]] = {}
        if message_ids:
            for row in self._transaction.rows(*_OF_MESSAGES.of(message_ids)):
                delivery = from_row(row)
                found.setdefault(delivery.message_id, []).append(delivery)
        return found

    def page(
        self, tenant_id: str | None, page: Page, *, states: Sequence[str] = ()
    ) -> Listed[Delivery]:
        """Return deliveries, newest first, with attempts."""
        parameters: dict[str, Any] = {
            "before": begins_before(_KIND, page),
            "limit": page.limit + 1,
            "tenant_id": tenant_id,
        }
        statement = _PAGE[tenant_id is not None]
        if states:
            pages = _PAGE_OF_STATES[tenant_id is not None]
            if tenant_id is None and FINAL.isdisjoint(states):
                pages = _PAGE_OF_WAITING
            statement, chosen = pages.of(states)
            parameters |= chosen
        rows, cursor = listed(
            _KIND, page, self._transaction.rows(statement, parameters), lambda row: (row[0],)
        )
        return whole([from_row(row) for row in rows], cursor)

    def claim(
        self, lease: Lease, limit: int, *, rooms: Rooms | None = None, fair: bool = True
    ) -> Sequence[Delivery]:
        """Take up to `limit` that are due (queued, deferred, unconfirmed; or leases run out).

        Their state becomes "sending", but "unconfirmed" stays; what they are returned with.

        rooms: what next hops take, None for all. fair: turn by turn among companies.
        """
        if limit <= 0:
            return []
        transaction = self._transaction
        if fair or rooms is not None:
            rows = self._turns.claim(transaction, lease, limit, rooms or Rooms())
        else:
            rows = QUEUE.claim(transaction, lease, limit)
        return [from_row(row) for row in sorted(rows, key=_position)]

    def renew(self, ids: Iterable[str], lease: Lease) -> None:
        """Prolong the leases that this owner still holds."""
        QUEUE.renew(self._transaction, ids, lease)

    def mark_sending(self, delivery_id: str, fence: int, signature: bytes) -> None:
        """Note that the final dot may leave now; keeps the first signature. Raises Stale."""
        parameters = {"the_id": delivery_id, "the_fence": fence, "made": signature}
        finish(self._transaction, _MARK, parameters)

    def recopy(self, delivery: Delivery, *, fence: int) -> None:
        """Keep another copy and signature in the place of the first ones. Raises Stale."""
        old = self._transaction.row(_COPY, {"id": delivery.id})
        parameters = {
            "signature": delivery.signature,
            "raw_sha256": delivery.raw_sha256,
            "raw_size": delivery.raw_size,
            "raw_key": key_of(delivery.tenant_id, delivery.raw_sha256),
            "the_id": delivery.id,
            "the_fence": fence,
        }
        finish(self._transaction, _RECOPY, parameters)
        if old is not None and old[0] is not None:
            # Bytes in files are swept up once no row refers to them.
            drop_unused(self._transaction, [bytes(old[0])])

    def finish(self, delivery: Delivery, attempts: Sequence[Attempt], *, fence: int) -> None:
        """Store state, reason, next attempt, and the attempts; ends the lease. Raises Stale."""
        if delivery.state not in FINAL and self._is_removed(delivery.tenant_id):
            state = State.CANCELLED.value
            delivery = replace(delivery, state=state, next_attempt_at=None)
        parameters = {
            **to_change(delivery),
            "made": delivery.signature,
            "lines": attempt_lines(attempts),
            "the_id": delivery.id,
            "the_fence": fence,
        }
        finish(self._transaction, _FINISH, parameters)

    def change(self, delivery: Delivery) -> bool:
        """Store state, reason, next attempt of one that isn't leased; False if it is leased."""
        parameters = {
            **to_change(delivery),
            "the_id": delivery.id,
            "the_tenant": delivery.tenant_id,
        }
        return self._transaction.run(_CHANGE, parameters) == 1

    def hasten(self, tenant_id: str, route: str) -> None:
        """Let what is deferred on a company's route be tried at once."""
        parameters = {"the_tenant": tenant_id, "the_route": route}
        self._transaction.run(_HASTEN, parameters)

    def next_due(self) -> datetime | None:
        """Return when the next waiting delivery is due, or None."""
        row = self._transaction.row(_NEXT, {})
        due = None if row is None else row[0]
        return None if due is None or due == NEVER else from_micros(due)

    def _is_removed(self, tenant_id: str) -> bool:
        return self._transaction.row(_IS_REMOVED, {"id": tenant_id}) is not None


def cancel_all(transaction: Transaction, tenant_id: str, moment: int) -> None:
    """Cancel what waits of a company; what is leased is cancelled when it would wait again."""
    transaction.run(_CANCEL_ALL, {"the_tenant": tenant_id, "updated_at": moment})


def _position(row: Row) -> int:
    return int(row[0])

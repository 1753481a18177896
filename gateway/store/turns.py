"""Fair claims: companies take turns, and within a company its next hops do.

As long as few rows are due they are looked at one by one. In a backlog, leaps along an
index find which companies and next hops have rows at all, however many rows those have;
each claim begins after the company that was served last, so nobody starves.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import bindparam, case, select, text

from gateway.ports.queues import Lease, Rooms
from gateway.rules.states import State
from gateway.store.claim import DatabaseNow, Queue, leasing
from gateway.store.statements import Statement
from gateway.store.tables import DELIVERY
from gateway.store.transaction import Row, Transaction

_WINDOW = 256
_STRIDE = 64
_COLUMNS = DELIVERY.c

QUEUE = Queue(
    DELIVERY,
    {
        "state": case(
            (_COLUMNS.state == State.UNCONFIRMED.value, _COLUMNS.state), else_=State.SENDING.value
        )
    },
)
_CLAIM_LANE = Statement(
    QUEUE.claiming(
        _COLUMNS.tenant_id == bindparam("tenant_id"),
        _COLUMNS.route == bindparam("route"),
        QUEUE.is_due,
    )
)
_NOW = Statement(select(DatabaseNow()))
_DUE = Statement(
    select(_COLUMNS.position, _COLUMNS.tenant_id, _COLUMNS.route)
    .where(_COLUMNS.due_at <= bindparam("now"))
    .order_by(_COLUMNS.due_at, _COLUMNS.position)
    .limit(bindparam("limit"))
)
_COMPANIES = Statement(
    text(
        """
        WITH RECURSIVE company (tenant_id, seen) AS (
            SELECT (
                SELECT tenant_id FROM delivery
                WHERE due_at IS NOT NULL AND tenant_id > :after
                ORDER BY tenant_id LIMIT 1
            ), 1
            UNION ALL
            SELECT (
                SELECT d.tenant_id FROM delivery AS d
                WHERE d.due_at IS NOT NULL AND d.tenant_id > company.tenant_id
                ORDER BY d.tenant_id LIMIT 1
            ), seen + 1
            FROM company WHERE company.tenant_id IS NOT NULL AND seen < :stride
        )
        SELECT tenant_id FROM company WHERE tenant_id IS NOT NULL
        """
    )
)
_ROUTES = Statement(
    text(
        """
        WITH RECURSIVE lane (route, seen) AS (
            SELECT (
                SELECT route FROM delivery
                WHERE due_at IS NOT NULL AND tenant_id = :tenant_id AND route > :after
                ORDER BY route LIMIT 1
            ), 1
            UNION ALL
            SELECT (
                SELECT d.route FROM delivery AS d
                WHERE d.due_at IS NOT NULL AND d.tenant_id = :tenant_id AND d.route > lane.route
                ORDER BY d.route LIMIT 1
            ), seen + 1
            FROM lane WHERE lane.route IS NOT NULL AND seen < :stride
        )
        SELECT lane.route, EXISTS (
            SELECT 1 FROM delivery AS d
            WHERE d.tenant_id = :tenant_id AND d.route = lane.route AND d.due_at <= :now
        )
        FROM lane WHERE lane.route IS NOT NULL
        """
    )
)


class Turns:
    """Whose turn it is; one for all threads of a store."""

    def __init__(self) -> None:
        """Begin anywhere."""
        self._company = ""
        self._routes: dict[str, str] = {}

    def claim(self, transaction: Transaction, lease: Lease, limit: int, rooms: Rooms) -> list[Row]:
        """Claim up to `limit` rows that are due and that there is room for."""
        now = _now(transaction)
        window = max(_WINDOW, 2 * limit)
        due = transaction.rows(_DUE, {"now": now, "limit": window})
        if len(due) == window:
            return self._claim_backlog(transaction, lease, limit, _Left(rooms), now)
        positions = _by_turns(due, limit, _Left(rooms))
        if not positions:
            return []
        return QUEUE.claim_these(transaction, lease, positions)

    def _claim_backlog(
        self, transaction: Transaction, lease: Lease, limit: int, left: "_Left", now: int
    ) -> list[Row]:
        claimed: list[Row] = []
        for companies in self._rounds(transaction):
            ready: list[tuple[str, list[str]]] = []
            for company in companies:
                if lanes := self._lanes(transaction, company, left, now):
                    ready.append((company, lanes))
                if len(ready) == limit:
                    break
            for index, (company, lanes) in enumerate(ready):
                share = -(-(limit - len(claimed)) // (len(ready) - index))
                claimed += self._claim_lanes(
                    transaction, lease, company, lanes, share=share, left=left
                )
                self._company = company
                if len(claimed) >= limit:
                    return claimed
            if claimed:
                break
        return claimed

    def _rounds(self, transaction: Transaction) -> Iterator[Sequence[str]]:
        """Give all companies that have rows once, in strides, those next in turn first."""
        start, after, wrapped = self._company, self._company, False
        while True:
            rows = transaction.rows(_COMPANIES, {"after": after, "stride": _STRIDE})
            found = [row[0] for row in rows]
            if wrapped:
                found = [company for company in found if company <= start]
            if found:
                yield found
                after = found[-1]
            if len(rows) < _STRIDE or (wrapped and len(found) < len(rows)):
                if wrapped or not start:
                    return
                after, wrapped = "", True

    def _claim_lanes(
        self,
        transaction: Transaction,
        lease: Lease,
        company: str,
        lanes: Sequence[str],
        *,
        share: int,
        left: "_Left",
    ) -> list[Row]:
        claimed: list[Row] = []
        for index, route in enumerate(lanes):
            part = min(-(-(share - len(claimed)) // (len(lanes) - index)), left.of(route))
            if part <= 0:  # another company took it
                continue
            parameters = {"tenant_id": company, "route": route, "limit": part}
            rows = transaction.rows(_CLAIM_LANE, {**leasing(lease), **parameters})
            left.take(route, len(rows))
            claimed += rows
            self._routes[company] = route
            if len(claimed) >= share:
                break
        return claimed

    def _lanes(self, transaction: Transaction, company: str, left: "_Left", now: int) -> list[str]:
        """Return next routes of a company that have rows due, those next in turn first."""
        start = self._routes.get(company, "")
        after, lanes, wrapped = start, list[str](), False
        while len(lanes) < _STRIDE:
            parameters = {"tenant_id": company, "after": after, "stride": _STRIDE, "now": now}
            rows = transaction.rows(_ROUTES, parameters)
            mine = [row for row in rows if not wrapped or row[0] <= start]
            lanes += [route for route, is_due in mine if is_due and left.of(route) > 0]
            if len(mine) == _STRIDE:
                after = rows[-1][0]
            elif wrapped or not start:
                break
            else:
                after, wrapped = "", True
        return lanes


class _Left:
    """What is left of the room at next hops while a claim goes on."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._taken: Counter[str] = Counter()

    def of(self, route: str) -> int:
        """Return how many more a next hop takes."""
        return self._rooms.of(route) - self._taken[route]

    def take(self, route: str, count: int) -> None:
        """Note that so many were claimed."""
        self._taken[route] += count


def _now(transaction: Transaction) -> int:
    row = transaction.row(_NOW, {})
    assert row is not None
    return int(row[0])


def _by_turns(due: Iterable[Row], limit: int, left: _Left) -> list[int]:
    """Return the positions of rows to claim: each company's oldest, then its next ones."""
    waiting: dict[str, deque[tuple[int, str]]] = {}
    for position, company, route in due:
        if left.of(route) > 0:
            waiting.setdefault(company, deque()).append((position, route))
    chosen: list[int] = []
    while waiting and len(chosen) < limit:
        for company in list(waiting):
            while waiting[company]:
                position, route = waiting[company].popleft()
                if left.of(route) > 0:
                    left.take(route, 1)
                    chosen.append(position)
                    break
            if not waiting[company]:
                del waiting[company]
            if len(chosen) == limit:
                break
    return chosen

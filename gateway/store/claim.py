"""Claims: rows of a queue, taken by one owner for a time.

The lease is on the row: `lease_owner`, random per process start; `due_at`, when the row
may be claimed, which is the end of the lease while there is one, by the database's clock;
`fence`, which each claim raises, and which the finishing write has to name.

SQLite has one writer, so an UPDATE with a sub-select can't collide. PostgreSQL has many:
the sub-select passes over rows that others are claiming (SKIP LOCKED, which SQLAlchemy
leaves out for SQLite). Only here do statements differ by database.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    Table,
    Update,
    bindparam,
    select,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from gateway.ports.lists import Stale
from gateway.ports.queues import Lease
from gateway.store.rows import span_micros
from gateway.store.statements import POSTGRESQL, SQLITE, Several, Statement
from gateway.store.transaction import Row, Transaction

NEVER = 2**62
"""The due moment of what is held."""


class DatabaseNow(ColumnElement[int]):
    """The database's clock, in microseconds since 1970."""

    inherit_cache = True
    type = BigInteger()


@compiles(DatabaseNow, SQLITE)
def _sqlite_now(_element: DatabaseNow, _compiler: SQLCompiler, **_more: Any) -> str:
    # A Julian day holds milliseconds, no more.
    return "(CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) * 1000)"


@compiles(DatabaseNow, POSTGRESQL)
def _postgresql_now(_element: DatabaseNow, _compiler: SQLCompiler, **_more: Any) -> str:
    # Not clock_timestamp(): an index can't be searched for what changes from row to row.
    return "CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS BIGINT)"


def expiry() -> ColumnElement[int]:
    """Return the end of a lease of `span` microseconds from now."""
    return DatabaseNow() + bindparam("span", type_=BigInteger)


def claim_by(table: Table, moment: ColumnElement[Any]) -> Update:
    """Return an UPDATE, still without values, of the `limit` rows whose moment came first."""
    which = (
        select(table.c.position)
        .where(moment <= DatabaseNow())
        .order_by(moment)
        .limit(bindparam("limit"))
    )
    due = which.with_for_update(skip_locked=True).cte("due")
    return update(table).where(table.c.position.in_(select(due.c.position)))


class Queue:
    """The rows of a table that are claimed.

    taken: further columns that a claim sets.
    """

    def __init__(self, table: Table, taken: Mapping[str, Any] | None = None) -> None:
        self._table = table
        self._taken = dict(taken or {})
        self.is_due = table.c.due_at <= DatabaseNow()
        self.is_leased = table.c.lease_owner.is_not(None) & (table.c.due_at > DatabaseNow())
        self.holds_lease = (
            (table.c.id == bindparam("the_id"))
            & (table.c.fence == bindparam("the_fence"))
            & table.c.lease_owner.is_not(None)
        )
        self._oldest = Statement(self.claiming(self.is_due))
        self._these = Several(self._claiming_these)
        self._renew = Several(self._renewing)

    def claiming(self, *which: ColumnElement[bool]) -> Update:
        """Return the claim of the oldest `limit` rows for which this holds."""
        table = self._table
        return self._claim(
            select(table.c.position)
            .where(*which)
            .order_by(table.c.due_at, table.c.position)
            .limit(bindparam("limit"))
        )

    def claim(self, transaction: Transaction, lease: Lease, limit: int) -> list[Row]:
        """Claim the oldest rows that are due; return them in no particular order."""
        return transaction.rows(self._oldest, {**leasing(lease), "limit": limit})

    def claim_these(
        self, transaction: Transaction, lease: Lease, positions: Sequence[int]
    ) -> list[Row]:
        """Claim those of the rows, at least one, that are still due; return them."""
        statement, parameters = self._these.of(positions)
        return transaction.rows(statement, {**leasing(lease), **parameters})

    def renew(self, transaction: Transaction, ids: Iterable[str], lease: Lease) -> None:
        """Prolong the leases that nobody has taken over."""
        wanted = list(ids)
        if wanted:
            statement, parameters = self._renew.of(wanted)
            transaction.run(statement, {**leasing(lease), **parameters})

    def finishing(self, keys: Sequence[str], **values: Any) -> Statement:
        """Return the UPDATE that a lease's holder ends it with; see `finish`."""
        change = update(self._table).where(self.holds_lease)
        return Statement(change.values(lease_owner=None, **values), keys=keys)

    def _claiming_these(self, binds: Sequence[BindParameter[Any]]) -> Update:
        position = self._table.c.position
        return self._claim(select(position).where(position.in_(binds), self.is_due))

    def _claim(self, which: Select[tuple[int]]) -> Update:
        # A CTE, since PostgreSQL may run a sub-select in WHERE, and so its LIMIT, repeatedly.
        due = which.with_for_update(skip_locked=True).cte("due")
        table = self._table
        return (
            update(table)
            .where(table.c.position.in_(select(due.c.position)))
            .values(
                due_at=expiry(),
                lease_owner=bindparam("owner"),
                fence=table.c.fence + 1,
                **self._taken,
            )
            .returning(*table.c)
        )

    def _renewing(self, binds: Sequence[BindParameter[Any]]) -> Update:
        table = self._table
        return (
            update(table)
            .where(table.c.id.in_(binds), table.c.lease_owner == bindparam("owner"))
            .values(due_at=expiry())
        )


def leasing(lease: Lease) -> dict[str, Any]:
    """Return the parameters that claims take from a lease."""
    return {"owner": lease.owner, "span": span_micros(lease.duration)}


def finish(transaction: Transaction, statement: Statement, parameters: Mapping[str, Any]) -> None:
    """Run a finishing UPDATE; raises Stale if the lease was lost."""
    if transaction.run(statement, parameters) != 1:
        raise Stale("the lease was lost")

"""Addresses that get no mail."""

from sqlalchemy import bindparam, delete, select

from gateway.ports.lists import Listed, Page
from gateway.rules.model import Suppression
from gateway.store.cursors import begins_before, listed, whole
from gateway.store.rows import address_key, from_micros, key_of, to_micros
from gateway.store.statements import Statement, columns, new
from gateway.store.tables import SUPPRESSION
from gateway.store.transaction import Row, Transaction

_KIND = "sup"
_COMPLAINT = "complaint"
_C = SUPPRESSION.c
_INSERT = new(SUPPRESSION)
_ADD = Statement(
    _INSERT.on_conflict_do_update(
        index_elements=["key"],
        set_={name: _INSERT.excluded[name] for name in ("kind", "reason", "created_at")},
        where=(_INSERT.excluded.kind == _COMPLAINT) & (_C.kind != _COMPLAINT),
    ),
    keys=columns(SUPPRESSION),
)
_GET = Statement(select(*_C).where(_C.key == bindparam("key")))
_PAGE = Statement(
    select(*_C)
    .where(_C.tenant_id == bindparam("tenant_id"), _C.position < bindparam("before"))
    .order_by(_C.position.desc())
    .limit(bindparam("limit"))
)
_REMOVE = Statement(delete(SUPPRESSION).where(_C.key == bindparam("key")))


class Suppressions:
    """Implements `ports.accounts.Suppressions`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, suppression: Suppression) -> bool:
        """Add it; False if the address was suppressed already (a complaint replaces others)."""
        address = address_key(suppression.address)
        row = {
            "key": key_of(suppression.tenant_id, address),
            "tenant_id": suppression.tenant_id,
            "address": address,
            "kind": suppression.kind,
            "reason": suppression.reason,
            "created_at": to_micros(suppression.created_at),
        }
        is_new = self._transaction.row(_GET, row) is None
        return self._transaction.run(_ADD, row) == 1 and is_new

    def get(self, tenant_id: str, address: str) -> Suppression | None:
        """Return it by exact address, lower case."""
        key = key_of(tenant_id, address_key(address))
        row = self._transaction.row(_GET, {"key": key})
        return None if row is None else _suppression(row)

    def page(self, tenant_id: str, page: Page) -> Listed[Suppression]:
        """Return them, newest first."""
        parameters = {
            "tenant_id": tenant_id,
            "before": begins_before(_KIND, page),
            "limit": page.limit + 1,
        }
        rows = self._transaction.rows(_PAGE, parameters)
        rows, cursor = listed(_KIND, page, rows, lambda row: (row[0],))
        return whole([_suppression(row) for row in rows], cursor)

    def remove(self, tenant_id: str, address: str) -> bool:
        """Lift it; False if there was none."""
        key = key_of(tenant_id, address_key(address))
        return self._transaction.run(_REMOVE, {"key": key}) == 1


def _suppression(row: Row) -> Suppression:
    _, _, tenant_id, address, kind, reason, created_at = row
    return Suppression(tenant_id, address, kind, reason, from_micros(created_at))

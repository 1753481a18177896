"""Bytes of companies."""

from sqlalchemy import bindparam, select

from gateway.ports.correspondence import Kept
from gateway.store.rows import key_of
from gateway.store.statements import Statement, columns, new
from gateway.store.tables import CONTENT
from gateway.store.transaction import Transaction

_C = CONTENT.c
_ADD = Statement(new(CONTENT).on_conflict_do_nothing(index_elements=["key"]), keys=columns(CONTENT))
_GET = Statement(
    select(_C.tenant_id, _C.sha256, _C.size, _C.data).where(_C.key == bindparam("key"))
)


def add_content(transaction: Transaction, kept: Kept) -> None:
    """Refer to bytes; the same bytes of a company are kept once."""
    row = {
        "key": key_of(kept.tenant_id, kept.sha256),
        "tenant_id": kept.tenant_id,
        "sha256": kept.sha256,
        "size": kept.size,
        "data": kept.data,
    }
    transaction.run(_ADD, row)


class Contents:
    """Implements `ports.correspondence.Contents`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, kept: Kept) -> None:
        """Refer to bytes; the same bytes of a company are kept once."""
        add_content(self._transaction, kept)

    def get(self, tenant_id: str, sha256: str) -> Kept | None:
        """Return them (`data` None: they lie in `Blobs`), or None if unknown."""
        row = self._transaction.row(_GET, {"key": key_of(tenant_id, sha256)})
        return None if row is None else Kept(*row)

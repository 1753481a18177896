"""Sums of documents and payments."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import bindparam, select

from gateway.store.rows import to_micros
from gateway.store.statements import Statement
from gateway.store.tables import INVOICE, PAYMENT
from gateway.store.transaction import Transaction

_C = INVOICE.c
_P = PAYMENT.c
_STORED = Statement(
    select(_C.currency, _C.amount).where(
        _C.tenant_id == bindparam("tenant_id"),
        _C.created_at >= bindparam("since"),
        _C.created_at < bindparam("until"),
        _C.status != "cancelled",
        _C.replaced_by.is_(None),
    )
)
_PAID = Statement(
    select(_C.currency, _P.amount)
    .join(INVOICE, _C.id == _P.invoice_id)
    .where(
        _P.tenant_id == bindparam("tenant_id"),
        _P.on.between(bindparam("first"), bindparam("last")),
        _P.confirmed,
        ~_P.withdrawn,
    )
)


class InvoiceSums:
    """The part of `ports.accounts.Invoices` that adds up."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def stored_between(
        self, tenant_id: str, since: datetime, until: datetime
    ) -> Sequence[tuple[str, Decimal]]:
        """Return currency and amount of the documents stored in a time, but cancelled ones."""
        span = {"since": to_micros(since), "until": to_micros(until)}
        rows = self._transaction.rows(_STORED, {"tenant_id": tenant_id, **span})
        return [(currency, Decimal(amount)) for currency, amount in rows]

    def paid_between(
        self, tenant_id: str, first: date, last: date
    ) -> Sequence[tuple[str, Decimal]]:
        """Return currency and amount of confirmed payments of these days."""
        days = {"first": first.isoformat(), "last": last.isoformat()}
        rows = self._transaction.rows(_PAID, {"tenant_id": tenant_id, **days})
        return [(currency, Decimal(amount)) for currency, amount in rows]

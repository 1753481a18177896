"""Invoices, payments, receipts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import ColumnElement, bindparam, func, select, text, update

from gateway.ports.lists import Listed, Page, Stale, Taken
from gateway.rules.documents import TITLES
from gateway.rules.model import Invoice, Payment, Receipt
from gateway.rules.receipts import RECEIPT_ISSUED
from gateway.store.counters import next_number
from gateway.store.cursors import begins_before, listed, whole
from gateway.store.invoice_rows import (
    from_payment_row,
    from_receipt_row,
    from_row,
    number_key,
    to_payment_row,
    to_receipt_row,
    to_row,
)
from gateway.store.invoice_sums import InvoiceSums
from gateway.store.rows import from_dict
from gateway.store.statements import Several, Statement, columns, new, passing
from gateway.store.tables import CONVERSATION, INVOICE, PAYMENT, RECEIPT
from gateway.store.transaction import Row, Transaction

COUNTER_NAME = "receipt"
_KIND = "inv"
_KIND_PAYMENTS = "pay"
_C = INVOICE.c
_P = PAYMENT.c
_R = RECEIPT.c
_ALL = select(*_C)
_HIS = _C.tenant_id == bindparam("tenant_id")
_ONE = _ALL.where(_C.id == bindparam("id"), _HIS)
_CHANGE = (
    update(INVOICE)
    .where(_C.id == bindparam("the_id"), _C.tenant_id == bindparam("the_tenant"))
    .values(version=_C.version + 1)
    .returning(_C.version)
)
_CHANGED = columns(INVOICE, "id", "tenant_id", "created_at", "version")

_ADD = Statement(
    new(INVOICE).on_conflict_do_nothing(
        index_elements=["number_key"], index_where=text("replaced_by IS NULL")
    ),
    keys=columns(INVOICE),
)
_HOLDER = Statement(
    select(_C.id).where(_C.number_key == bindparam("number_key"), text("replaced_by IS NULL"))
)
_NOTE_IN_CONVERSATION = Statement(
    update(CONVERSATION)
    .where(CONVERSATION.c.id == bindparam("the_conversation"))
    .values(invoice_ids=func.ltrim(CONVERSATION.c.invoice_ids + " " + bindparam("the_invoice")))
)
_SET_IN_CONVERSATION = Statement(
    update(CONVERSATION).where(CONVERSATION.c.id == bindparam("the_conversation")),
    keys=["invoice_ids"],
)
_NEWEST_DETAILS = Statement(
    select(_C.payment)
    .where(passing(_C.tenant_id) == bindparam("tenant_id"))
    .order_by(_C.position.desc())
    .limit(bindparam("limit"))
)
_OLDER_DETAILS = Statement(
    select(_C.payment)
    .where(
        passing(_C.tenant_id) == bindparam("tenant_id"),
        _C.position < select(_C.position).where(_C.id == bindparam("id")).scalar_subquery(),
    )
    .order_by(_C.position.desc())
    .limit(bindparam("limit"))
)
_IDS_OF_CONVERSATION = Statement(
    select(_C.id).where(_C.conversation_id == bindparam("conversation_id")).order_by(_C.position)
)
_PLACE = Statement(select(_C.conversation_id).where(_C.id == bindparam("id")))
_GET = Statement(_ONE)
_GET_TO_CHANGE = Statement(_ONE.with_for_update(key_share=True))
_BY_NUMBER = Statement(
    _ALL.where(_C.number_key == bindparam("key")).order_by(_C.position.desc()).limit(1)
)
_NUMBERED = Several(lambda binds: select(_C.number).where(_C.number_key.in_(binds)))
_OF_CONVERSATION = Statement(
    _ALL.where(
        _C.conversation_id == bindparam("conversation_id"),
        passing(_C.tenant_id) == bindparam("tenant_id"),
    ).order_by(_C.position)
)
_DUE = Statement(
    _ALL.where(
        _HIS,
        _C.position > bindparam("after"),
        _C.due_on >= bindparam("first"),
        _C.due_on <= bindparam("last"),
        text("status IN ('open', 'claimed')"),
    )
    .order_by(_C.position)
    .limit(bindparam("most"))
)
# Its first condition is the partial index's own, so that one look finds the invoice.
_NEXT_DUE = Statement(
    _ALL.where(
        _HIS,
        text("status IN ('open', 'claimed')"),
        text("status = 'open'"),
        _C.due_on >= bindparam("first"),
    )
    .order_by(_C.due_on)
    .limit(1)
)
_CHANGE_ANY = Statement(_CHANGE, keys=_CHANGED)
_CHANGE_SAME = Statement(_CHANGE.where(_C.version == bindparam("was")), keys=_CHANGED)

_ADD_PAYMENT = Statement(new(PAYMENT), keys=columns(PAYMENT))
_CHANGE_PAYMENT = Statement(
    update(PAYMENT).where(_P.id == bindparam("the_id"), _P.tenant_id == bindparam("the_tenant")),
    keys=columns(PAYMENT, "id", "tenant_id", "invoice_id", "created_at"),
)
_PAYMENTS = Several(lambda binds: select(*_P).where(_P.invoice_id.in_(binds)).order_by(_P.position))
_RECEIPTS = Several(lambda binds: select(*_R).where(_R.invoice_id.in_(binds)).order_by(_R.position))
_PAYMENTS_PAGE = Statement(
    select(*_P)
    .where(
        _P.tenant_id == bindparam("tenant_id"),
        _P.position < bindparam("before"),
        _P.on.between(bindparam("first"), bindparam("last")),
    )
    .order_by(_P.position.desc())
    .limit(bindparam("limit"))
)
_THESE = Several(lambda binds: _ALL.where(_C.id.in_(binds)))

_RECEIPT = Statement(
    select(*_R)
    .where(_R.id == bindparam("id"), _R.tenant_id == bindparam("tenant_id"))
    .with_for_update(key_share=True)
)
_ADD_RECEIPT = Statement(new(RECEIPT), keys=columns(RECEIPT))
_CHANGE_RECEIPT = Statement(
    update(RECEIPT).where(_R.id == bindparam("the_id")), keys=["number", "state", "payment_id"]
)


def _page(*which: ColumnElement[bool]) -> Statement:
    return Statement(
        _ALL.where(_C.position < bindparam("before"), *which)
        .order_by(_C.position.desc())
        .limit(bindparam("limit"))
    )


_IN_STATUS = _C.status == bindparam("status")
_PAGES = {
    (False, False): _page(),
    (True, False): _page(_HIS),
    (False, True): _page(_IN_STATUS),
    (True, True): _page(_HIS, _IN_STATUS),
}


class Invoices(InvoiceSums):
    """Implements `ports.accounts.Invoices`."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._transaction = transaction

    def add(self, invoice: Invoice) -> None:
        """Add it; raises Taken("number", holder) if company, kind and number are in use.

        One that was replaced (`replaced_by` is set) no longer counts.
        """
        row = to_row(invoice)
        if self._transaction.run(_ADD, row) != 1:
            holder = self._transaction.row(_HOLDER, row)
            raise Taken("number", holder[0] if holder else "")
        note = {"the_conversation": invoice.conversation_id, "the_invoice": invoice.id}
        self._transaction.run(_NOTE_IN_CONVERSATION, note)

    def get(self, tenant_id: str, invoice_id: str) -> Invoice | None:
        """Return it with payments and receipts, or None if unknown."""
        statement = _GET_TO_CHANGE if self._transaction.writing else _GET
        rows = self._transaction.rows(statement, {"id": invoice_id, "tenant_id": tenant_id})
        found = self._complete(rows)
        return found[0] if found else None

    def by_number(self, tenant_id: str, kind: str, number: str) -> Invoice | None:
        """Return the newest one with that number."""
        key = number_key(tenant_id, kind, number)
        found = self._complete(self._transaction.rows(_BY_NUMBER, {"key": key}))
        return found[0] if found else None

    def numbered(self, tenant_id: str, numbers: Sequence[str]) -> Sequence[str]:
        """Return those of the numbers that documents of the company have, of whatever kind."""
        keys = [number_key(tenant_id, kind, number) for number in numbers for kind in TITLES]
        if not keys:
            return []
        known = {row[0] for row in self._transaction.rows(*_NUMBERED.of(keys))}
        return [number for number in numbers if number in known]

    def accounts(
        self, tenant_id: str, limit: int = 20, *, before: str | None = None
    ) -> Sequence[str]:
        """Return the IBANs of the company's newest documents as handed over, each once.

        before: of those that are older than this one.
        """
        parameters = {"tenant_id": tenant_id, "limit": limit, "id": before}
        statement = _NEWEST_DETAILS if before is None else _OLDER_DETAILS
        rows = self._transaction.rows(statement, parameters)
        ibans = (str(from_dict(row[0]).get("iban") or "") for row in rows)
        return list(dict.fromkeys(iban for iban in ibans if iban))

    def of_conversation(self, tenant_id: str, conversation_id: str) -> Sequence[Invoice]:
        """Return them, oldest first."""
        parameters = {"tenant_id": tenant_id, "conversation_id": conversation_id}
        return self._complete(self._transaction.rows(_OF_CONVERSATION, parameters))

    def page(
        self, tenant_id: str | None, page: Page, *, status: str | None = None
    ) -> Listed[Invoice]:
        """Return invoices, newest first."""
        statement = _PAGES[tenant_id is not None, status is not None]
        parameters = {
            "tenant_id": tenant_id,
            "status": status,
            "before": begins_before(_KIND, page),
            "limit": page.limit + 1,
        }
        rows = self._transaction.rows(statement, parameters)
        rows, cursor = listed(_KIND, page, rows, lambda row: (row[0],))
        return whole(self._complete(rows), cursor)

    def due_between(
        self, tenant_id: str, first: date, last: date, after: int, most: int
    ) -> Sequence[tuple[int, Invoice]]:
        """Return unpaid invoices due on these days, each with its position."""
        given = {
            "tenant_id": tenant_id,
            "first": first.isoformat(),
            "last": last.isoformat(),
            "after": after,
            "most": most,
        }
        rows = self._transaction.rows(_DUE, given)
        positions = [int(row[0]) for row in rows]
        return list(zip(positions, self._complete(rows), strict=True))

    def next_due(self, tenant_id: str, today: date) -> Invoice | None:
        """Return the open invoice that is due next, today or later; None if there is none."""
        given = {"tenant_id": tenant_id, "first": today.isoformat()}
        found = self._complete(self._transaction.rows(_NEXT_DUE, given))
        return found[0] if found else None

    def change(self, invoice: Invoice, *, check_version: bool = False) -> Invoice:
        """Store the fields but payments, receipts; return it with `version` + 1. Raises Stale.

        Stale without `check_version` means that there is no such invoice any more.
        """
        was = self._transaction.row(_PLACE, {"id": invoice.id})
        parameters = to_row(invoice) | {
            "the_id": invoice.id,
            "the_tenant": invoice.tenant_id,
            "was": invoice.version,
        }
        statement = _CHANGE_SAME if check_version else _CHANGE_ANY
        row = self._transaction.row(statement, parameters)
        if row is None:
            raise Stale("the invoice was changed by somebody else")
        if was is not None and was[0] != invoice.conversation_id:
            self._list_in(was[0])
            self._list_in(invoice.conversation_id)
        return replace(invoice, version=row[0])

    def add_payment(self, tenant_id: str, payment: Payment) -> None:
        """Add a payment."""
        self._transaction.run(_ADD_PAYMENT, to_payment_row(tenant_id, payment))

    def change_payment(self, tenant_id: str, payment: Payment) -> None:
        """Store the fields."""
        row = to_payment_row(tenant_id, payment)
        row |= {"the_id": payment.id, "the_tenant": tenant_id}
        self._transaction.run(_CHANGE_PAYMENT, row)

    def add_receipt(self, tenant_id: str, receipt: Receipt) -> Receipt:
        """Add a receipt; an issued one gets the company's next number, without gaps.

        A draft that is added again as issued becomes that; an issued one stays as it is.
        """
        row = self._transaction.row(_RECEIPT, {"id": receipt.id, "tenant_id": tenant_id})
        known = None if row is None else from_receipt_row(row)
        if known is not None and known.state == RECEIPT_ISSUED:
            return known
        if receipt.state == RECEIPT_ISSUED and receipt.number is None:
            number = next_number(self._transaction, tenant_id, COUNTER_NAME)
            receipt = replace(receipt, number=number)
        parameters = to_receipt_row(tenant_id, receipt) | {"the_id": receipt.id}
        self._transaction.run(_ADD_RECEIPT if known is None else _CHANGE_RECEIPT, parameters)
        return receipt

    def payments(
        self,
        tenant_id: str,
        page: Page,
        *,
        first: date | None = None,
        last: date | None = None,
    ) -> Listed[tuple[Invoice, Payment]]:
        """Return payments, newest first, each with its invoice; first, last: days paid on."""
        parameters = {
            "tenant_id": tenant_id,
            "before": begins_before(_KIND_PAYMENTS, page),
            "first": (first or date.min).isoformat(),
            "last": (last or date.max).isoformat(),
            "limit": page.limit + 1,
        }
        rows = self._transaction.rows(_PAYMENTS_PAGE, parameters)
        rows, cursor = listed(_KIND_PAYMENTS, page, rows, lambda row: (row[0],))
        payments = [from_payment_row(row) for row in rows]
        ids = list(dict.fromkeys(payment.invoice_id for payment in payments))
        found = self._complete(self._transaction.rows(*_THESE.of(ids))) if ids else ()
        by_id = {invoice.id: invoice for invoice in found}
        return whole([(by_id[payment.invoice_id], payment) for payment in payments], cursor)

    def _list_in(self, conversation_id: str) -> None:
        """Write into a conversation which invoices it has."""
        rows = self._transaction.rows(_IDS_OF_CONVERSATION, {"conversation_id": conversation_id})
        ids = " ".join(row[0] for row in rows)
        parameters = {"the_conversation": conversation_id, "invoice_ids": ids}
        self._transaction.run(_SET_IN_CONVERSATION, parameters)

    def _complete(self, rows: Sequence[Row]) -> Sequence[Invoice]:
        if not rows:
            return ()
        ids = [row[1] for row in rows]
        payments: dict[str, list[Payment]] = {}
        for row in self._transaction.rows(*_PAYMENTS.of(ids)):
            payment = from_payment_row(row)
            payments.setdefault(payment.invoice_id, []).append(payment)
        receipts: dict[str, list[Receipt]] = {}
        for row in self._transaction.rows(*_RECEIPTS.of(ids)):
            receipt = from_receipt_row(row)
            receipts.setdefault(receipt.invoice_id, []).append(receipt)
        return [from_row(row, payments.get(row[1], ()), receipts.get(row[1], ())) for row in rows]

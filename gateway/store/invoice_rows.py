"""Invoices, payments, receipts ↔ rows."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.rules.model import Invoice, InvoiceStatus, Payment, Receipt
from gateway.store.rows import (
    dict_json,
    from_dict,
    from_list,
    from_micros,
    key_of,
    list_json,
    to_micros,
)
from gateway.store.transaction import Row


def number_key(tenant_id: str, kind: str, number: str) -> bytes:
    """Return by what an invoice is found by its number."""
    return key_of(tenant_id, kind, number)


def to_row(invoice: Invoice) -> dict[str, Any]:
    """Return all columns but `position`."""
    return {
        "id": invoice.id,
        "tenant_id": invoice.tenant_id,
        "conversation_id": invoice.conversation_id,
        "number": invoice.number,
        "amount": str(invoice.amount),
        "currency": invoice.currency,
        "customer": dict_json(invoice.customer),
        "created_at": to_micros(invoice.created_at),
        "updated_at": to_micros(invoice.updated_at),
        "kind": invoice.kind,
        "issued_on": _day(invoice.issued_on),
        "due_on": _day(invoice.due_on),
        "status": str(invoice.status),
        "message_id": invoice.message_id,
        "lines": list_json(invoice.lines),
        "payment": dict_json(invoice.payment),
        "message": invoice.message,
        "locale": invoice.locale,
        "replaces": invoice.replaces,
        "replaced_by": invoice.replaced_by,
        "pdf_attachment_id": invoice.pdf_attachment_id,
        "version": invoice.version,
        "number_key": number_key(invoice.tenant_id, invoice.kind, invoice.number),
    }


def from_row(row: Row, payments: Sequence[Payment], receipts: Sequence[Receipt]) -> Invoice:
    """Return the invoice of a row with all columns."""
    (
        _,
        id_,
        tenant_id,
        conversation_id,
        number,
        amount,
        currency,
        customer,
        created_at,
        updated_at,
        kind,
        issued_on,
        due_on,
        status,
        message_id,
        lines,
        payment,
        message,
        locale,
        replaces,
        replaced_by,
        pdf_attachment_id,
        version,
        _,
    ) = row
    return Invoice(
        id=id_,
        tenant_id=tenant_id,
        conversation_id=conversation_id,
        number=number,
        amount=Decimal(amount),
        currency=currency,
        customer=from_dict(customer),
        created_at=from_micros(created_at),
        updated_at=from_micros(updated_at),
        kind=kind,
        issued_on=_maybe_date(issued_on),
        due_on=_maybe_date(due_on),
        status=InvoiceStatus(status),
        message_id=message_id,
        lines=from_list(lines),
        payment=from_dict(payment),
        message=message,
        locale=locale,
        replaces=replaces,
        replaced_by=replaced_by,
        pdf_attachment_id=pdf_attachment_id,
        payments=tuple(payments),
        receipts=tuple(receipts),
        version=version,
    )


def to_payment_row(tenant_id: str, payment: Payment) -> dict[str, Any]:
    """Return all columns but `position`."""
    return {
        "id": payment.id,
        "tenant_id": tenant_id,
        "invoice_id": payment.invoice_id,
        "amount": str(payment.amount),
        "method": payment.method,
        "on": payment.on.isoformat(),
        "by": payment.by,
        "confirmed": payment.confirmed,
        "note": payment.note,
        "created_at": to_micros(payment.created_at),
        "withdrawn": payment.withdrawn,
        "noted_by": payment.noted_by,
    }


def from_payment_row(row: Row) -> Payment:
    """Return the payment of a row with all columns."""
    _, id_, _, invoice_id, amount, method, on, by, confirmed, note, *rest = row
    created_at, withdrawn, noted_by = rest
    return Payment(
        id=id_,
        invoice_id=invoice_id,
        amount=Decimal(amount),
        method=method,
        on=date.fromisoformat(on),
        by=by,
        confirmed=bool(confirmed),
        note=note,
        created_at=from_micros(created_at),
        withdrawn=bool(withdrawn),
        noted_by=noted_by,
    )


def to_receipt_row(tenant_id: str, receipt: Receipt) -> dict[str, Any]:
    """Return all columns but `position`."""
    return {
        "id": receipt.id,
        "tenant_id": tenant_id,
        "invoice_id": receipt.invoice_id,
        "payment_id": receipt.payment_id,
        "number": receipt.number,
        "state": receipt.state,
        "created_at": to_micros(receipt.created_at),
    }


def from_receipt_row(row: Row) -> Receipt:
    """Return the receipt of a row with all columns."""
    _, id_, _, invoice_id, payment_id, number, state, created_at = row
    return Receipt(
        id=id_,
        invoice_id=invoice_id,
        payment_id=payment_id,
        number=number,
        state=state,
        created_at=from_micros(created_at),
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _maybe_date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)

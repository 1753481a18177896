"""A company's payments as accounting takes them over: one line each, as CSV (RFC 4180)."""

import csv
import io
import unicodedata
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date
from typing import Any

from gateway.ports.lists import Page
from gateway.ports.store import Store
from gateway.rules import currencies
from gateway.rules.model import Invoice, Payment

COLUMNS = (
    "id",
    "invoice_id",
    "invoice_number",
    "conversation_id",
    "customer_name",
    "customer_email",
    "amount",
    "currency",
    "method",
    "on",
    "by",
    "confirmed",
    "withdrawn",
    "noted_by",
    "note",
    "created_at",
)
_FORMULAS = ("=", "+", "-", "@")
_CONTROLS = ("\t", "\r", "\n")
_AT_ONCE = 100


def entry(invoice: Invoice, payment: Payment) -> Mapping[str, Any]:
    """Return a payment with its invoice, by column."""
    return {
        "id": payment.id,
        "invoice_id": invoice.id,
        "invoice_number": invoice.number,
        "conversation_id": invoice.conversation_id,
        "customer_name": str(invoice.customer.get("name") or ""),
        "customer_email": str(invoice.customer.get("email") or ""),
        "amount": currencies.shown(payment.amount, invoice.currency),
        "currency": invoice.currency,
        "method": payment.method,
        "on": payment.on,
        "by": payment.by,
        "confirmed": payment.confirmed,
        "withdrawn": payment.withdrawn,
        "noted_by": payment.noted_by,
        "note": payment.note,
        "created_at": payment.created_at,
    }


async def csv_lines(
    store: Store, tenant_id: str, *, first: date | None = None, last: date | None = None
) -> AsyncIterator[str]:
    """Yield the payments of a company as CSV, newest first, the names of the columns before.

    first, last: days of payment, both included; None for no bound. Raises Fault.
    """
    yield _line(COLUMNS)
    cursor: str | None = None
    while True:
        page = Page(_AT_ONCE, cursor)
        found = await store.read(
            lambda work, page=page: work.invoices.payments(  # type: ignore[misc]
                tenant_id, page, first=first, last=last
            )
        )
        for invoice, payment in found.items:
            values = entry(invoice, payment)
            yield _line([_shown(values[name]) for name in COLUMNS])
        cursor = found.next_cursor
        if cursor is None:
            return


def _line(values: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(values)
    return text.getvalue()


def _shown(value: Any) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "astimezone"):
        return str(value.astimezone(UTC).isoformat().replace("+00:00", "Z"))
    text = str(value)
    # Spreadsheets skip blanks, and read a full-width sign as the sign.
    first = unicodedata.normalize("NFKC", text.lstrip()[:1])
    return f"'{text}" if first in _FORMULAS or text[:1] in _CONTROLS else text

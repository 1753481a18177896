"""What is paid of an invoice, what is open, and what follows from a claim."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.rules.model import Invoice, InvoiceStatus, Payment

ZERO = Decimal(0)
CASH = "cash"
METHODS = ("transfer", CASH, "card", "other")


def day_of(now: datetime, timezone: str) -> date:
    """Return the day it is for a company; UTC's if its time zone is unknown."""
    try:
        return now.astimezone(ZoneInfo(timezone)).date()
    except (ZoneInfoNotFoundError, ValueError):
        return now.date()


def confirmed(invoice: Invoice) -> Decimal:
    """Return how much the company or a provider has confirmed."""
    return sum((p.amount for p in invoice.payments if p.confirmed and not p.withdrawn), ZERO)


def amount_open(invoice: Invoice) -> Decimal:
    """Return what is still to be paid, by confirmed payments alone; never below nothing."""
    if invoice.status is InvoiceStatus.CANCELLED:
        return ZERO
    return max(invoice.amount - confirmed(invoice), ZERO)


def is_overdue(invoice: Invoice, today: date) -> bool:
    """Say whether an invoice that awaits payment is past its due date."""
    unpaid = invoice.status in {InvoiceStatus.OPEN, InvoiceStatus.CLAIMED}
    return unpaid and invoice.due_on is not None and invoice.due_on < today


def pending_claims(invoice: Invoice) -> Sequence[Payment]:
    """Return the customer's claims that nobody has confirmed or withdrawn."""
    return [p for p in invoice.payments if not p.confirmed and not p.withdrawn]


def with_payments(invoice: Invoice, payments: Sequence[Payment]) -> Invoice:
    """Return the invoice with these payments and the status that follows from them."""
    changed = replace(invoice, payments=tuple(payments))
    if invoice.status is InvoiceStatus.CANCELLED:
        return changed
    if confirmed(changed) >= invoice.amount and any(p.confirmed for p in payments):
        status = InvoiceStatus.PAID
    elif pending_claims(changed):
        status = InvoiceStatus.CLAIMED
    else:
        status = InvoiceStatus.OPEN
    return replace(changed, status=status)

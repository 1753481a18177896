"""What an invoice mail is about on the day that it goes out (ux.md, 2.1). Pure."""

from datetime import date
from enum import StrEnum

from gateway.rules.model import Invoice, InvoiceStatus
from gateway.rules.payments import ZERO, confirmed

SOON_DAYS = 3


class Occasion(StrEnum):
    """Why the customer hears of a document."""

    NEW = "new"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    PART_PAID = "part_paid"
    PAID = "paid"
    CANCELLED = "cancelled"
    CORRECTED = "corrected"


def occasion_of(invoice: Invoice, today: date | None) -> Occasion:
    """Return the occasion. today: of a reminder, None for a mail that brings the document."""
    if invoice.status is InvoiceStatus.CANCELLED:
        return Occasion.CANCELLED
    if invoice.status is InvoiceStatus.PAID:
        return Occasion.PAID
    if invoice.replaces and today is None:
        return Occasion.CORRECTED
    if ZERO < confirmed(invoice) < invoice.amount:
        return Occasion.PART_PAID
    days = days_left(invoice, today)
    if days is None or days > SOON_DAYS:
        return Occasion.NEW
    return Occasion.OVERDUE if days < 0 else Occasion.DUE_SOON


def days_left(invoice: Invoice, today: date | None) -> int | None:
    """Return the days until it is due, below 0 once it is overdue; None if nobody counts."""
    if today is None or invoice.due_on is None:
        return None
    return (invoice.due_on - today).days

"""A receipt gets its number in the transaction that confirms its payment."""

from dataclasses import replace
from datetime import datetime

from gateway.flow.context import Context
from gateway.ports.store import Work
from gateway.rules import events
from gateway.rules.model import Invoice, Payment, Receipt
from gateway.rules.receipts import RECEIPT_DRAFT, RECEIPT_ISSUED


def issue_drafts(
    context: Context, work: Work, invoice: Invoice, payment: Payment, now: datetime
) -> Invoice:
    """Return the invoice, the drafts of a payment that was just confirmed issued."""
    receipts = []
    for receipt in invoice.receipts:
        if receipt.payment_id == payment.id and receipt.state == RECEIPT_DRAFT:
            issued = replace(receipt, state=RECEIPT_ISSUED)
            receipts.append(work.invoices.add_receipt(invoice.tenant_id, issued))
            tell_receipt(context, work, invoice, receipts[-1], now)
        else:
            receipts.append(receipt)
    return replace(invoice, receipts=tuple(receipts))


def tell_receipt(
    context: Context, work: Work, invoice: Invoice, receipt: Receipt, now: datetime
) -> None:
    """Tell of a new draft, or of a number that was given."""
    about = events.about_receipt(invoice, receipt)
    work.events.add(context.event(invoice.tenant_id, events.RECEIPT_CREATED, now, about))
    work.wake("events")

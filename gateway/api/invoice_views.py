"""Invoices as the API shows them, with what follows from payments and the day."""

from datetime import datetime

from gateway.api.schemas.invoices import (
    InvoiceCustomer,
    InvoiceSent,
    InvoiceShown,
    PaymentShown,
    ReceiptShown,
)
from gateway.flow.drafts import SentInvoice
from gateway.rules.currencies import shown
from gateway.rules.model import Invoice, Payment
from gateway.rules.payments import amount_open, day_of, is_overdue
from gateway.rules.reminders import PROMISED_ON, promised_on


def invoice_shown(invoice: Invoice, *, timezone: str, now: datetime) -> InvoiceShown:
    """Return an invoice; timezone: the company's, in whose day it becomes overdue."""
    customer = invoice.customer
    return InvoiceShown(
        id=invoice.id,
        tenant_id=invoice.tenant_id,
        kind=invoice.kind,
        number=invoice.number,
        amount=shown(invoice.amount, invoice.currency),
        currency=invoice.currency,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        status=invoice.status.value,
        overdue=is_overdue(invoice, day_of(now, timezone)),
        amount_open=shown(amount_open(invoice), invoice.currency),
        customer=InvoiceCustomer(
            name=str(customer.get("name") or ""),
            email=str(customer.get("email") or ""),
            locale=customer.get("locale"),
        ),
        message=invoice.message,
        lines=[dict(line) for line in invoice.lines],
        payment={name: said for name, said in invoice.payment.items() if name != PROMISED_ON},
        promised_on=promised_on(invoice),
        conversation_id=invoice.conversation_id,
        message_id=invoice.message_id,
        replaces=invoice.replaces,
        replaced_by=invoice.replaced_by,
        payments=[_payment(p, invoice.currency) for p in invoice.payments if not p.withdrawn],
        receipts=[
            ReceiptShown(
                id=receipt.id,
                payment_id=receipt.payment_id,
                number=receipt.number,
                state=receipt.state,
            )
            for receipt in invoice.receipts
        ],
        created_at=invoice.created_at,
        updated_at=invoice.updated_at,
    )


def _payment(payment: Payment, currency: str) -> PaymentShown:
    return PaymentShown(
        id=payment.id,
        amount=shown(payment.amount, currency),
        method=payment.method,
        on=payment.on,
        by=payment.by,
        confirmed=payment.confirmed,
        note=payment.note,
    )


def invoice_sent(sent: SentInvoice) -> InvoiceSent:
    """Return what became of an invoice."""
    return InvoiceSent(
        id=sent.invoice.id,
        conversation_id=sent.invoice.conversation_id,
        message_id=sent.message_id,
        status=sent.status,
        view_url=sent.view_url,
        pdf_url=sent.pdf_url,
    )

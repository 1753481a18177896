"""The kinds of document that a company sends (contract §5), and which belongs to which. Pure."""

from collections.abc import Sequence

from gateway.rules.model import Invoice, InvoiceStatus

CREDIT_NOTE = "credit_note"
TITLES = {
    "invoice": "Invoice",
    "proforma": "Proforma invoice",
    "quote": "Quote",
    CREDIT_NOTE: "Credit note",
    "order": "Order",
    "delivery_note": "Delivery note",
    "other": "Document",
}
"""The kinds of document, and what a conversation about one is called."""


def credit_note_of(invoice: Invoice, documents: Sequence[Invoice]) -> Invoice | None:
    """Return the credit note that stands for a cancelled invoice, None if none surely does.

    documents: of the same conversation, oldest first. It replaces the invoice, or is of the
    same sum and younger; where several are, the newest.
    """
    if invoice.status is not InvoiceStatus.CANCELLED or invoice.kind == CREDIT_NOTE:
        return None
    notes = [
        one
        for one in documents
        if one.kind == CREDIT_NOTE
        and one.status is not InvoiceStatus.CANCELLED
        and one.replaced_by is None
    ]
    named = [one for one in notes if one.replaces == invoice.id]
    alike = [
        one
        for one in notes
        if one.created_at >= invoice.created_at
        and (abs(one.amount), one.currency) == (abs(invoice.amount), invoice.currency)
    ]
    found = named or alike
    return found[-1] if found else None

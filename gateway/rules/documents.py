"""The kinds of document that a company sends (contract §5)."""

TITLES = {
    "invoice": "Invoice",
    "proforma": "Proforma invoice",
    "quote": "Quote",
    "credit_note": "Credit note",
    "order": "Order",
    "delivery_note": "Delivery note",
    "other": "Document",
}
"""The kinds of document, and what a conversation about one is called."""

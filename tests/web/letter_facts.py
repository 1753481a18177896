"""Facts that letters are written from."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from gateway.ports.letters import AnswerFacts, InvoiceFacts
from gateway.rules.model import Invoice, Payment, Tenant

NINE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TENANT = Tenant("ten_1", 1, "novak", "Novák Joinery", NINE, NINE, timezone="Europe/Bratislava")
INVOICE = Invoice(
    id="inv_1",
    tenant_id="ten_1",
    conversation_id="cnv_1",
    number="2026-0142",
    amount=Decimal("1254.00"),
    currency="EUR",
    customer={"name": "Jana Malá", "email": "jana@firma.example"},
    created_at=NINE,
    updated_at=NINE,
    issued_on=date(2026, 11, 19),
    due_on=date(2026, 12, 5),
    message="Hello Jana,\nhere is the invoice for the oak table.\n\nThank you for your order.",
    payment={"iban": "SK9611000000002918599669", "reference": "20260142"},
)
FACTS = InvoiceFacts(
    tenant=TENANT,
    sender_address="novak@mail.example.com",
    invoice=INVOICE,
    view_url="https://mail.example.com/c/ctoken",
    pdf_url="https://mail.example.com/d/dtoken",
    pdf_size=84_000,
    marker="kmarker",
    locale="en",
    host="mail.example.com",
)
ANSWER = AnswerFacts(
    tenant=TENANT,
    subject="Re: Invoice 2026-0142",
    text="Hello Jana,\n\nyes, we can.\n",
    html=None,
    view_url="https://mail.example.com/c/ctoken",
    marker="kmarker",
    locale="en",
    quoted=("Jana Malá", NINE, "Could you add our order number 4500?\nThank you"),
    host="mail.example.com",
)


def facts(**changes):
    """The invoice's facts, with some of the invoice's fields changed."""
    return replace(FACTS, invoice=replace(INVOICE, **changes))


def payment(amount):
    """A confirmed payment."""
    return Payment(
        "pay_1", "inv_1", Decimal(amount), "transfer", date(2026, 11, 22), "company", True, "", NINE
    )

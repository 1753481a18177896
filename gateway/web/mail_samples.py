"""One mail in each of its states, from facts that never change: for previews, lint and tests."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from gateway.mail.compose import Outgoing, compose
from gateway.mail.mailbox import Mailbox
from gateway.ports.letters import AnswerFacts, Circumstances, InvoiceFacts, Letter
from gateway.rules.model import Invoice, InvoiceStatus, Payment, Receipt, Tenant
from gateway.web.letters import TemplateLetters

NOW = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
_HOST = "https://mail.example.com"
_DUE = date(2026, 12, 5)
_COMPANY = "Truhlárstvo Ľubomír Šťastný"
_TENANT = Tenant("ten_sample", 1, "stastny", _COMPANY, NOW, NOW, timezone="Europe/Bratislava")
_PHRASE = ("linden", "harbour")
_OLD = Invoice(
    id="inv_sample_1",
    tenant_id=_TENANT.id,
    conversation_id="cnv_sample",
    number="2026-0141",
    amount=Decimal("1310.00"),
    currency="EUR",
    customer={"name": "Jana Malá", "email": "jana@firma.example"},
    created_at=NOW,
    updated_at=NOW,
    issued_on=date(2026, 11, 19),
    due_on=_DUE,
    payment={"iban": "SK9611000000002918599669", "reference": "20260142"},
)
_INVOICE = replace(_OLD, id="inv_sample_2", number="2026-0142", amount=Decimal("1254.00"))

STATES = (
    "new",
    "due_soon",
    "overdue",
    "part_paid",
    "paid",
    "cancelled",
    "corrected",
    "message",
    "bank_changed",
)


def sample_letter(state: str, locale: str = "en") -> Letter:
    """Return the letter of a state. Raises KeyError if there is no such state."""
    if state not in STATES:
        raise KeyError(state)
    letters = TemplateLetters()
    if state == "message":
        return letters.answer(_message(locale))
    return letters.invoice(_facts(state, locale))


def sample_mail(state: str, locale: str = "en") -> bytes:
    """Return the whole mail of a state, without an attachment. Raises KeyError."""
    letter = sample_letter(state, locale)
    follows = state not in {"new", "bank_changed"}
    return compose(
        Outgoing(
            from_=Mailbox(_COMPANY, "stastny@mail.example.com"),
            to=(Mailbox("Jana Malá", "jana@firma.example"),),
            reply_to=(Mailbox(_COMPANY, "stastny-rsample@reply.example.com"),),
            subject=letter.subject,
            date=NOW,
            message_id="msample@mail.example.com",
            in_reply_to=("mfirst@mail.example.com",) if follows else (),
            references=("mfirst@mail.example.com",) if follows else (),
            text=letter.text,
            html=letter.html,
            images=letter.images,
        )
    )


def _facts(state: str, locale: str) -> InvoiceFacts:
    invoice, given = _INVOICE, Circumstances()
    paid = Payment(
        "pay_1", invoice.id, Decimal("454.00"), "transfer", NOW.date(), "company", True, "", NOW
    )
    match state:
        case "due_soon":
            given = Circumstances(today=_DUE - timedelta(days=3))
        case "overdue":
            given = Circumstances(today=_DUE + timedelta(days=6))
        case "part_paid":
            invoice = replace(invoice, payments=(paid,))
            given = Circumstances(today=_DUE - timedelta(days=1))
        case "paid":
            whole = replace(paid, amount=invoice.amount)
            receipt = Receipt("rcp_1", invoice.id, whole.id, 7, "issued", NOW)
            invoice = replace(
                invoice, status=InvoiceStatus.PAID, payments=(whole,), receipts=(receipt,)
            )
        case "cancelled":
            invoice = replace(invoice, status=InvoiceStatus.CANCELLED)
        case "corrected":
            invoice = replace(invoice, replaces=_OLD.id)
            given = Circumstances(replaced=_OLD)
        case "bank_changed":
            given = Circumstances(other_account=True)
        case _:
            pass
    return InvoiceFacts(
        tenant=_TENANT,
        sender_address="stastny@mail.example.com",
        invoice=invoice,
        view_url=f"{_HOST}/c/csample",
        pdf_url=f"{_HOST}/d/dsample",
        pdf_size=84_000,
        marker="ksample",
        locale=locale,
        host="mail.example.com",
        circumstances=given,
        phrase=_PHRASE,
    )


def _message(locale: str) -> AnswerFacts:
    return AnswerFacts(
        tenant=_TENANT,
        subject="Re: Invoice 2026-0142",
        text="Hello Jana,\n\nof course: the order number 4500 stands on the new version.\n",
        html=None,
        view_url=f"{_HOST}/c/csample",
        marker="ksample",
        locale=locale,
        quoted=("Jana Malá", NOW, "Could you add our order number 4500?\nThank you"),
        host="mail.example.com",
        phrase=_PHRASE,
    )

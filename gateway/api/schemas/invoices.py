"""Invoices and other documents, and what is paid of them."""

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field

from gateway.api.schemas.base import AskedPage, Given, Instant, Taken, one_of
from gateway.api.schemas.documents import Files, PdfFile
from gateway.api.schemas.fields import (
    Amount,
    Bic,
    Currency,
    FreeLine,
    Iban,
    Line,
    Locale,
    Number,
    Opaque,
    Reference,
    Subject,
    Text,
    VariableSymbol,
    WebUrl,
)
from gateway.api.schemas.people import Customer, CustomerShown, People

Kind = Literal["invoice", "proforma", "quote", "credit_note", "order", "delivery_note", "other"]
Status = Literal["open", "claimed", "paid", "cancelled"]
Lines = Annotated[tuple[FreeLine, ...], Field(max_length=500)]
Method = Literal["transfer", "cash", "card", "other"]


class PaymentWays(Taken):
    """How the customer can pay."""

    url: WebUrl | None = None
    iban: Iban | None = None
    bic: Bic | None = None
    variable_symbol: VariableSymbol | None = None
    reference: Reference | None = None


class InvoiceTaken(Taken):
    """A document to be stored and, unless `send` is false, mailed to the customer."""

    kind: Kind = "invoice"
    number: Number
    amount: Amount
    currency: Currency
    issued_on: date | None = None
    due_on: date | None = None
    replaces: Annotated[
        Number | None, Field(description="Number or id of the document it takes the place of.")
    ] = None
    customer: Customer
    cc: People = ()
    subject: Subject | None = None
    message: Text | None = None
    lines: Lines = ()
    payment: PaymentWays | None = None
    pdf: PdfFile | None = None
    attachments: Files = ()
    conversation_id: Opaque | None = None
    send: bool = True


class InvoiceChange(Taken):
    """What may change of a stored document; what is left out stays."""

    issued_on: date | None = None
    due_on: date | None = None
    message: Text | None = None
    lines: Lines | None = None
    payment: PaymentWays | None = None
    locale: Locale | None = None
    promised_on: date | None = Field(
        default=None, description="By when the customer said to pay; reminders wait until then."
    )


class PaidTaken(Taken):
    """A payment; without `amount` all that is open, without `on` today."""

    amount: Amount | None = None
    method: Method = "transfer"
    on: date | None = None
    note: Line = ""


class PaymentNamed(Taken):
    """Which payment or claim; without `payment_id` the one there is."""

    payment_id: Opaque | None = None


class AskedInvoices(AskedPage):
    """Which invoices."""

    status: Status | None = None


class PaymentShown(Given):
    """A payment, or a customer's claim of one (`confirmed` is false)."""

    id: str
    amount: str
    method: str
    on: date
    by: Annotated[str, one_of("customer", "company", "provider")]
    confirmed: bool
    note: str


class ReceiptShown(Given):
    """A cash receipt; drafts have no number."""

    id: str
    payment_id: str | None
    number: int | None
    state: str


class InvoiceCustomer(CustomerShown):
    """The customer of an invoice."""

    locale: str | None


class InvoiceShown(Given):
    """A document and its payments; `overdue` and `amount_open` are derived."""

    id: str
    tenant_id: str
    kind: Annotated[str, one_of(*get_args(Kind))]
    number: str
    amount: str
    currency: str
    issued_on: date | None
    due_on: date | None
    status: Annotated[str, one_of(*get_args(Status))]
    overdue: bool
    amount_open: str
    customer: InvoiceCustomer
    message: str
    lines: list[dict[str, str | int | float | bool | None]]
    payment: dict[str, str | None]
    promised_on: date | None
    conversation_id: str
    message_id: str | None
    replaces: str | None
    replaced_by: str | None
    payments: list[PaymentShown]
    receipts: list[ReceiptShown]
    created_at: Instant
    updated_at: Instant


class InvoiceSent(Given):
    """What became of a document."""

    id: str
    conversation_id: str
    message_id: str | None
    status: Annotated[str, one_of(*get_args(Status))]
    view_url: str
    pdf_url: str | None

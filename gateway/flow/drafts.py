"""What callers hand over: drafts of invoices, messages, companies, claims."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.mail.mailbox import Mailbox
from gateway.ports.reception import Content
from gateway.rules.labels import NO_LABELS, Labels
from gateway.rules.model import Attachment, Invoice, Message


@dataclass(frozen=True, slots=True)
class Document:
    """A file that comes with a draft. content: its bytes, or a spooled file."""

    filename: str
    content_type: str
    content: Content | bytes


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
    """An invoice as handed over (contract §5, `POST /v1/invoices`).

    submitted_message_id: of the mail that brought it, without brackets.
    """

    number: str
    amount: Decimal
    currency: str
    customer: Mailbox
    kind: str = "invoice"
    customer_locale: str | None = None
    issued_on: date | None = None
    due_on: date | None = None
    replaces: str | None = None
    cc: tuple[str, ...] = ()
    subject: str | None = None
    message: str = ""
    lines: tuple[Mapping[str, Any], ...] = ()
    payment: Mapping[str, Any] = field(default_factory=dict)
    pdf: Document | None = None
    attachments: tuple[Document, ...] = ()
    conversation_id: str | None = None
    submitted_message_id: str | None = None
    labels: Labels = NO_LABELS
    send: bool = True


@dataclass(frozen=True, slots=True)
class SentInvoice:
    """What became of an invoice draft. message_id None: it was not sent."""

    invoice: Invoice
    message_id: str | None
    view_url: str
    pdf_url: str | None
    status: str


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """Any transactional mail (contract §5, `POST /v1/messages`).

    from_: None for the company's sender address. headers: further fields.
    """

    to: tuple[Mailbox, ...]
    subject: str
    text: str = ""
    html: str | None = None
    from_: Mailbox | None = None
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    attachments: tuple[Document, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerDraft:
    """What the company writes in a conversation. note: seen by the company alone.

    author: who of the company writes, "" if it is not known.
    """

    text: str
    html: str | None = None
    attachments: tuple[Document, ...] = ()
    note: bool = False
    author: str = ""


@dataclass(frozen=True, slots=True)
class ConversationDraft:
    """A conversation that the company begins."""

    subject: str
    customer: Mailbox
    text: str
    attachments: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class PaymentDraft:
    """A claim or a fact of payment; amount None: what is open; on None: today.

    noted_by: who of the company notes it, "" if it is not known.
    """

    amount: Decimal | None = None
    method: str = "transfer"
    on: date | None = None
    note: str = ""
    noted_by: str = ""


@dataclass(frozen=True, slots=True)
class TenantDraft:
    """A company to be added; slug None: made from the name."""

    name: str
    slug: str | None = None
    locale: str = "en"
    timezone: str = "UTC"
    brand: Mapping[str, str] = field(default_factory=dict)
    attach_pdf: str = "smtp-only"
    notify_address: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A message that was stored, with what it brought along."""

    message: Message
    attachments: tuple[Attachment, ...] = ()

"""The nouns of the gateway, all frozen: companies, conversations, messages, deliveries, bills."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from gateway.mail.mailbox import Mailbox
from gateway.rules.labels import NO_LABELS, Labels
from gateway.rules.sender_domains import OwnSender

HOUSE_TENANT_ID = "ten_house"
"""The company that mail to postmaster@ and abuse@ belongs to; hidden from lists."""

IMPORTED = "imported"
"""The kind of messages that came from an archive."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A company. `number` goes into its tokens; `version` counts changes, for ETags.

    pages: as `rules.customer_pages` reads it. own_sender: never stored with the company.
    """

    id: str
    number: int
    slug: str
    name: str
    created_at: datetime
    updated_at: datetime
    locale: str = "en"
    timezone: str = "UTC"
    brand: Mapping[str, str] = field(default_factory=dict)
    attach_pdf: str = "smtp-only"
    notify_address: str | None = None
    email: Mapping[str, Any] = field(default_factory=dict)
    pages: Mapping[str, Any] = field(default_factory=dict)
    managed_by_file: bool = False
    version: int = 1
    own_sender: OwnSender | None = None


class ConversationStatus(StrEnum):
    """Where a conversation stands for the company."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages that belong together, with one customer.

    unread: messages in that nobody of the company has seen.
    failed: a mail of it could not be delivered, and nobody has mended it yet.
    merged_into: the conversation that took its messages. split_from: that its first came from.
    last_message: the beginning of the newest message's text.
    """

    id: str
    tenant_id: str
    subject: str
    customer: Mailbox
    created_at: datetime
    updated_at: datetime
    status: ConversationStatus = ConversationStatus.OPEN
    unread: int = 0
    failed: bool = False
    last_message: str = ""
    last_message_at: datetime | None = None
    tags: tuple[str, ...] = ()
    assignee: str | None = None
    merged_into: str | None = None
    split_from: str | None = None
    invoice_ids: tuple[str, ...] = ()
    locale: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Participant:
    """A person in a conversation: to whom a token and a link were given.

    ref: 40 random bits, unique within the company; it stands in the person's tokens.
    role: "customer" | "cc" | "other" (wrote without being asked).
    approved: False hides a stranger's messages from the customer's page.
    link_issue: raised to revoke all links given so far.
    """

    ref: int
    tenant_id: str
    conversation_id: str
    mailbox: Mailbox
    role: str
    created_at: datetime
    approved: bool = True
    link_issue: int = 0
    link_expires_at: datetime | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """One document of a message; its bytes are the content `sha256` of the company.

    document: what an electronic invoice says of itself (kind, number, total, currency, due).
    """

    id: str
    tenant_id: str
    message_id: str
    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool = False
    content_id: str | None = None
    document: Mapping[str, Any] | None = None


class Direction(StrEnum):
    """Which way a message went."""

    IN = "in"
    OUT = "out"
    NOTE = "note"


class Channel(StrEnum):
    """How a message came or went."""

    EMAIL = "email"
    CHAT = "chat"
    API = "api"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Threading:
    """Which rung placed a message, and what it saw."""

    rule: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation. The fields are those of the HTTP API.

    position: grows within the store; messages of a conversation are shown by it.
    message_id, in_reply_to, references: without angle brackets.
    submitted_message_id: the Message-ID that the submitting service gave.
    raw_sha256, raw_size: the bytes as received, or the first recipient's copy; None for chat.
    author_ref: the participant who wrote it, for messages in.
    author: who of the company wrote it, as far as is known; customers don't read it.
    facts: what a system line tells, for each reader in their language; JSON values.
    suggestions: invoice_numbers, ibans, returns_on, substitute; empty where there is none.
    kind: "message" | "invoice" | "reminder" | "claim" | ... what a system line tells;
        `IMPORTED` for mail from an archive, which no gateway sent or received.
    """

    id: str
    tenant_id: str
    conversation_id: str
    direction: Direction
    channel: Channel
    from_: Mailbox
    subject: str
    received_at: datetime
    position: int = 0
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    date: datetime | None = None
    message_id: str | None = None
    submitted_message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    text: str = ""
    quoted_text: str = ""
    signature: str = ""
    full_text: str = ""
    html: str | None = None
    forwarded: Mapping[str, Any] | None = None
    authentication: Mapping[str, Any] = field(default_factory=dict)
    sender_expected: bool = True
    automatic: str | None = None
    bounces: tuple[Mapping[str, Any], ...] = ()
    suggestions: Mapping[str, Any] = field(default_factory=dict)
    threading: Threading = Threading("new", "")
    readable: bool = True
    visible: bool = True
    kind: str = "message"
    author_ref: int | None = None
    invoice_id: str | None = None
    raw_sha256: str | None = None
    raw_size: int = 0
    author: str = ""
    labels: Labels = NO_LABELS
    facts: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a delivery is where it is (the API's `reason`)."""

    key: str
    plain: str
    code: int | None
    enhanced: str | None
    verbatim: str
    permanent: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to hand a delivery to a next hop. tls: "none", "TLSv1.3 unverified" and the like."""

    at: datetime
    next_hop: str
    address: str
    tls: str
    stage: str
    reply: str
    ms: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One recipient's copy of a message, and its fate.

    state: a state of `rules.states`.
    route: the next hop's name that claims are fair about: the recipient's domain or the smarthost.
    sender: the return-path that leaves with it.
    raw_sha256: the bytes of this copy, unsigned; signature: DKIM fields put above them, kept
        since the first attempt, or None.
    fence: the number of the lease; a finishing write with an older one is refused.
    sending: a durable mark that the final dot may have left.
    submitter: the reverse-path of the service that wants reports (`notify`), or None.
    """

    id: str
    tenant_id: str
    message_id: str
    conversation_id: str
    recipient: Mailbox
    state: str
    sender: str
    route: str
    raw_sha256: str
    raw_size: int
    queued_at: datetime
    next_attempt_at: datetime | None
    participant_ref: int | None = None
    signature: bytes | None = None
    reason: Reason | None = None
    notify: tuple[str, ...] = ()
    orcpt: str | None = None
    ret: str | None = None
    envid: str | None = None
    tries: int = 0
    sending: bool = False
    complained: bool = False
    smtputf8: bool = False
    fence: int = 0
    attempts: tuple[Attempt, ...] = ()
    updated_at: datetime | None = None
    submitter: str | None = None


class InvoiceStatus(StrEnum):
    """What is known of an invoice's payment; `overdue` is derived."""

    OPEN = "open"
    CLAIMED = "claimed"
    PAID = "paid"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Payment:
    """A claim or a fact of payment. by: "customer" | "company" | "provider".

    noted_by: who of the company noted, confirmed or took it back, as far as is known.
    """

    id: str
    invoice_id: str
    amount: Decimal
    method: str
    on: date
    by: str
    confirmed: bool
    note: str
    created_at: datetime
    withdrawn: bool = False
    noted_by: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A cash receipt. number None: a draft, waiting for the company's confirmation."""

    id: str
    invoice_id: str
    payment_id: str | None
    number: int | None
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Invoice:
    """A document that was sent: an invoice, or another kind of contract §5.

    lines, payment: as handed over, JSON values. pdf_attachment_id: None without a PDF.
    """

    id: str
    tenant_id: str
    conversation_id: str
    number: str
    amount: Decimal
    currency: str
    customer: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    kind: str = "invoice"
    issued_on: date | None = None
    due_on: date | None = None
    status: InvoiceStatus = InvoiceStatus.OPEN
    message_id: str | None = None
    lines: tuple[Mapping[str, Any], ...] = ()
    payment: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    locale: str | None = None
    replaces: str | None = None
    replaced_by: str | None = None
    pdf_attachment_id: str | None = None
    payments: tuple[Payment, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    version: int = 1


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that gets no mail. kind: "bounce" | "full" | "complaint" | "manual"."""

    tenant_id: str
    address: str
    kind: str
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; `sequence` is gapless per company (0 until it is committed)."""

    id: str
    tenant_id: str
    type: str
    timestamp: datetime
    data: Mapping[str, Any]
    sequence: int = 0

"""The tables, declared by SQLModel; nothing outside `store` sees them.

Moments are microseconds since 1970 in UTC: exact, the same in both databases, and
comparable with the database's own clock. Values that strangers choose the length of
(Message-IDs, document numbers) are looked up by a digest of 16 octets (`rows.key_of`),
since an index can't hold long ones. `position` numbers rows in the order they came.
"""

from typing import Any

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, MetaData, Table, text
from sqlmodel import Field, SQLModel

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_SERIAL = BigInteger().with_variant(Integer, "sqlite")


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    clause = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=clause, postgresql_where=clause)


def _position() -> Any:
    return Field(
        default=None, primary_key=True, sa_type=_SERIAL, sa_column_kwargs={"autoincrement": True}
    )


def _big(**more: Any) -> Any:
    return Field(sa_type=BigInteger, **more)


def _moment() -> Any:
    return Field(default=None, sa_type=BigInteger, nullable=True)


def _octets(**more: Any) -> Any:
    return Field(sa_type=LargeBinary, **more)


class Stored(SQLModel):
    """What all tables share."""

    metadata = METADATA


class TenantRow(Stored, table=True):
    """A company; a removed one keeps its number and gives up its slug."""

    __tablename__ = "tenant"

    number: int = Field(
        primary_key=True, sa_type=_SERIAL, sa_column_kwargs={"autoincrement": False}
    )
    id: str = Field(unique=True)
    slug: str | None = Field(default=None, unique=True)
    name: str
    created_at: int = _big()
    updated_at: int = _big()
    locale: str
    timezone: str
    brand: str
    attach_pdf: str
    notify_address: str | None
    email: str
    managed_by_file: bool
    version: int
    removed_at: int | None = _moment()


class ApiKeyRow(Stored, table=True):
    """An API key's hash."""

    __tablename__ = "api_key"

    id: str = Field(primary_key=True)
    tenant_id: str | None = Field(default=None, foreign_key="tenant.id", index=True)
    scopes: str
    hash: str = Field(unique=True)
    created_at: int = _big()
    last_used_at: int | None = _moment()
    revoked_at: int | None = _moment()
    managed_by_file: bool


class LoginRow(Stored, table=True):
    """A submission login."""

    __tablename__ = "login"

    username: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenant.id", index=True)
    hash: str
    created_at: int = _big()
    revoked_at: int | None = _moment()
    managed_by_file: bool


class WebSessionRow(Stored, table=True):
    """A one-time link or a browser session of the Inbox."""

    __tablename__ = "web_session"

    hash: str = Field(primary_key=True)
    kind: str
    tenant_id: str = Field(foreign_key="tenant.id", index=True)
    data: str
    until: int = _big(index=True)


class RepeatRow(Stored, table=True):
    """What was answered to a request with an Idempotency-Key."""

    __tablename__ = "repeat"

    key: bytes = _octets(primary_key=True)
    tenant_id: str
    request_hash: str
    status: int
    body: str
    headers: str
    until: int = _big(index=True)


class FactRow(Stored, table=True):
    """A small fact of the installation."""

    __tablename__ = "fact"

    name: str = Field(primary_key=True)
    value: str


class CounterRow(Stored, table=True):
    """The last number given out, per company and purpose, without gaps."""

    __tablename__ = "counter"

    tenant_id: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: int = _big()


class ContentRow(Stored, table=True):
    """Bytes of a company; data NULL: they lie in `Blobs`. key: of company and hash."""

    __tablename__ = "content"

    position: int | None = _position()
    key: bytes = _octets(unique=True)
    tenant_id: str
    sha256: str
    size: int = _big()
    data: bytes | None = _octets(default=None, nullable=True)


class InboundRow(Stored, table=True):
    """Accepted mail. key: of company and dedupe, NULL when its time is over.

    due_at: when it may be claimed, so the end of the lease while there is one; NULL: read.
    """

    __tablename__ = "inbound"
    __table_args__ = (_partial("ix_inbound_due_at", "due_at", where="due_at IS NOT NULL"),)

    position: int | None = _position()
    id: str = Field(unique=True)
    tenant_id: str
    envelope: str
    peer: str
    received_at: int = _big()
    raw_sha256: str
    raw_size: int = _big()
    dedupe: str
    crashes: int
    fence: int = _big()
    key: bytes | None = _octets(default=None, nullable=True, unique=True)
    due_at: int | None = _moment()
    lease_owner: str | None


class ConversationRow(Stored, table=True):
    """A conversation. invoice_ids: separated by blanks, kept by the invoices."""

    __tablename__ = "conversation"
    __table_args__ = (
        Index("ix_conversation_updated", "tenant_id", "updated_at", "position"),
        Index("ix_conversation_status", "tenant_id", "status", "updated_at", "position"),
        _partial(
            "ix_conversation_unread", "tenant_id", "updated_at", "position", where="unread > 0"
        ),
        _partial("ix_conversation_failed", "tenant_id", "updated_at", "position", where="failed"),
    )

    position: int | None = _position()
    id: str = Field(unique=True)
    tenant_id: str
    subject: str
    customer_name: str
    customer_address: str
    created_at: int = _big()
    updated_at: int = _big()
    status: str
    unread: int
    failed: bool
    last_message: str
    last_message_at: int | None = _moment()
    tags: str
    assignee: str | None
    merged_into: str | None
    locale: str | None
    version: int
    invoice_ids: str
    customer_key: str


class ParticipantRow(Stored, table=True):
    """A person in a conversation."""

    __tablename__ = "participant"
    __table_args__ = (_partial("ix_participant_revoked", "tenant_id", "ref", where="revoked"),)

    tenant_id: str = Field(primary_key=True)
    ref: int = _big(primary_key=True)
    conversation_id: str = Field(foreign_key="conversation.id", index=True)
    name: str
    address: str
    role: str
    created_at: int = _big()
    approved: bool
    link_issue: int
    link_expires_at: int | None = _moment()
    revoked: bool


class MessageRow(Stored, table=True):
    """A message. recipients, refs, details: JSON; raw_key: of its raw content."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_conversation", "conversation_id", "position"),
        Index("ix_message_tenant", "tenant_id", "position"),
    )

    position: int | None = _position()
    id: str = Field(unique=True)
    tenant_id: str
    conversation_id: str = Field(foreign_key="conversation.id")
    direction: str
    channel: str
    from_name: str
    from_address: str
    subject: str
    received_at: int = _big()
    recipients: str
    date: int | None = _moment()
    message_id: str | None
    submitted_message_id: str | None
    refs: str
    text: str
    quoted_text: str
    signature: str
    full_text: str
    html: str | None
    details: str
    sender_expected: bool
    automatic: str | None
    rule: str
    evidence: str
    readable: bool
    visible: bool
    kind: str
    author_ref: int | None = _moment()
    invoice_id: str | None
    raw_sha256: str | None
    raw_size: int = _big()
    attachments: int
    raw_key: bytes | None = _octets(default=None, nullable=True, foreign_key="content.key")


class MessageNameRow(Stored, table=True):
    """A Message-ID under which a message is known. key: of company and Message-ID."""

    __tablename__ = "message_name"

    key: bytes = _octets(primary_key=True)
    message_id: str = Field(primary_key=True, foreign_key="message.id", index=True)


class AttachmentRow(Stored, table=True):
    """A document of a message; key: of its content."""

    __tablename__ = "attachment"

    position: int | None = _position()
    id: str = Field(unique=True)
    tenant_id: str
    message_id: str = Field(foreign_key="message.id", index=True)
    filename: str
    content_type: str
    size: int = _big()
    sha256: str
    inline: bool
    content_id: str | None
    key: bytes = _octets(foreign_key="content.key")


class DeliveryRow(Stored, table=True):
    """One recipient's copy. dsn: JSON; attempts: JSON lines.

    due_at: when it may be claimed, so the end of the lease while there is one; far away
    while it is held; NULL when its fate is final.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_tenant", "tenant_id", "position"),
        Index("ix_delivery_state", "state", "position"),
        _partial("ix_delivery_due_at", "due_at", where="due_at IS NOT NULL"),
        _partial(
            "ix_delivery_lane", "tenant_id", "route", "due_at", where="due_at IS NOT NULL"
        ),
        _partial(
            "ix_delivery_bounced",
            "tenant_id",
            "recipient_key",
            "updated_at",
            where="state = 'bounced' OR state = 'expired'",
        ),
    )

    position: int | None = _position()
    id: str = Field(unique=True)
    tenant_id: str
    message_id: str = Field(foreign_key="message.id", index=True)
    conversation_id: str
    recipient_name: str
    recipient_address: str
    state: str
    sender: str
    route: str
    raw_sha256: str
    raw_size: int = _big()
    queued_at: int = _big()
    next_attempt_at: int | None = _moment()
    participant_ref: int | None = _moment()
    signature: bytes | None = _octets(default=None, nullable=True)
    reason: str
    dsn: str
    tries: int
    sending: bool
    complained: bool
    smtputf8: bool
    fence: int = _big()
    attempts: str
    updated_at: int | None = _moment()
    raw_key: bytes = _octets(foreign_key="content.key")
    recipient_key: str
    reason_key: str | None
    due_at: int | None = _moment()
    lease_owner: str | None


class InvoiceRow(Stored, table=True):
    """An invoice. number_key: of company, kind and number; unique until it is replaced."""

    __tablename__ = "invoice"
    __table_args__ = (
        Index("ix_invoice_tenant", "tenant_id", "position"),
        Index("ix_invoice_number", "number_key", "position"),
        _partial("uq_invoice_number", "number_key", where="replaced_by IS NULL", unique=True),
    )

    position: int | None = _position()
    id: str = Field(unique=True)
    tenant_id: str
    conversation_id: str = Field(foreign_key="conversation.id", index=True)
    number: str
    amount: str
    currency: str
    customer: str
    created_at: int = _big()
    updated_at: int = _big()
    kind: str
    issued_on: str | None
    due_on: str | None
    status: str
    message_id: str | None
    lines: str
    payment: str
    message: str
    locale: str | None
    replaces: str | None
    replaced_by: str | None
    pdf_attachment_id: str | None
    version: int
    number_key: bytes = _octets()


class PaymentRow(Stored, table=True):
    """A claim or a fact of payment."""

    __tablename__ = "payment"
    __table_args__ = (Index("ix_payment_tenant", "tenant_id", "position"),)

    position: int | None = _position()
    id: str = Field(unique=True)
    tenant_id: str
    invoice_id: str = Field(foreign_key="invoice.id", index=True)
    amount: str
    method: str
    on: str
    by: str
    confirmed: bool
    note: str
    created_at: int = _big()
    withdrawn: bool


class ReceiptRow(Stored, table=True):
    """A cash receipt; numbers are gapless per company."""

    __tablename__ = "receipt"
    __table_args__ = (Index("uq_receipt_number", "tenant_id", "number", unique=True),)

    position: int | None = _position()
    id: str = Field(unique=True)
    tenant_id: str
    invoice_id: str = Field(foreign_key="invoice.id", index=True)
    payment_id: str | None
    number: int | None = _moment()
    state: str
    created_at: int = _big()


class SuppressionRow(Stored, table=True):
    """An address that gets no mail. key: of company and address."""

    __tablename__ = "suppression"
    __table_args__ = (Index("ix_suppression_tenant", "tenant_id", "position"),)

    position: int | None = _position()
    key: bytes = _octets(unique=True)
    tenant_id: str
    address: str
    kind: str
    reason: str
    created_at: int = _big()


class EventRow(Stored, table=True):
    """Something that happened; written with its number right before the commit."""

    __tablename__ = "event"
    __table_args__ = (Index("uq_event_sequence", "tenant_id", "sequence", unique=True),)

    position: int | None = _position()
    id: str = Field(index=True)
    tenant_id: str
    sequence: int = _big()
    type: str
    timestamp: int = _big()
    data: str


def _table(model: type[Stored]) -> Table:
    return METADATA.tables[str(model.__tablename__)]


TENANT = _table(TenantRow)
API_KEY = _table(ApiKeyRow)
LOGIN = _table(LoginRow)
WEB_SESSION = _table(WebSessionRow)
REPEAT = _table(RepeatRow)
FACT = _table(FactRow)
COUNTER = _table(CounterRow)
CONTENT = _table(ContentRow)
INBOUND = _table(InboundRow)
CONVERSATION = _table(ConversationRow)
PARTICIPANT = _table(ParticipantRow)
MESSAGE = _table(MessageRow)
MESSAGE_NAME = _table(MessageNameRow)
ATTACHMENT = _table(AttachmentRow)
DELIVERY = _table(DeliveryRow)
INVOICE = _table(InvoiceRow)
PAYMENT = _table(PaymentRow)
RECEIPT = _table(ReceiptRow)
SUPPRESSION = _table(SuppressionRow)
EVENT = _table(EventRow)

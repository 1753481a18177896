"""Contents, accepted mail, conversations, messages."""

from sqlalchemy import Index
from sqlmodel import Field

from gateway.store.tables.base import Stored, big, moment, octets, partial, position_field, table_of


class ContentRow(Stored, table=True):
    """Bytes of a company; data NULL: they lie in `Blobs`. key: of company and hash."""

    __tablename__ = "content"

    position: int | None = position_field()
    key: bytes = octets(unique=True)
    tenant_id: str
    sha256: str
    size: int = big()
    data: bytes | None = octets(default=None, nullable=True)


class InboundRow(Stored, table=True):
    """Accepted mail. key: of company and dedupe, NULL when its time is over.

    due_at: when it may be claimed, so the end of the lease while there is one; NULL: read.
    verify_at: when its sender may be verified, the same way; NULL: not wanted, or done.
    """

    __tablename__ = "inbound"
    __table_args__ = (
        partial("ix_inbound_due_at", "due_at", where="due_at IS NOT NULL"),
        partial("ix_inbound_verify_at", "verify_at", where="verify_at IS NOT NULL"),
    )

    position: int | None = position_field()
    id: str = Field(unique=True)
    tenant_id: str
    envelope: str
    peer: str
    received_at: int = big()
    raw_sha256: str
    raw_size: int = big()
    dedupe: str
    crashes: int
    fence: int = big()
    key: bytes | None = octets(default=None, nullable=True, unique=True)
    due_at: int | None = moment()
    lease_owner: str | None
    verify_at: int | None = moment()


class ConversationRow(Stored, table=True):
    """A conversation. invoice_ids: separated by blanks, kept by the invoices."""

    __tablename__ = "conversation"
    __table_args__ = (
        Index("ix_conversation_updated", "tenant_id", "updated_at", "position"),
        Index("ix_conversation_status", "tenant_id", "status", "updated_at", "position"),
        partial(
            "ix_conversation_unread", "tenant_id", "updated_at", "position", where="unread > 0"
        ),
        partial("ix_conversation_failed", "tenant_id", "updated_at", "position", where="failed"),
        Index("ix_conversation_customer", "tenant_id", "customer_key", "updated_at", "position"),
        partial(
            "ix_conversation_assignee",
            "tenant_id",
            "assignee",
            "updated_at",
            "position",
            where="assignee IS NOT NULL",
        ),
        partial(
            "ix_conversation_tagged", "tenant_id", "updated_at", "position", where="tags <> '[]'"
        ),
        partial("ix_conversation_split", "split_from", where="split_from IS NOT NULL"),
    )

    position: int | None = position_field()
    id: str = Field(unique=True)
    tenant_id: str
    subject: str
    customer_name: str
    customer_address: str
    created_at: int = big()
    updated_at: int = big()
    status: str
    unread: int
    failed: bool
    last_message: str
    last_message_at: int | None = moment()
    tags: str
    assignee: str | None
    merged_into: str | None
    locale: str | None
    version: int
    invoice_ids: str
    customer_key: str
    split_from: str | None


class ParticipantRow(Stored, table=True):
    """A person in a conversation."""

    __tablename__ = "participant"
    __table_args__ = (partial("ix_participant_revoked", "tenant_id", "ref", where="revoked"),)

    tenant_id: str = Field(primary_key=True)
    ref: int = big(primary_key=True)
    conversation_id: str = Field(foreign_key="conversation.id", index=True)
    name: str
    address: str
    role: str
    created_at: int = big()
    approved: bool
    link_issue: int
    link_expires_at: int | None = moment()
    revoked: bool


class MessageRow(Stored, table=True):
    """A message. recipients, refs, details: JSON; raw_key: of its raw content."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_conversation", "conversation_id", "position"),
        Index("ix_message_tenant", "tenant_id", "position", "conversation_id", "received_at"),
    )

    position: int | None = position_field()
    id: str = Field(unique=True)
    tenant_id: str
    conversation_id: str = Field(foreign_key="conversation.id")
    direction: str
    channel: str
    from_name: str
    from_address: str
    subject: str
    received_at: int = big()
    recipients: str
    date: int | None = moment()
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
    author_ref: int | None = moment()
    invoice_id: str | None
    raw_sha256: str | None
    raw_size: int = big()
    attachments: int
    raw_key: bytes | None = octets(default=None, nullable=True, foreign_key="content.key")


class MessageNameRow(Stored, table=True):
    """A Message-ID under which a message is known. key: of company and Message-ID."""

    __tablename__ = "message_name"

    key: bytes = octets(primary_key=True)
    message_id: str = Field(primary_key=True, foreign_key="message.id", index=True)


class AttachmentRow(Stored, table=True):
    """A document of a message; document: of an electronic invoice, JSON; key: of its content."""

    __tablename__ = "attachment"

    position: int | None = position_field()
    id: str = Field(unique=True)
    tenant_id: str
    message_id: str = Field(foreign_key="message.id", index=True)
    filename: str
    content_type: str
    size: int = big()
    sha256: str
    inline: bool
    content_id: str | None
    document: str | None
    key: bytes = octets(foreign_key="content.key")


CONTENT = table_of(ContentRow)
INBOUND = table_of(InboundRow)
CONVERSATION = table_of(ConversationRow)
PARTICIPANT = table_of(ParticipantRow)
MESSAGE = table_of(MessageRow)
MESSAGE_NAME = table_of(MessageNameRow)
ATTACHMENT = table_of(AttachmentRow)

"""Deliveries, suppressions, events."""

from sqlalchemy import Index
from sqlmodel import Field

from gateway.rules.events import FAILURES
from gateway.store.tables.base import Stored, big, moment, octets, partial, position_field, table_of


class DeliveryRow(Stored, table=True):
    """One recipient's copy. dsn: JSON; attempts: JSON lines.

    due_at: when it may be claimed, so the end of the lease while there is one; far away
    while it is held; NULL when its fate is final.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_tenant", "tenant_id", "position"),
        Index("ix_delivery_state", "tenant_id", "state", "position"),
        partial("ix_delivery_due_at", "due_at", where="due_at IS NOT NULL"),
        partial("ix_delivery_lane", "tenant_id", "route", "due_at", where="due_at IS NOT NULL"),
        partial(
            "ix_delivery_bounced",
            "tenant_id",
            "recipient_key",
            "updated_at",
            where="state = 'bounced' OR state = 'expired'",
        ),
    )

    position: int | None = position_field()
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
    raw_size: int = big()
    queued_at: int = big()
    next_attempt_at: int | None = moment()
    participant_ref: int | None = moment()
    signature: bytes | None = octets(default=None, nullable=True)
    reason: str
    dsn: str
    tries: int
    sending: bool
    complained: bool
    smtputf8: bool
    fence: int = big()
    attempts: str
    updated_at: int | None = moment()
    raw_key: bytes = octets(foreign_key="content.key")
    recipient_key: str
    reason_key: str | None
    due_at: int | None = moment()
    lease_owner: str | None
    told_late_at: int | None = moment()


class SuppressionRow(Stored, table=True):
    """An address that gets no mail. key: of company and address."""

    __tablename__ = "suppression"
    __table_args__ = (Index("ix_suppression_tenant", "tenant_id", "position"),)

    position: int | None = position_field()
    key: bytes = octets(unique=True)
    tenant_id: str
    address: str
    kind: str
    reason: str
    created_at: int = big()


IS_FAILURE = "type IN ({})".format(", ".join(f"'{kind}'" for kind in FAILURES))
"""SQL as it stands in the index and in the question: SQLite compares the two by their words."""


class EventRow(Stored, table=True):
    """Something that happened; written with its number right before the commit."""

    __tablename__ = "event"
    __table_args__ = (
        Index("uq_event_sequence", "tenant_id", "sequence", unique=True),
        partial("ix_event_failure", "tenant_id", "sequence", where=IS_FAILURE),
    )

    position: int | None = position_field()
    id: str = Field(index=True)
    tenant_id: str
    sequence: int = big()
    type: str
    timestamp: int = big()
    data: str


DELIVERY = table_of(DeliveryRow)
SUPPRESSION = table_of(SuppressionRow)
EVENT = table_of(EventRow)

"""Webhooks, what is to be sent to them again, and what was sent."""

from sqlalchemy import Index
from sqlmodel import Field

from gateway.store.tables.base import Stored, big, moment, partial, position_field, table_of


class WebhookRow(Stored, table=True):
    """An endpoint, and its place in the queue. types, secrets: JSON.

    cursor: the number of the last event that is done with.
    resume_at: new events wait till then, 0 for no wait. retry_at: when an event is to be sent
    again, or NULL. due_at: when it may be claimed, so the end of the lease while there is one;
    NULL: switched off, or removed.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        Index("ix_webhook_tenant", "tenant_id", "position"),
        partial("ix_webhook_due_at", "due_at", where="due_at IS NOT NULL"),
    )

    position: int | None = position_field()
    id: str = Field(unique=True)
    tenant_id: str = Field(foreign_key="tenant.id")
    url: str
    types: str
    format: str
    secrets: str
    created_at: int = big()
    updated_at: int = big()
    cursor: int = big()
    disabled: str | None
    failures: int
    failing_since: int | None = moment()
    resume_at: int = big()
    retry_at: int | None = moment()
    due_at: int | None = moment()
    lease_owner: str | None
    fence: int = big()
    version: int
    removed_at: int | None = moment()


class WebhookResendRow(Stored, table=True):
    """An event that is to be sent to an endpoint again."""

    __tablename__ = "webhook_resend"
    __table_args__ = (Index("ix_webhook_resend_due", "webhook_id", "due_at"),)

    webhook_id: str = Field(primary_key=True, foreign_key="webhook.id")
    event_id: str = Field(primary_key=True)
    tenant_id: str
    due_at: int = big()
    tries: int
    occasion: str


class WebhookAttemptRow(Stored, table=True):
    """A request to an endpoint and its answer."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (
        Index("ix_webhook_attempt_webhook", "webhook_id", "position"),
        Index("ix_webhook_attempt_event", "webhook_id", "event_id", "position"),
    )

    position: int | None = position_field()
    id: str = Field(unique=True)
    webhook_id: str = Field(foreign_key="webhook.id")
    tenant_id: str
    event_id: str
    type: str
    sequence: int = big()
    occasion: str
    number: int
    url: str
    sent_at: int = big(index=True)
    ms: int
    ok: bool
    status: int | None
    answer: str
    error: str
    signature: str
    next_at: int | None = moment()


WEBHOOK = table_of(WebhookRow)
WEBHOOK_RESEND = table_of(WebhookResendRow)
WEBHOOK_ATTEMPT = table_of(WebhookAttemptRow)

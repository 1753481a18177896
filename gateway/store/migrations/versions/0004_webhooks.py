"""Webhooks: endpoints, what is to be sent to them again, what was sent."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.String(), nullable=nullable)


def _big(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _whole(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.Integer(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("position", _SERIAL, autoincrement=True, nullable=False),
        *map(_text, ("id", "tenant_id", "url", "types", "format", "secrets")),
        *map(_big, ("created_at", "updated_at", "cursor")),
        _text("disabled", nullable=True),
        _whole("failures"),
        _big("failing_since", nullable=True),
        _big("resume_at"),
        _big("retry_at", nullable=True),
        _big("due_at", nullable=True),
        _text("lease_owner", nullable=True),
        _big("fence"),
        _whole("version"),
        _big("removed_at", nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_webhook_tenant_id"),
        sa.PrimaryKeyConstraint("position", name="pk_webhook"),
        sa.UniqueConstraint("id", name="uq_webhook_id"),
    )
    op.create_index("ix_webhook_tenant", "webhook", ["tenant_id", "position"])
    waits = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_webhook_due_at", "webhook", ["due_at"], sqlite_where=waits, postgresql_where=waits
    )
    op.create_table(
        "webhook_resend",
        *map(_text, ("webhook_id", "event_id", "tenant_id")),
        _big("due_at"),
        _whole("tries"),
        _text("occasion"),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name="fk_webhook_resend_webhook_id"
        ),
        sa.PrimaryKeyConstraint("webhook_id", "event_id", name="pk_webhook_resend"),
    )
    op.create_index("ix_webhook_resend_due", "webhook_resend", ["webhook_id", "due_at"])
    op.create_table(
        "webhook_attempt",
        sa.Column("position", _SERIAL, autoincrement=True, nullable=False),
        *map(_text, ("id", "webhook_id", "tenant_id", "event_id", "type")),
        _big("sequence"),
        _text("occasion"),
        _whole("number"),
        _text("url"),
        _big("sent_at"),
        _whole("ms"),
        sa.Column("ok", sa.Boolean(), nullable=False),
        _whole("status", nullable=True),
        *map(_text, ("answer", "error", "signature")),
        _big("next_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name="fk_webhook_attempt_webhook_id"
        ),
        sa.PrimaryKeyConstraint("position", name="pk_webhook_attempt"),
        sa.UniqueConstraint("id", name="uq_webhook_attempt_id"),
    )
    op.create_index("ix_webhook_attempt_webhook", "webhook_attempt", ["webhook_id", "position"])
    op.create_index(
        "ix_webhook_attempt_event", "webhook_attempt", ["webhook_id", "event_id", "position"]
    )
    op.create_index("ix_webhook_attempt_sent_at", "webhook_attempt", ["sent_at"])

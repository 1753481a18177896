"""Indexes by which an Inbox of very many conversations is looked through."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_conversation_customer",
        "conversation",
        ["tenant_id", "customer_key", "updated_at", "position"],
    )
    unpaid = sa.text("status IN ('open', 'claimed')")
    op.create_index(
        "ix_invoice_unpaid",
        "invoice",
        ["tenant_id", "status", "due_on", "conversation_id"],
        sqlite_where=unpaid,
        postgresql_where=unpaid,
    )
    op.drop_index("ix_message_tenant", "message")
    op.create_index(
        "ix_message_tenant",
        "message",
        ["tenant_id", "position", "conversation_id", "received_at"],
    )

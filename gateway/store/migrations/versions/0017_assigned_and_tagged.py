"""Indexes of the conversations that have an assignee or tags."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    assigned = sa.text("assignee IS NOT NULL")
    op.create_index(
        "ix_conversation_assignee",
        "conversation",
        ["tenant_id", "assignee", "updated_at", "position"],
        sqlite_where=assigned,
        postgresql_where=assigned,
    )
    tagged = sa.text("tags <> '[]'")
    op.create_index(
        "ix_conversation_tagged",
        "conversation",
        ["tenant_id", "updated_at", "position"],
        sqlite_where=tagged,
        postgresql_where=tagged,
    )

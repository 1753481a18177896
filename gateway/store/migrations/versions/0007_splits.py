"""Which conversation another one was split from."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversation", sa.Column("split_from", sa.String(), nullable=True))
    known = sa.text("split_from IS NOT NULL")
    op.create_index(
        "ix_conversation_split",
        "conversation",
        ["split_from"],
        sqlite_where=known,
        postgresql_where=known,
    )

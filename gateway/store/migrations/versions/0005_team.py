"""Users of the Inbox, saved replies, and who noted a payment."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbox_user",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("id", "tenant_id", "login", "login_key", "name", "role")
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("password_at", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_inbox_user_tenant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_inbox_user"),
    )
    op.create_index("ix_inbox_user_tenant_id", "inbox_user", ["tenant_id"])
    there = sa.text("removed_at IS NULL")
    op.create_index(
        "uq_inbox_user_login",
        "inbox_user",
        ["login_key"],
        unique=True,
        sqlite_where=there,
        postgresql_where=there,
    )
    op.create_table(
        "saved_reply",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("id", "tenant_id", "title", "text")
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_saved_reply_tenant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_reply"),
    )
    op.create_index("ix_saved_reply_tenant_id", "saved_reply", ["tenant_id"])
    op.add_column("payment", sa.Column("noted_by", sa.String(), nullable=False, server_default=""))

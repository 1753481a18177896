"""Companies' own sender domains."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sender_domain",
        *(
            sa.Column(name, kind, nullable=nullable)
            for name, kind, nullable in (
                ("tenant_id", sa.String(), False),
                ("address", sa.String(), False),
                ("token", sa.String(), False),
                ("created_at", sa.BigInteger(), False),
                ("since", sa.BigInteger(), False),
                ("standing", sa.String(), False),
                ("verified_at", sa.BigInteger(), True),
                ("checked_at", sa.BigInteger(), True),
                ("verdicts", sa.String(), False),
                ("check_at", sa.BigInteger(), False),
            )
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_sender_domain_tenant_id"),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_sender_domain"),
    )
    op.create_index("ix_sender_domain_check_at", "sender_domain", ["check_at"])

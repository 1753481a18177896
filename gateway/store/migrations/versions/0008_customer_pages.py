"""What companies let their customers' pages offer and notice."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tenant", sa.Column("pages", sa.String(), nullable=False, server_default="{}"))

"""Mail that went wrong, found without reading all events."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

_FAILURES = "type IN ('message.bounced', 'message.deferred', 'message.complained')"


def upgrade() -> None:
    op.create_index(
        "ix_event_failure",
        "event",
        ["tenant_id", "sequence"],
        sqlite_where=sa.text(_FAILURES),
        postgresql_where=sa.text(_FAILURES),
    )

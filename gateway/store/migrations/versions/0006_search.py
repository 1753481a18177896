"""The words of messages, for search; those of what is there already are found here."""

import sqlalchemy as sa
from alembic import op

from gateway.rules.search import words_of
from gateway.store.message_rows import from_attachment_row, from_row
from gateway.store.tables.search import POSTGRESQL_INDEX, SQLITE_INDEX

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BATCH = 500


def upgrade() -> None:
    op.create_table(
        "message_search",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_message_search"),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_INDEX if is_sqlite else POSTGRESQL_INDEX:
        op.execute(statement)
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    some = (
        sa.select(_MESSAGE)
        .where(_MESSAGE.c.position > sa.bindparam("after"))
        .order_by(_MESSAGE.c.position)
        .limit(_BATCH)
    )
    files = (
        sa.select(_ATTACHMENT)
        .where(_ATTACHMENT.c.message_id == sa.bindparam("id"))
        .order_by(_ATTACHMENT.c.position)
    )
    companies = connection.execute(sa.text("SELECT id, number FROM tenant"))
    numbers: dict[str, int] = {row.id: row.number for row in companies}
    put = sa.text("INSERT INTO message_search VALUES (:position, :tenant_id, :words)")
    after = -1
    while rows := connection.execute(some, {"after": after}).all():
        found = []
        for row in rows:
            having = connection.execute(files, {"id": row.id}).all() if row.attachments else []
            message = from_row(tuple(row), [from_attachment_row(tuple(one)) for one in having])
            words = words_of(message, numbers[message.tenant_id])
            found.append({"position": row.position, "tenant_id": message.tenant_id, "words": words})
        connection.execute(put, found)
        after = rows[-1].position


def _table(name: str, columns: str) -> sa.TableClause:
    """Return a table as it is at this revision, whatever columns it has today."""
    return sa.table(name, *[sa.column(word) for word in columns.split()])


_MESSAGE = _table(
    "message",
    "position id tenant_id conversation_id direction channel from_name from_address subject "
    "received_at recipients date message_id submitted_message_id refs text quoted_text signature "
    "full_text html details sender_expected automatic rule evidence readable visible kind "
    "author_ref invoice_id raw_sha256 raw_size attachments raw_key",
)
_ATTACHMENT = _table(
    "attachment",
    "position id tenant_id message_id filename content_type size sha256 inline content_id document "
    "key",
)

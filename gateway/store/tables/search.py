"""The words of messages, and each database's own index of them.

On SQLite an FTS5 table reads its words from here and is kept by triggers; on PostgreSQL
an index of the expression is all. Neither is known to SQLModel, so both stand here as SQL,
for migrations too.
"""

from sqlalchemy import DDL, event
from sqlmodel import Field

from gateway.store.tables.base import SERIAL, Stored, table_of

SHADOWS = "message_fts"
"""How the names of what SQLite makes for the index begin; no rows of ours are in there."""
_TABLE = """
CREATE VIRTUAL TABLE message_fts USING fts5(
    words, content='message_search', content_rowid='position',
    tokenize='unicode61 remove_diacritics 0'
)
"""
_ADD = """
CREATE TRIGGER message_fts_add AFTER INSERT ON message_search BEGIN
    INSERT INTO message_fts(rowid, words) VALUES (new.position, new.words);
END
"""
_REMOVE = """
CREATE TRIGGER message_fts_remove AFTER DELETE ON message_search BEGIN
    INSERT INTO message_fts(message_fts, rowid, words)
    VALUES ('delete', old.position, old.words);
END
"""
_CHANGE = """
CREATE TRIGGER message_fts_change AFTER UPDATE ON message_search BEGIN
    INSERT INTO message_fts(message_fts, rowid, words)
    VALUES ('delete', old.position, old.words);
    INSERT INTO message_fts(rowid, words) VALUES (new.position, new.words);
END
"""
SQLITE_INDEX = (_TABLE, _ADD, _REMOVE, _CHANGE)
POSTGRESQL_INDEX = (
    "CREATE INDEX message_fts ON message_search USING gin (to_tsvector('simple', words))",
)


class MessageSearchRow(Stored, table=True):
    """The words under which a message is found. position: the message's."""

    __tablename__ = "message_search"

    position: int = Field(
        primary_key=True, sa_type=SERIAL, sa_column_kwargs={"autoincrement": False}
    )
    tenant_id: str
    words: str


MESSAGE_SEARCH = table_of(MessageSearchRow)
for _dialect, _statements in (("sqlite", SQLITE_INDEX), ("postgresql", POSTGRESQL_INDEX)):
    for _statement in _statements:
        _made = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy's gap
        event.listen(MESSAGE_SEARCH, "after_create", _made)

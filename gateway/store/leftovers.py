"""Bytes that nothing needs any more: dropped, unless somebody else's mail has them too."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, delete, or_, select, text, update

from gateway.rules.model import IMPORTED, Direction
from gateway.store.repeats import Facts
from gateway.store.rows import to_micros
from gateway.store.statements import SQLITE, Statement
from gateway.store.tables import ATTACHMENT, CONTENT, DELIVERY, INBOUND, MESSAGE
from gateway.store.traces import chunks
from gateway.store.transaction import Transaction

NO_ENVELOPE: Final = '["",[],null,null,false]'
NO_PEER: Final = '["",0,"",null,null,null]'
_WATERMARK: Final = "raw_dropped_up_to"
_PAGES: Final = 500
"""What is merged of the index in one transaction."""
_C, _I, _M = CONTENT.c, INBOUND.c, MESSAGE.c
_KEYS = (
    (MESSAGE.c.raw_key, MESSAGE.c.id),
    (ATTACHMENT.c.key, ATTACHMENT.c.message_id),
    (DELIVERY.c.raw_key, DELIVERY.c.message_id),
)


def content_keys(transaction: Transaction, messages: Sequence[str]) -> set[bytes]:
    """Return the keys of the contents that messages, their documents and copies refer to."""
    keys: set[bytes] = set()
    for key, owner in _KEYS:
        for ids in chunks(messages):
            which = or_(*[owner == one for one in ids])
            rows = transaction.rows(Statement(select(key).where(key.is_not(None), which)), {})
            keys |= {bytes(row[0]) for row in rows}
    return keys


def drop_unused(transaction: Transaction, keys: Iterable[bytes]) -> list[tuple[str, str]]:
    """Drop those contents that nothing refers to; return (company, hash) of blobs among them."""
    blobs: list[tuple[str, str]] = []
    for key in sorted(keys):
        found = transaction.row(
            Statement(select(_C.tenant_id, _C.sha256, _C.data.is_(None)).where(_C.key == key)),
            {},
        )
        if found is None or _is_used(transaction, key, found[0], found[1]):
            continue
        transaction.run(Statement(delete(CONTENT).where(_C.key == key)), {})
        if found[2]:
            blobs.append((found[0], found[1]))
    return blobs


def _is_used(transaction: Transaction, key: bytes, tenant_id: str, sha256: str) -> bool:
    for column, _ in _KEYS:
        if transaction.row(Statement(select(column).where(column == key).limit(1)), {}):
            return True
    unread = and_(_I.due_at.is_not(None), _I.tenant_id == tenant_id, _I.raw_sha256 == sha256)
    return transaction.row(Statement(select(_I.id).where(unread).limit(1)), {}) is not None


_MERGE: Final = Statement(
    text("INSERT INTO message_fts(message_fts, rank) VALUES ('merge', :pages)")
)
_CHANGES: Final = Statement(text("SELECT total_changes()"))


def merge_words(transaction: Transaction, *, first: bool) -> bool:
    """Merge a piece of SQLite's index of words, which keeps what was deleted until then.

    first: begin to merge all of it. Returns whether there is more; nothing to do on PostgreSQL.
    """
    if transaction.dialect != SQLITE:
        return False
    before = transaction.rows(_CHANGES, {})[0][0]
    transaction.run(_MERGE, {"pages": -_PAGES if first else _PAGES})
    # FTS5 counts one change for the command itself.
    return bool(transaction.rows(_CHANGES, {})[0][0] - before > 1)


def drop_raw(
    transaction: Transaction, before: datetime, limit: int
) -> tuple[int, list[tuple[str, str]]]:
    """Drop raw bytes and envelopes of mail that came before a moment; see `ports.privacy`.

    Mail is numbered as it comes, so a number remembers how far this has got.
    """
    facts = Facts(transaction)
    mark = int(facts.get(_WATERMARK) or 0)
    old = (
        select(_M.position, _M.id, _M.raw_key, _M.received_at, _M.kind)
        .where(_M.position > mark, _M.direction == Direction.IN.value)
        .order_by(_M.position)
        .limit(limit)
    )
    seen, keys = 0, set()
    for position, id_, raw_key, received_at, kind in transaction.rows(Statement(old), {}):
        if received_at >= to_micros(before) and kind != IMPORTED:
            break
        mark, seen = position, seen + 1
        if kind == IMPORTED:
            continue
        changes: dict[str, Any] = {"raw_key": None, "raw_sha256": None, "raw_size": 0}
        transaction.run(Statement(update(MESSAGE).where(_M.id == id_).values(**changes)), {})
        emptied = {"envelope": NO_ENVELOPE, "peer": NO_PEER}
        transaction.run(Statement(update(INBOUND).where(_I.id == id_).values(**emptied)), {})
        if raw_key is not None:
            keys.add(bytes(raw_key))
    if seen:
        facts.put(_WATERMARK, str(mark))
    return seen, drop_unused(transaction, keys)

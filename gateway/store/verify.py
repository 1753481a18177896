"""Proves a store: sound database, no broken reference, bytes that match their hashes."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select
from sqlalchemy.exc import DBAPIError

from gateway.mail.errors import Fault
from gateway.ports.blobs import Blobs
from gateway.store.claim import DatabaseNow
from gateway.store.events import COUNTER_NAME as EVENTS
from gateway.store.invoices import COUNTER_NAME as RECEIPTS
from gateway.store.opening import OpenStore
from gateway.store.references import REFERENCES, Reference
from gateway.store.rows import from_micros, key_of
from gateway.store.tables import CONTENT, CONVERSATION, COUNTER, EVENT, INBOUND, INVOICE, RECEIPT

GRACE = timedelta(hours=1)
"""How long a blob may lie there before what refers to it is stored."""

_SHOWN = 20
_BATCH = 100
_C = CONTENT.c
_I = INBOUND.c


async def findings(store: OpenStore, blobs: Blobs, *, grace: timedelta = GRACE) -> list[str]:
    """Return what is wrong, in words; nothing if the store is sound."""
    found = await asyncio.to_thread(_in_database, store)
    try:
        found += await _in_blobs(store, blobs)
        found += await asyncio.to_thread(lambda: list(_orphaned(store, blobs, grace)))
    except DBAPIError as error:
        found.append(_unreadable(error))
    return list(dict.fromkeys(found))


def _in_database(store: OpenStore) -> list[str]:
    checks: Sequence[Callable[[Connection], Iterable[str]]] = (
        _damage,
        _broken_references,
        _unreadable_spool,
        _wrong_bytes,
        _wrong_invoice_lists,
        _gaps_in_events,
        _gaps_in_receipts,
    )
    found: list[str] = []
    for check in checks:
        try:
            with store.engine().connect() as connection:
                found += check(connection)
        except DBAPIError as error:
            found.append(_unreadable(error))
    return found


def _unreadable(error: DBAPIError) -> str:
    return f"the database can't be read: {error.orig}"


def _damage(connection: Connection) -> Iterator[str]:
    if connection.dialect.name != "sqlite":
        return
    for (line,) in connection.exec_driver_sql("PRAGMA integrity_check"):
        if line != "ok":
            yield f"the database is damaged: {line}"
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"{table}: row {row} refers to a {parent} that is not there"


def _broken_references(connection: Connection) -> Iterator[str]:
    for reference in REFERENCES:
        yield from _broken(connection, reference)


def _broken(connection: Connection, reference: Reference) -> Iterator[str]:
    child, parent = reference.child, reference.parent.alias("parent")
    column, goal = child.c[reference.column], parent.c[reference.goal]
    missing: list[ColumnElement[bool]] = [goal.is_(None)]
    if reference.within_company:
        missing.append(parent.c.tenant_id != child.c.tenant_id)
    name = child.c[reference.name]
    rows = connection.execute(
        select(name, column)
        .select_from(child.outerjoin(parent, column == goal))
        .where(and_(column.is_not(None), or_(*missing)))
        .order_by(name)
        .limit(_SHOWN)
    )
    for id_, value in rows:
        shown = value.hex() if isinstance(value, bytes) else value
        yield (
            f"{child.name} {id_}: {reference.column} {shown} "
            f"is no {reference.parent.name} of its company"
        )


def _unreadable_spool(connection: Connection) -> Iterator[str]:
    """Give accepted mail that waits to be read, but whose bytes are not there."""
    known = select(_C.position).where(_C.key == bindparam("key"))
    waiting = select(_I.id, _I.tenant_id, _I.raw_sha256).where(_I.due_at.is_not(None))
    for id_, tenant_id, sha256 in connection.execute(waiting).all():
        if connection.execute(known, {"key": key_of(tenant_id, sha256)}).first() is None:
            yield f"inbound {id_}: its bytes {sha256} are not there"


def _wrong_bytes(connection: Connection) -> Iterator[str]:
    for row in _contents(connection, _C.data.is_not(None), _C.data):
        if row.key != key_of(row.tenant_id, row.sha256):
            yield f"content {row.sha256} of {row.tenant_id}: its key is wrong"
        if len(row.data) != row.size or hashlib.sha256(row.data).hexdigest() != row.sha256:
            yield f"content {row.sha256} of {row.tenant_id}: its bytes are not those it was made of"


def _contents(connection: Connection, which: Any, *more: Any) -> Iterator[Any]:
    """Give contents, a batch at a time, however many there are."""
    statement = (
        select(_C.position, _C.key, _C.tenant_id, _C.sha256, _C.size, *more)
        .where(which, _C.position > bindparam("after"))
        .order_by(_C.position)
        .limit(_BATCH)
    )
    after = -1
    while rows := connection.execute(statement, {"after": after}).all():
        yield from rows
        after = rows[-1].position


def _wrong_invoice_lists(connection: Connection) -> Iterator[str]:
    listed = connection.execute(
        select(CONVERSATION.c.id, CONVERSATION.c.invoice_ids)
        .where(or_(CONVERSATION.c.invoice_ids != "", CONVERSATION.c.id.in_(_WITH_INVOICES)))
        .order_by(CONVERSATION.c.id)
    )
    ids = select(INVOICE.c.id).where(INVOICE.c.conversation_id == bindparam("conversation_id"))
    for conversation_id, shown in listed.all():
        there = connection.execute(ids, {"conversation_id": conversation_id}).scalars()
        if set(there) != set(shown.split()):
            yield f"conversation {conversation_id}: its list of invoices is wrong"


_WITH_INVOICES = select(INVOICE.c.conversation_id)


def _gaps_in_events(connection: Connection) -> Iterator[str]:
    # Old events may be gone, so they needn't begin with 1.
    return _gaps(connection, EVENT.c.tenant_id, EVENT.c.sequence, EVENTS, begins=None)


def _gaps_in_receipts(connection: Connection) -> Iterator[str]:
    return _gaps(connection, RECEIPT.c.tenant_id, RECEIPT.c.number, RECEIPTS, begins=1)


def _gaps(
    connection: Connection, tenant: Any, number: Any, counter: str, *, begins: int | None
) -> Iterator[str]:
    rows = connection.execute(
        select(tenant, func.count(number), func.min(number), func.max(number), COUNTER.c.value)
        .outerjoin(COUNTER, and_(COUNTER.c.tenant_id == tenant, COUNTER.c.name == counter))
        .where(number.is_not(None))
        .group_by(tenant, COUNTER.c.value)
        .order_by(tenant)
    )
    for tenant_id, count, first, last, counted in rows:
        if count != last - (begins or first) + 1:
            yield f"{tenant_id}: {counter} numbers up to {last} have gaps"
        if counted != last:
            yield f"{tenant_id}: the last {counter} has number {last}, the counter says {counted}"


async def _in_blobs(store: OpenStore, blobs: Blobs) -> list[str]:
    """Return which contents have no blob, or another one."""

    def large() -> list[tuple[str, str, int]]:
        with store.engine().connect() as connection:
            rows = _contents(connection, _C.data.is_(None))
            return [(row.tenant_id, row.sha256, row.size) for row in rows]

    found = []
    for tenant_id, sha256, size in await asyncio.to_thread(large):
        digest, seen = hashlib.sha256(), 0
        try:
            async for piece in blobs.read(tenant_id, sha256):
                await asyncio.to_thread(digest.update, piece)
                seen += len(piece)
        except Fault as fault:
            found.append(f"content {sha256} of {tenant_id}: {fault}")
            continue
        if digest.hexdigest() != sha256 or seen != size:
            found.append(f"blob {sha256} of {tenant_id}: its bytes are not those it was made of")
    return found


def _orphaned(store: OpenStore, blobs: Blobs, grace: timedelta) -> Iterator[str]:
    """Give the blobs that nothing refers to."""
    with store.engine().connect() as connection:
        now: datetime = from_micros(connection.execute(select(DatabaseNow())).scalar_one())
        old = ((one[0], one[1]) for one in blobs.listed() if one[3] < now - grace)
        while batch := list(islice(old, _BATCH)):
            keys = {key_of(tenant_id, sha256): (tenant_id, sha256) for tenant_id, sha256 in batch}
            known = connection.execute(select(_C.key).where(_C.key.in_(keys))).scalars()
            for tenant_id, sha256 in (keys[key] for key in keys.keys() - {*map(bytes, known)}):
                yield f"blob {sha256} of {tenant_id}: nothing refers to it"

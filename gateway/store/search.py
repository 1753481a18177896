"""Search: the words of messages, and the question that each database understands."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import NullType

from gateway.rules.documents import TITLES
from gateway.rules.model import Message
from gateway.rules.search import Query, Term, sqlite_match, tsquery, words_of
from gateway.store.invoice_rows import number_key
from gateway.store.rows import to_json, to_micros
from gateway.store.statements import POSTGRESQL, SQLITE, Statement, columns, new, passing
from gateway.store.tables import (
    CONVERSATION,
    DELIVERY,
    INVOICE,
    MESSAGE,
    MESSAGE_SEARCH,
    TENANT,
)
from gateway.store.transaction import Transaction

_M = MESSAGE.c
_C = CONVERSATION.c
_S = MESSAGE_SEARCH.c
_ADD = Statement(new(MESSAGE_SEARCH), keys=[*columns(MESSAGE_SEARCH), "position"])
_CHANGE = Statement(
    update(MESSAGE_SEARCH).where(
        _S.position == bindparam("the_position"), _S.words != bindparam("the_words")
    ),
    keys=["words"],
)
_RARE = 4000
"""Up to how many hits a search begins with them, instead of with the newest of all."""
_NUMBER = Statement(select(TENANT.c.number).where(TENANT.c.id == bindparam("id")))


class Found(ColumnElement[bool]):
    """The message's position is among those that the parameter `match` finds.

    SQLite compares it with 1, so that it goes through messages by the index that holds all that
    is asked of them; see `FoundRarely`.
    """

    inherit_cache = True
    type = Boolean()


class FoundRarely(ColumnElement[bool]):
    """The same, for SQLite to begin with."""

    inherit_cache = True
    type: Any = NullType()


_FOUND = {
    SQLITE: text(
        "message.position IN (SELECT rowid FROM message_fts WHERE message_fts MATCH :match)"
    ),
    POSTGRESQL: text(
        "message.position IN (SELECT message_search.position FROM message_search "
        "WHERE to_tsvector('simple', message_search.words) @@ to_tsquery('simple', :match))"
    ),
}


@compiles(Found, SQLITE)
@compiles(FoundRarely, SQLITE)
def _sqlite_found(_element: Found | FoundRarely, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(_FOUND[SQLITE], **more)


@compiles(Found, POSTGRESQL)
@compiles(FoundRarely, POSTGRESQL)
def _postgresql_found(_element: Found | FoundRarely, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(_FOUND[POSTGRESQL], **more)


class HowMany(ColumnElement[int]):
    """How many messages `match` finds, counted up to `most`."""

    inherit_cache = True
    type = Integer()


_HOW_MANY = {
    SQLITE: text(
        "(SELECT count(*) FROM "
        "(SELECT 1 FROM message_fts WHERE message_fts MATCH :match LIMIT :most) AS few)"
    ),
    POSTGRESQL: text(
        "(SELECT count(*) FROM (SELECT 1 FROM message_search "
        "WHERE to_tsvector('simple', words) @@ to_tsquery('simple', :match) LIMIT :most) AS few)"
    ),
}


@compiles(HowMany, SQLITE)
def _sqlite_how_many(_element: HowMany, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(_HOW_MANY[SQLITE], **more)


@compiles(HowMany, POSTGRESQL)
def _postgresql_how_many(_element: HowMany, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(_HOW_MANY[POSTGRESQL], **more)


_HOW_MANY_HITS = Statement(select(HowMany()))


class Words:
    """Keeps the words of messages in the transaction that stores them."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._numbers: dict[str, int] = {}

    def add(self, message: Message) -> None:
        """Index a message that has its position."""
        row = {
            "position": message.position,
            "tenant_id": message.tenant_id,
            "words": words_of(message, self.number(message.tenant_id)),
        }
        self._transaction.run(_ADD, row)

    def change(self, message: Message) -> None:
        """Index it anew if its words are others now."""
        words = words_of(message, self.number(message.tenant_id))
        row = {"the_position": message.position, "the_words": words, "words": words}
        self._transaction.run(_CHANGE, row)

    def are_rare(self, given: Mapping[str, Any]) -> bool:
        """Say whether so few messages have the words that one begins with them.

        given: the values of a question, as `parameters` returns them.

        SQLite can't know, and goes through all conversations, or all hits, the wrong way round.
        """
        if "match" not in given:
            return False
        row = self._transaction.row(_HOW_MANY_HITS, {"match": given["match"], "most": _RARE + 1})
        return row is not None and row[0] <= _RARE

    def number(self, tenant_id: str) -> int:
        """Return a company's number; it never changes."""
        found = self._numbers.get(tenant_id)
        if found is None:
            row = self._transaction.row(_NUMBER, {"id": tenant_id})
            found = self._numbers[tenant_id] = -1 if row is None else int(row[0])
        return found


def of_messages(query: Query, *, rare: bool = False) -> list[ColumnElement[bool]]:
    """Return what holds for messages that a question finds. rare: its words are."""
    found: list[ColumnElement[bool]] = []
    if query.terms:
        found.append(FoundRarely() if rare else Found())
    if query.before is not None:
        found.append(_M.received_at < bindparam("before_day"))
    if query.after is not None:
        found.append(_M.received_at >= bindparam("after_day"))
    if query.states:
        states: list[Any] = [bindparam(f"state_{n}") for n in range(len(query.states))]
        found.append(exists().where(DELIVERY.c.message_id == _M.id, DELIVERY.c.state.in_(states)))
    return found


def of_conversations(query: Query) -> list[ColumnElement[bool]]:
    """Return what holds for the conversations of messages that a question finds."""
    found: list[ColumnElement[bool]] = [_IS[word]() for word in query.is_]
    if query.tag is not None:
        # LIKE would ignore letter case in one of the databases.
        found.append(func.replace(_C.tags, bindparam("query_tag"), "") != _C.tags)
    if query.assignee is not None:
        found.append(_C.assignee == bindparam("query_assignee"))
    if query.invoice is not None:
        numbers: list[Any] = [bindparam(f"query_number_{kind}") for kind in TITLES]
        named = or_(INVOICE.c.id == bindparam("query_invoice"), INVOICE.c.number_key.in_(numbers))
        found.append(_C.id.in_(select(INVOICE.c.conversation_id).where(named)))
    return found


def begins_with_few(query: Query) -> bool:
    """Say whether a question names what few conversations have, its words aside."""
    return query.invoice is not None or "claimed" in query.is_


def shape(query: Query) -> Query:
    """Return a question with the same conditions; there are few kinds of them."""
    return Query(
        terms=(Term("", ()),) if query.terms else (),
        is_=tuple(sorted(query.is_)),
        states=tuple(str(n) for n in range(len(query.states))),
        before=query.before and date.min,
        after=query.after and date.min,
        tag=None if query.tag is None else "",
        assignee=None if query.assignee is None else "",
        invoice=None if query.invoice is None else "",
    )


@lru_cache(maxsize=256)
def messages_found(kind: Query, *, rare: bool = False) -> Statement:
    """Return the statement for messages, newest first. kind: a `shape`; rare: its words are."""
    return Statement(
        select(*_M)
        .join(CONVERSATION, _C.id == _M.conversation_id)
        .where(
            (passing(_M.tenant_id) if rare else _M.tenant_id) == bindparam("tenant_id"),
            (_M.position + 0 if rare else _M.position) < bindparam("before"),
            *of_messages(kind, rare=rare),
            *of_conversations(kind),
        )
        .order_by(_M.position.desc())
        .limit(bindparam("limit"))
    )


def conversations_found(kind: Query, *, rare: bool = False) -> list[ColumnElement[bool]]:
    """Return what holds for conversations that have such messages.

    kind: a `shape`; rare: its words are.
    """
    found = of_conversations(kind)
    wanted = of_messages(kind, rare=rare)
    if wanted:
        tenant = passing(_M.tenant_id) if rare else _M.tenant_id
        theirs = select(_M.conversation_id).where(tenant == bindparam("tenant_id"), *wanted)
        found.append(_C.id.in_(theirs))
    return found


def parameters(
    query: Query, tenant_id: str, number: int, dialect: str, today: date
) -> dict[str, Any]:
    """Return the values that the conditions take."""
    given: dict[str, Any] = {}
    match = (tsquery if dialect == POSTGRESQL else sqlite_match)(query, number)
    if match is not None:
        given["match"] = match
    for name, day in (("before_day", query.before), ("after_day", query.after)):
        if day is not None:
            given[name] = to_micros(datetime.combine(day, time(), UTC))
    given |= {f"state_{n}": state for n, state in enumerate(query.states)}
    if query.tag is not None:
        given["query_tag"] = to_json(query.tag)
    if query.assignee is not None:
        given["query_assignee"] = query.assignee
    if query.invoice is not None:
        given["query_invoice"] = query.invoice
        given |= {
            f"query_number_{kind}": number_key(tenant_id, kind, query.invoice) for kind in TITLES
        }
    if "overdue" in query.is_:
        given["today"] = today.isoformat()
    return given


def _invoice(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(INVOICE.c.conversation_id == _C.id, *which)


def _his_invoice(*which: Any) -> ColumnElement[bool]:
    """Return the same for the unpaid ones, which are few of many and have an index."""
    theirs = select(INVOICE.c.conversation_id)
    return _C.id.in_(theirs.where(INVOICE.c.tenant_id == bindparam("tenant_id"), *which))


def _status(word: str) -> Any:
    return lambda: _C.status == word


# As the partial index says it.
_UNPAID = text("invoice.status IN ('open', 'claimed')")
_IS: dict[str, Any] = {
    # As the partial indexes say it.
    "unread": lambda: text("conversation.unread > 0"),
    "failed": lambda: text("conversation.failed"),
    "open": _status("open"),
    "waiting": _status("waiting"),
    "closed": _status("closed"),
    "spam": _status("spam"),
    "unpaid": lambda: _his_invoice(_UNPAID),
    "paid": lambda: _invoice(INVOICE.c.status == "paid"),
    "claimed": lambda: _his_invoice(_UNPAID, INVOICE.c.status == "claimed"),
    "cancelled": lambda: _invoice(INVOICE.c.status == "cancelled"),
    "overdue": lambda: _his_invoice(_UNPAID, INVOICE.c.due_on < bindparam("today")),
}

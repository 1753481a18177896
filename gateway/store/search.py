"""Search: the questions that each database understands."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    and_,
    bindparam,
    column,
    exists,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
)

from gateway.rules.documents import TITLES
from gateway.rules.search import Query, sqlite_match, tsquery
from gateway.rules.search_plan import Plan, needle
from gateway.store.invoice_rows import number_key
from gateway.store.rows import to_json, to_micros
from gateway.store.statements import POSTGRESQL, Statement, passing
from gateway.store.tables import CONVERSATION, DELIVERY, INVOICE, MESSAGE, MESSAGE_SEARCH

_M = MESSAGE.c
_C = CONVERSATION.c
_S = MESSAGE_SEARCH.c
FEW = 400
"""Up to how many conversations are gone through before messages are."""
_FTS = table("message_fts", column("rowid", Integer))
_ONE, _NONE = literal_column("1", Integer), literal_column("0", Integer)
_FTS_MATCH = text("message_fts MATCH :match")
_TSV_MATCH = text("to_tsvector('simple', message_search.words) @@ to_tsquery('simple', :match)")


@dataclass(frozen=True, slots=True)
class Way:
    """The kind of a plan, of which there are few.

    match: the index is asked. tests: (begins, without) of each term that words are tested for.
    narrow: what is asked of conversations holds for few of them.
    """

    match: bool = False
    tests: tuple[tuple[bool, bool], ...] = ()
    narrow: bool = False

    @property
    def walks(self) -> bool:
        """Say whether messages are gone through, the newest first."""
        return bool(self.tests) and not self.match


WORDLESS = Way()


def way_of(plan: Plan, *, narrow: bool = False) -> Way:
    """Return the kind of a plan."""
    tests = tuple((one.begins, one.without) for one in plan.tests)
    return Way(bool(plan.match), tests, narrow)


@dataclass(frozen=True, slots=True)
class _Messages:
    """Where messages come from: a FROM clause, their place in order, and what holds for them.

    with_conversations: what is asked of conversations can be said beside it.
    """

    rows: FromClause
    place: ColumnElement[int]
    which: tuple[Any, ...]
    received_at: ColumnElement[int] = _M.received_at
    with_conversations: bool = False


def _wordless() -> _Messages:
    """Return all messages of the company."""
    rows = MESSAGE.join(CONVERSATION, _C.id == _M.conversation_id)
    mine = _M.tenant_id == bindparam("tenant_id")
    return _Messages(rows, _M.position, (mine,), with_conversations=True)


# `+ 0` and `passing` leave the databases one order of going through tables.
def _matched(way: Way, dialect: str) -> _Messages:
    """Return the messages that the index finds."""
    passed = passing(_M.tenant_id) == bindparam("tenant_id")
    if dialect == POSTGRESQL:
        # OFFSET and `+ 0` keep it from going through all messages backwards, matching each;
        # in their order, the hits are joined to no more messages than are wanted.
        ordered = (_S.position + 0).label("place")
        hit = select(_S.position, _S.words, ordered).where(_TSV_MATCH).order_by(ordered.desc())
        hits = hit.offset(_NONE).subquery("hit")
        rows: FromClause = hits.join(MESSAGE, _M.position == hits.c.position)
        return _Messages(rows, hits.c.place, (passed, *_tests(way, hits.c.words, dialect)))
    place: ColumnElement[int] = _FTS.c.rowid
    rows = _FTS.join(MESSAGE_SEARCH, _S.position == place + 0) if way.tests else _FTS
    rows = rows.join(MESSAGE, _M.position == place + 0)
    return _Messages(rows, place, (passed, _FTS_MATCH, *_tests(way, _S.words, dialect)))


def _walked(way: Way, dialect: str) -> _Messages:
    """Return the messages by their index, the newest first, each looked at."""
    # Its columns are all in the index.
    his = MESSAGE.alias("his")
    rows = his.join(MESSAGE_SEARCH, _S.position == his.c.position + 0)
    rows = rows.join(MESSAGE, _M.position == his.c.position + 0)
    mine = his.c.tenant_id == bindparam("tenant_id")
    which = (mine, *_tests(way, _S.words, dialect))
    return _Messages(rows, his.c.position, which, his.c.received_at)


def _of_few(way: Way, dialect: str) -> _Messages:
    """Return the messages of conversations."""
    rows = CONVERSATION.join(MESSAGE, _M.conversation_id == _C.id)
    rows = rows.join(MESSAGE_SEARCH, _S.position == _M.position + 0)
    passed = passing(_M.tenant_id) == bindparam("tenant_id")
    which = (passed, *_tests(way, _S.words, dialect))
    return _Messages(rows, _M.position + 0, which, with_conversations=True)


def _tests(way: Way, words: ColumnElement[str], dialect: str) -> tuple[ColumnElement[bool], ...]:
    """Return what holds for the words of a message; the parameters are word_0, word_1, ..."""
    place = func.strpos if dialect == POSTGRESQL else func.instr
    found = []
    for n, (begins, without) in enumerate(way.tests):
        at = place(words if begins else words + " ", bindparam(f"word_{n}"))
        found.append(at == 0 if without else at > 0)
    return tuple(found)


def _of_messages(
    query: Query, received_at: ColumnElement[int] = _M.received_at
) -> list[ColumnElement[bool]]:
    """Return what holds for messages that a question finds, its words aside."""
    found: list[ColumnElement[bool]] = []
    if query.before is not None:
        found.append(received_at < bindparam("before_day"))
    if query.after is not None:
        found.append(received_at >= bindparam("after_day"))
    if query.states:
        states: list[Any] = [bindparam(f"state_{n}") for n in range(len(query.states))]
        found.append(exists().where(DELIVERY.c.message_id == _M.id, DELIVERY.c.state.in_(states)))
    return found


def of_conversations(query: Query) -> list[ColumnElement[bool]]:
    """Return what holds for the conversations of messages that a question finds."""
    found: list[ColumnElement[bool]] = [_IS[word]() for word in query.is_]
    if query.tag is not None:
        found.append(tagged(bindparam("query_tag")))
    if query.assignee is not None:
        found.append(assigned(bindparam("query_assignee")))
    if query.invoice is not None:
        numbers: list[Any] = [bindparam(f"query_number_{kind}") for kind in TITLES]
        named = or_(INVOICE.c.id == bindparam("query_invoice"), INVOICE.c.number_key.in_(numbers))
        found.append(_C.id.in_(select(INVOICE.c.conversation_id).where(named)))
    return found


def tagged(tag: Any) -> ColumnElement[bool]:
    """Return what holds for conversations with a tag, given as JSON."""
    # As the partial index says it; LIKE would ignore letter case in one of the databases.
    return and_(text("conversation.tags <> '[]'"), func.replace(_C.tags, tag, "") != _C.tags)


def assigned(who: Any) -> ColumnElement[bool]:
    """Return what holds for conversations of an assignee."""
    # As the partial index says it.
    return and_(text("conversation.assignee IS NOT NULL"), _C.assignee == who)


def asks_of_conversations(query: Query) -> bool:
    """Say whether a question asks something of conversations."""
    return bool(query.is_ or query.tag or query.assignee or query.invoice)


def begins_with_few(query: Query) -> bool:
    """Say whether a question names what few conversations have, its words aside."""
    return query.invoice is not None or "claimed" in query.is_


def shape(query: Query) -> Query:
    """Return a question with the same conditions but words; there are few kinds of them."""
    return Query(
        is_=tuple(sorted(query.is_)),
        states=tuple(str(n) for n in range(len(query.states))),
        before=query.before and date.min,
        after=query.after and date.min,
        tag=None if query.tag is None else "",
        assignee=None if query.assignee is None else "",
        invoice=None if query.invoice is None else "",
    )


@lru_cache(maxsize=256)
def messages_found(kind: Query, way: Way, dialect: str) -> Statement:
    """Return the statement for messages, newest first. kind: a `shape`."""
    if way.match:
        found = _matched(way, dialect)
    elif not way.tests:
        found = _wordless()
    else:
        found = (_of_few if way.narrow else _walked)(way, dialect)
    which = [*found.which, found.place < bindparam("before")]
    which += _of_messages(kind, found.received_at)
    theirs = of_conversations(kind)
    if found.with_conversations:
        which += theirs
    elif theirs:
        which.append(select(_ONE).where(_C.id == _M.conversation_id, *theirs).exists())
    ordered = select(*_M).select_from(found.rows).where(*which).order_by(found.place.desc())
    return Statement(ordered.limit(bindparam("limit")))


@lru_cache(maxsize=64)
def how_many_conversations(kind: Query) -> Statement:
    """Return the statement for the number of conversations, `FEW` + 1 at most. kind: a `shape`."""
    mine = _C.tenant_id == bindparam("tenant_id")
    few = select(_ONE).select_from(CONVERSATION).where(mine, *of_conversations(kind))
    return Statement(select(func.count()).select_from(few.limit(FEW + 1).subquery("few")))


def conversations_found(kind: Query, way: Way, dialect: str) -> list[ColumnElement[bool]]:
    """Return what holds for conversations that have such messages. kind: a `shape`."""
    conditions, more = of_conversations(kind), _of_messages(kind)
    if way.walks:
        # Conversation by conversation; LIMIT and OFFSET keep PostgreSQL from another order.
        rows = MESSAGE.join(MESSAGE_SEARCH, _S.position == _M.position + 0)
        theirs = select(_ONE).select_from(rows).where(_M.conversation_id == _C.id)
        one = theirs.where(*_tests(way, _S.words, dialect), *more).limit(_ONE).offset(_NONE)
        conditions.append(one.correlate(CONVERSATION).exists())
    elif way.match or more:
        mine = _M.tenant_id == bindparam("tenant_id")
        found = _matched(way, dialect) if way.match else _Messages(MESSAGE, _M.position, (mine,))
        ids = select(_M.conversation_id).select_from(found.rows)
        conditions.append(_C.id.in_(ids.where(*found.which, *more)))
    return conditions


def words_asked(plan: Plan, number: int, dialect: str) -> dict[str, Any]:
    """Return the values that the conditions about words take. number: the company's."""
    given = {f"word_{n}": needle(term, number) for n, term in enumerate(plan.tests)}
    if plan.match:
        say = tsquery if dialect == POSTGRESQL else sqlite_match
        given["match"] = say(plan.match, number)
    return given


def parameters(query: Query, tenant_id: str, today: date) -> dict[str, Any]:
    """Return the values that the other conditions take."""
    given: dict[str, Any] = {}
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

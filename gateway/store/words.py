"""The words of messages: kept beside them, and looked at to plan a search."""

from sqlalchemy import BigInteger, bindparam, func, select, update

from gateway.rules.model import Message
from gateway.rules.search import Query, words_of
from gateway.rules.search_plan import MANY, Plan, plan_of
from gateway.store.statements import Statement, columns, new
from gateway.store.tables import MESSAGE, MESSAGE_SEARCH, TENANT
from gateway.store.transaction import Transaction

_M = MESSAGE.c
_S = MESSAGE_SEARCH.c
_ADD = Statement(new(MESSAGE_SEARCH), keys=[*columns(MESSAGE_SEARCH), "position"])
_CHANGE = Statement(
    update(MESSAGE_SEARCH).where(
        _S.position == bindparam("the_position"), _S.words != bindparam("the_words")
    ),
    keys=["words"],
)
_NUMBER = Statement(select(TENANT.c.number).where(TENANT.c.id == bindparam("id")))
_SEEN = 600
"""How many messages are looked at, evenly taken from all."""
_SEEN_LETTERS = 4000
_HIS = _M.tenant_id == bindparam("tenant_id")
_ENDS = Statement(
    select(
        select(func.min(_M.position)).where(_HIS).scalar_subquery(),
        select(func.max(_M.position)).where(_HIS).scalar_subquery(),
    )
)


def _sample() -> Statement:
    first, step, last = (bindparam(name, type_=BigInteger) for name in ("first", "step", "last"))
    probe = select(first.label("at")).cte("probe", recursive=True)
    probe = probe.union_all(select(probe.c.at + step).where(probe.c.at + step <= last))
    # Its place alone first: joined, PostgreSQL goes through all words up to there.
    one = select(_M.position).where(_HIS, _M.position >= probe.c.at).order_by(_M.position)
    place = one.limit(1).correlate(probe).scalar_subquery()
    words = select(func.substr(_S.words, 1, _SEEN_LETTERS)).where(_S.position == place)
    return Statement(select(words.correlate(probe).scalar_subquery()).select_from(probe))


_SAMPLE = _sample()


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

    def plan(self, tenant_id: str, query: Query, *, share: float = MANY) -> Plan:
        """Return how to look for a question's words among a company's messages."""
        if not query.terms:
            return Plan()
        seen = self._seen(tenant_id)
        return plan_of(query.terms, seen, self.number(tenant_id), share=share)

    def number(self, tenant_id: str) -> int:
        """Return a company's number; it never changes."""
        found = self._numbers.get(tenant_id)
        if found is None:
            row = self._transaction.row(_NUMBER, {"id": tenant_id})
            found = self._numbers[tenant_id] = -1 if row is None else int(row[0])
        return found

    def _seen(self, tenant_id: str) -> list[str]:
        row = self._transaction.row(_ENDS, {"tenant_id": tenant_id})
        if row is None or row[0] is None:
            return []
        first, last = row
        # Odd, so that mail that comes and goes in turns isn't all of one kind.
        step = (last - first) // _SEEN | 1
        given = {"tenant_id": tenant_id, "first": first, "step": step, "last": last}
        return [words for (words,) in self._transaction.rows(_SAMPLE, given) if words is not None]

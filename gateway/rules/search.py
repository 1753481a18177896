"""What is searched for, and under which words a message is found.

Each word of the index carries its company's number and the field that it stands in: companies
never meet in an index, and `from:jana` is a word like any other.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.rules.folding import fold
from gateway.rules.model import Message

MOST_OCTETS = 300_000
"""Of the words of a message; PostgreSQL takes a megabyte at most."""
_MOST_TEXT = 200_000
_MOST_TERMS = 32
_ANY = "a"
_TEXT = "z"
_FROM = "f"
_TO = "t"
_SUBJECT = "s"
_MARK = "h"
_FIELDS = {"from": _FROM, "to": _TO, "subject": _SUBJECT}
_FILE = "file"
IS = {
    "unread": "unread",
    "open": "open",
    "waiting": "waiting",
    "done": "closed",
    "closed": "closed",
    "spam": "spam",
    "unpaid": "unpaid",
    "paid": "paid",
    "claimed": "claimed",
    "cancelled": "cancelled",
    "overdue": "overdue",
    "undelivered": "failed",
}
"""The words after `is:`, and what each means."""
WAYS = ("email", "chat", "api", "system")
STATES = (
    "queued", "sending", "deferred", "sent", "delivered", "bounced", "expired", "suppressed",
    "cancelled", "held", "unconfirmed", "shown_in_chat",
)  # fmt: skip
OPERATORS = (*_FIELDS, "is", "has", "way", "state", "before", "after", "tag", "assignee", "invoice")
_PART = re.compile(r'(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))', re.IGNORECASE)


class BadQuery(ValueError):  # noqa: N818 (it names what is wrong, as callers show it)
    """An operator has a value that it doesn't know; the text says what would be right."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow one another, the last one only begun if `begins`.

    area: the field's letter. without: what has them is left out.
    """

    area: str
    words: tuple[str, ...]
    begins: bool = True
    without: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A question. before, after: days, exclusive and inclusive, in UTC."""

    terms: tuple[Term, ...] = ()
    is_: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    before: date | None = None
    after: date | None = None
    tag: str | None = None
    assignee: str | None = None
    invoice: str | None = None
    shown: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Say whether it asks for nothing."""
        return self == Query()


def read_query(text: str) -> Query:
    """Return the question of a line such as `jana is:unpaid from:firma.example "new bank"`.

    A word before a colon that is no operator is a word like others. Raises BadQuery.
    """
    terms: list[Term] = []
    single: dict[str, str] = {}
    is_: list[str] = []
    states: list[str] = []
    for minus, name, phrase, word in _PART.findall(text):
        operator, value = name.lower(), phrase or word
        if operator and operator not in OPERATORS:
            operator, value = "", f"{name} {value}"
        without = bool(minus)
        if operator in _FIELDS or not operator:
            terms += _terms(_FIELDS.get(operator, _TEXT), value, bool(phrase), without)
        elif operator == "is":
            is_.append(_known(operator, value, tuple(IS)))
        elif operator == "state":
            states.append(_known(operator, value, STATES))
        elif operator == "has":
            terms.append(Term(_MARK, (_known(operator, value, (_FILE,)),), False, without))
        elif operator == "way":
            terms.append(Term(_MARK, (_known(operator, value, WAYS),), False, without))
        else:
            single[operator] = value
    if len(terms) > _MOST_TERMS:
        raise BadQuery(f"These are more than {_MOST_TERMS} words.")
    return Query(
        terms=tuple(terms),
        is_=tuple(dict.fromkeys(IS[one] for one in is_)),
        states=tuple(dict.fromkeys(states)),
        before=_day("before", single.get("before")),
        after=_day("after", single.get("after")),
        tag=single.get("tag"),
        assignee=single.get("assignee"),
        invoice=single.get("invoice"),
        shown=tuple(
            word for one in terms if one.area == _TEXT and not one.without for word in one.words
        ),
    )


def words_of(message: Message, number: int) -> str:
    """Return the words under which a message is found. number: its company's."""
    mark = f"z{number}"
    found = [f"{mark}{_ANY}"]
    found.append(
        _marked(mark, _MARK, [message.channel.value, *([_FILE] if message.attachments else [])])
    )
    people = [message.from_, *message.to, *message.cc]
    named = [fold(f"{one.name} {one.address}") for one in people]
    found.append(_marked(mark, _FROM, named[0]))
    found += [_marked(mark, _TO, one) for one in named[1:]]
    subject = fold(message.subject)
    found.append(_marked(mark, _SUBJECT, subject))
    for part in (subject, *named, *(fold(one.filename) for one in message.attachments)):
        found.append(_marked(mark, _TEXT, part))
        found.append(f"{mark}{_ANY}")  # a phrase doesn't reach from one to the next
    found.append(_marked(mark, _TEXT, fold(message.text[:_MOST_TEXT])))
    return _bounded(" ".join(filter(None, found)))


def sqlite_match(terms: Sequence[Term], number: int) -> str:
    """Return the question for FTS5. terms: some that are all wanted."""
    return " AND ".join(_fts5(marked_words(one, number), one.begins) for one in terms)


def tsquery(terms: Sequence[Term], number: int) -> str:
    """Return the question for `to_tsquery`. terms: some that are all wanted."""
    return " & ".join(_lexemes(marked_words(one, number), one.begins) for one in terms)


def marked_words(term: Term, number: int) -> list[str]:
    """Return the words of a term as the index has them. number: the company's."""
    return [f"z{number}{term.area}{word}" for word in term.words]


def snippet(text: str, words: Sequence[str], *, width: int = 160) -> str:
    """Return the part of a text around the first of the words, in one line."""
    line = " ".join(text[:20_000].split())
    start = 0
    for found in re.finditer(r"\w+", line):
        folded = fold(found[0])
        if folded and any(folded[0].startswith(word) for word in words):
            start = max(0, found.start() - width // 4)
            break
    if start:
        start = line.find(" ", start) + 1 or start
    shown = line[start : start + width]
    return ("… " if start else "") + shown + (" …" if start + width < len(line) else "")


def _terms(area: str, value: str, quoted: bool, without: bool) -> Iterator[Term]:
    words = tuple(fold(value))
    if words:
        yield Term(area, words, not quoted, without)


def _known(operator: str, value: str, words: Sequence[str]) -> str:
    value = value.lower()
    if value not in words:
        raise BadQuery(f"{operator}: is followed by one of these: {', '.join(words)}.")
    return value


def _day(operator: str, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise BadQuery(f"{operator}: is followed by a day such as 2026-11-01.") from None


def _marked(mark: str, area: str, words: Sequence[str]) -> str:
    before = f" {mark}{area}"
    return (before + before.join(words))[1:] if words else ""


def _bounded(text: str) -> str:
    octets = text.encode("utf-8", "replace")
    if len(octets) <= MOST_OCTETS:
        return octets.decode()
    return octets[:MOST_OCTETS].decode("utf-8", "ignore").rpartition(" ")[0]


def _fts5(words: Sequence[str], begins: bool) -> str:
    return f'"{" ".join(words)}"' + (" *" if begins else "")


def _lexemes(words: Sequence[str], begins: bool) -> str:
    quoted = [f"'{word}'" for word in words]
    return " <-> ".join(quoted) + (":*" if begins else "")

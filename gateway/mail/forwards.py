"""The mail that a mail forwards in its body, as clients of many languages write it out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.mail import quote_labels
from gateway.mail.mailbox import Mailbox
from gateway.mail.quote_blocks import divider, field_of, find_block, is_page_rule
from gateway.mail.quote_headers import find_intro, may_end_intro
from gateway.mail.quote_marks import bare, date_in

_MAX_LINES: Final = 5_000
_MAX_INTROS: Final = 40
_MAX_BLOCKS: Final = 200
_PREFIX: Final = re.compile(
    r"(?:fwd?|wg|tr|rv|rif|i|enc|vb|vs|vl|pd|wtr?|fs|ilt|i̇lt|пересл|przek|továbbítás|tov|redirecionar"
    r"|videresend|doorst|weitergeleitet|přeposláno|preposlané|转发|轉寄|転送|전달|préd|πρθ|תשובה|הועבר)"
    r"(?:\[\d{1,3}\])?\s?[:：]",
    re.IGNORECASE,
)
_LINKED: Final = re.compile(r"[<\[]mailto:[^<>\[\]]*[>\]]", re.IGNORECASE)
_ANGLED: Final = re.compile(r"<([^<>\s@]*@[^<>\s]*)>")
_PLAIN: Final = re.compile(r"[^\s<>,;:\"'()\[\]@]{1,80}@[^\s<>,;:\"'()\[\]]+")
_AROUND: Final = " \t,;:'\"«»„“”‘’*<>()[]"
_INLINE: Final = re.compile(
    r"(?:" + "|".join(re.escape(label) for label in quote_labels.LABELS if label != "re") + r")"
    r"(?=[ \u00a0]?[:：])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A forwarded mail.

    date: as the client wrote it, in its language; "" if it gave none.
    text: the forwarded words, without quotation marks before the lines.
    """

    from_: Mailbox | None
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    subject: str
    date: str
    text: str


def read_forward(text: str, subject: str) -> Forwarded | None:
    """Return the mail that `text` forwards, or None if it forwards none.

    subject: of the forwarding mail; "" where it is not known. A block of header lines without a
        word about forwarding is a reply's quotation unless the subject says "Fwd:" or nothing.
    """
    body = _Body(text)
    is_forward = _PREFIX.match(subject.strip()) is not None
    is_free = is_forward or not subject.strip()
    budget, blocks = _MAX_INTROS, _MAX_BLOCKS
    for index, line in enumerate(body.inner):
        if not line:
            continue
        is_candidate = blocks > 0 and field_of(line) is not None
        blocks -= is_candidate
        found = divider(line)
        if found is not None and found.kind == "forward":
            return _below(body, index + 1, subject, rest=found.rest, divided=True)
        if found is not None and found.kind in {"original", "dashed"}:
            forwarded = (
                _below(body, index + 1, subject, rest=found.rest, divided=True) if is_free else None
            )
            if forwarded is not None:
                return forwarded
        elif is_page_rule(line) and find_block(body.inner, index + 1, divided=True):
            return _below(body, index + 1, subject, divided=True) if is_free else None
        elif is_candidate and find_block(body.inner, index):
            return _below(body, index, subject) if is_free else None
        elif budget and may_end_intro(line):
            budget -= 1
            intro = find_intro(body.inner, index, 0, quoted_below=False)
            if intro is not None:
                joined = " ".join(body.inner[intro.start : index + 1])
                return _after_intro(body, index, joined, subject) if is_forward else None
    return None


class _Body:
    """The lines of a text: as they came, bare, and bare without quotation marks before them."""

    def __init__(self, text: str) -> None:
        self.raw = text.split("\n", _MAX_LINES)
        self.lines = [bare(line) for line in self.raw]
        self.inner = [
            bare(line.lstrip("> \u00a0")) if line.startswith(">") else line for line in self.lines
        ]

    def content(self, start: int) -> str:
        """Return the lines from `start` on, one level of quotation marks taken off."""
        content = [line.rstrip("\r") for line in self.raw[start:]]
        marked = [line.startswith(">") for line in self.lines[start:] if line]
        if marked and marked[0] and sum(marked) * 2 >= len(marked):
            content = [
                line.lstrip(" ")[1:].removeprefix(" ") if line.lstrip(" ").startswith(">") else line
                for line in content
            ]
        first = next((place for place, line in enumerate(content) if bare(line)), len(content))
        return "\n".join(content[first:]).rstrip(" \t\r\n\ufeff\u00a0")


def without_prefix(subject: str) -> str:
    """Return a subject without the one "Fwd:" that the forwarding client put before it."""
    subject = subject.strip()
    found = _PREFIX.match(subject)
    return subject[found.end() :].strip() if found else subject


def _below(
    body: _Body, start: int, subject: str, *, rest: str = "", divided: bool = False
) -> Forwarded | None:
    """Return the mail whose header lines begin at `start`, or stand in `rest` on one line.

    divided: a line above says that a mail begins there.
    """
    if rest:
        fields, end = _flattened(rest), start
    else:
        while start < len(body.inner) and not body.inner[start]:
            start += 1
        is_there = start < len(body.inner)
        block = find_block(body.inner, start, divided=divided) if is_there else None
        fields, end = (block.fields, block.end) if block is not None else ({}, start)
    if not fields:
        return None
    senders = mailboxes(fields.get("from", ""))
    return Forwarded(
        from_=senders[0] if senders else None,
        to=mailboxes(fields.get("to", "")),
        cc=mailboxes(fields.get("cc", "")),
        subject=fields.get("subject", "") or without_prefix(subject),
        date=fields.get("date", ""),
        text=body.content(end),
    )


def _after_intro(body: _Body, end: int, joined: str, subject: str) -> Forwarded:
    """Return the mail below an introduction, which Outlook for Mac writes into forwards too."""
    sender = _introduced(joined)
    return Forwarded(
        sender, (), (), without_prefix(subject), date_in(joined), body.content(end + 1)
    )


def _introduced(joined: str) -> Mailbox | None:
    """Return who wrote, out of "On 28/10/2021 12:46, Jana Nová <jana@…> wrote:"."""
    joined = _LINKED.sub(" ", joined)
    found = _ANGLED.search(joined) or _PLAIN.search(joined)
    if found is None:
        return None
    address = found[found.lastindex or 0]
    before = joined[: found.start()].rstrip(" (<\t")
    if before[-1:] in '"»”':
        name = before[:-1]
        for mark in '"«“„':
            name = name.rpartition(mark)[2]
    else:
        words: list[str] = []
        for word in reversed(before.replace(",", " , ").split()):
            if word[0].islower() or not any(map(str.isalpha, word)) or any(map(str.isdigit, word)):
                break
            words.append(word)
        name = " ".join(reversed(words))
    name = name.strip(_AROUND)
    return Mailbox("" if name.casefold() == address.casefold() else name, address)


def _flattened(rest: str) -> dict[str, str]:
    """Return the fields of a header block that came on one line, as Yahoo's plain text has it."""
    places: list[tuple[int, int, str]] = []
    for found in _INLINE.finditer(rest[:4000]):
        kind = quote_labels.kind_of(found[0])
        if kind is None or any(kind == known for _, _, known in places):
            continue
        if found.start() and rest[found.start() - 1].isalpha() and found[0][:1].islower():
            continue
        colon = found.end() + (rest[found.end()] in " \u00a0")
        places.append((found.start(), colon + 1, kind))
        if kind == "subject":
            break
    if not any(kind == "from" for _, _, kind in places):
        return {}
    ends = [start for start, _, _ in places[1:]] + [len(rest)]
    return {
        kind: rest[value:end].strip() for (_, value, kind), end in zip(places, ends, strict=True)
    }


def mailboxes(value: str) -> tuple[Mailbox, ...]:
    """Return the people of a header line as clients write it for readers, not for machines.

    Names may hold commas without quotes; the separators are commas or semicolons.
    """
    return tuple(_mailboxes(_LINKED.sub("", value[:20_000])))


def _mailboxes(value: str) -> Iterator[Mailbox]:
    place = 0
    for found in _ANGLED.finditer(value):
        head = value[place : found.start()]
        place = found.end()
        *plain, name = _split(head)
        for one in plain:
            yield from _unangled(one)
        yield _named(name, found[1])
    rest = value[place:].strip(" \t,;<>")
    if rest:
        for one in re.split(r"[;,]" if "@" in rest else r";", rest):
            yield from _unangled(one)


def _split(head: str) -> list[str]:
    """Return what stands before a bracketed address: bare addresses, and the name at the end."""
    parts = (
        re.split(r"[;,]", head) if "@" in head and '"' not in head and "'" not in head else [head]
    )
    while len(parts) > 1 and "@" not in parts[-2]:
        parts[-2:] = [",".join(parts[-2:])]
    return parts


def _unangled(part: str) -> Iterator[Mailbox]:
    found = _PLAIN.search(part)
    if found is not None:
        yield _named(part[: found.start()], found[0])
    elif name := part.strip(_AROUND):
        yield Mailbox(name, "")


def _named(name: str, address: str) -> Mailbox:
    name = name.strip(_AROUND)
    return Mailbox("" if name.casefold() == address.casefold() else name, address)

"""The mail that a mail forwards in its body, as clients of many languages write it out."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.mail import quote_labels
from gateway.mail.mailbox import Mailbox
from gateway.mail.quote_headers import (
    bare,
    date_in,
    divider,
    field_of,
    find_block,
    find_intro,
    may_end_intro,
)

_MAX_LINES: Final = 5_000
_MAX_INTROS: Final = 40
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
    raw = text.split("\n", _MAX_LINES)
    lines = [bare(line) for line in raw]
    inner = [bare(line.lstrip("> \u00a0")) if line.startswith(">") else line for line in lines]
    is_forward = _PREFIX.match(subject.strip()) is not None
    budget = _MAX_INTROS
    for index, line in enumerate(inner):
        if not line:
            continue
        found = divider(line)
        if found is not None and found.kind == "forward":
            return _after_divider(raw, lines, inner, index, found.rest, subject)
        if found is not None and found.kind in ("original", "dashed"):
            if is_forward or not subject.strip():
                forwarded = _after_divider(raw, lines, inner, index, found.rest, subject)
                if forwarded is not None:
                    return forwarded
            continue
        if field_of(line) and find_block(inner, index):
            allowed = is_forward or not subject.strip()
            return _after_divider(raw, lines, inner, index - 1, "", subject) if allowed else None
        if budget and may_end_intro(line):
            budget -= 1
            intro = find_intro(inner, index, 0, quoted_below=False)
            if intro is not None:
                joined = " ".join(inner[intro.start : index + 1])
                return _after_intro(raw, lines, index, joined, subject) if is_forward else None
    return None


def without_prefix(subject: str) -> str:
    """Return a subject without the one "Fwd:" that the forwarding client put before it."""
    subject = subject.strip()
    found = _PREFIX.match(subject)
    return subject[found.end() :].strip() if found else subject


def _after_divider(
    raw: Sequence[str], lines: Sequence[str], inner: Sequence[str], index: int, rest: str, subject: str
) -> Forwarded | None:
    """Return the mail whose header lines follow, on the same line or on the next ones."""
    start = index + 1
    if rest:
        fields = _flattened(rest)
        end = start
    else:
        while start < len(inner) and not inner[start]:
            start += 1
        block = find_block(inner, start) if start < len(inner) else None
        if block is None:
            return None
        fields, end = block.fields, block.end
    if not fields:
        return None
    senders = mailboxes(fields.get("from", ""))
    return Forwarded(
        from_=senders[0] if senders else None,
        to=mailboxes(fields.get("to", "")),
        cc=mailboxes(fields.get("cc", "")),
        subject=fields.get("subject", "") or without_prefix(subject),
        date=fields.get("date", ""),
        text=_body(raw, lines, end),
    )


def _after_intro(
    raw: Sequence[str], lines: Sequence[str], end: int, joined: str, subject: str
) -> Forwarded:
    """Return the mail below an introduction, which Outlook for Mac writes into forwards too."""
    sender = _introduced(joined)
    return Forwarded(
        sender, (), (), without_prefix(subject), date_in(joined), _body(raw, lines, end + 1)
    )


def _introduced(joined: str) -> Mailbox | None:
    """Return who wrote, out of "On 28/10/2021 12:46, Jana Nová <jana@…> wrote:"."""
    joined = _LINKED.sub(" ", joined)
    found = _ANGLED.search(joined) or _PLAIN.search(joined)
    if found is None:
        return None
    address = found[found.lastindex or 0]
    before = joined[: found.start()].rstrip(" (<\t")
    if before[-1:] in "\"»”":
        name = before[:-1]
        for mark in "\"«“„":
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


def _body(raw: Sequence[str], lines: Sequence[str], start: int) -> str:
    """Return the lines from `start` on, one level of quotation marks taken off."""
    content = [line.rstrip("\r") for line in raw[start:]]
    marked = [line.startswith(">") for line in lines[start:] if line]
    if marked and marked[0] and sum(marked) * 2 >= len(marked):
        content = [
            line.lstrip(" ")[1:].removeprefix(" ") if line.lstrip(" ").startswith(">") else line
            for line in content
        ]
    while content and not bare(content[0]):
        content.pop(0)
    while content and not bare(content[-1]):
        content.pop()
    return "\n".join(content)


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
        kind: rest[value:end].strip()
        for (_, value, kind), end in zip(places, ends, strict=True)
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
    parts = re.split(r"[;,]", head) if "@" in head and "\"" not in head and "'" not in head else [head]
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

"""The header block: found, measured and cut into fields in one linear pass.

Real mail breaks the rules of RFC 5322: folded lines without their white space, junk between
fields, no empty line before the body. A line that is no field is taken as the rest of the
field above it where fields go on below it, and as the first line of the body otherwise.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from gateway.mail.encoded_words import header_text

_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_MBOX_LINE = re.compile(rb">?From (?![ \t]*:)")
_LIKELY_FIELD = re.compile(rb"[A-Za-z][A-Za-z0-9_-]*[ \t]*:|[ \t]+\S")
_ID = re.compile(r"<([^<>]*)>")
_BARE_ID = re.compile(r"[^\s<>,;\"]+@[^\s<>,;\"]+")
_SPACE = re.compile(r"\s+")
_COMMENT = re.compile(r"\([^()]*\)")
_LOOSE_COLON = re.compile(r" *: *")
_DATE_CHARS = 200
_IDS = 200


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a header block in their order: name as written, value unfolded."""

    items: tuple[tuple[str, bytes], ...] = ()
    _by_name: dict[str, list[bytes]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Index the fields by name."""
        for name, value in self.items:
            self._by_name.setdefault(name.lower(), []).append(value)

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def first(self, name: str) -> bytes | None:
        """Return the first value of a field, or None. name: in lower case."""
        values = self._by_name.get(name)
        return values[0] if values else None

    def all(self, name: str) -> Sequence[bytes]:
        """Return all values of a field in their order. name: in lower case."""
        return self._by_name.get(name, ())

    def text(self, name: str, *, hint: str | None = None) -> str:
        """Return the first value of a field as text, "" if there is none."""
        value = self.first(name)
        return "" if value is None else header_text(value, hint=hint)


@dataclass(frozen=True, slots=True)
class Head:
    """A header block and where the body begins.

    too_long: the block or the number of its fields is beyond the limit; what fitted is here.
    defects: what was wrong with it: "header_too_long", "header_junk", "header_without_end".
    """

    fields: Fields
    body: int
    too_long: bool = False
    defects: tuple[str, ...] = ()


def read_head(
    raw: bytes, start: int, end: int, *, octets: int, fields: int, outermost: bool = False
) -> Head:
    """Return the header block of the entity at `raw[start:end]`.

    octets, fields: the limits.
    outermost: a byte order mark, a mbox "From " line and white space may stand before it.
    """
    if outermost:
        start = _skip_leader(raw, start, end)
    limit = min(end, start + octets)
    stop, body = _blank_line(raw, start, limit)
    too_long = False
    if stop < 0:
        too_long = limit < end
        stop = raw.rfind(b"\n", start, limit) + 1 if too_long else end
        stop = max(stop, start)
        body = end
    block = raw[start:stop].replace(b"\r\n", b"\n")
    lines = block.replace(b"\n ", b" ").replace(b"\n\t", b" ").rstrip(b"\n").split(b"\n")
    if len(lines) > fields:
        lines, too_long = lines[:fields], True
    items = []
    for line in lines:
        if _FIELD.match(line) is None:
            if line.strip():
                return _mended(raw, start, stop, body, too_long=too_long, fields=fields)
            continue
        name, _, value = line.partition(b":")
        items.append((name.rstrip().decode("ascii"), value.strip()))
    defects = ("header_too_long",) if too_long else ()
    return Head(Fields(tuple(items)), body, too_long, defects)


def message_ids(text: str) -> tuple[str, ...]:
    """Return the message identifiers of a field without brackets, each once, at most 200.

    Of more, the first and the latest are kept. White space inside, left by folding, goes.
    """
    found = [_SPACE.sub("", inner) for inner in _ID.findall(text)]
    if not found:
        found = _BARE_ID.findall(text[: 64 * 1024])
    ids = list(dict.fromkeys(one for one in found if one))
    return tuple(ids if len(ids) <= _IDS else ids[:1] + ids[1 - _IDS :])


def parse_date(text: str) -> datetime | None:
    """Return the moment of a Date field, or None if it names none (RFC 5322, section 3.3)."""
    try:
        text = text[:_DATE_CHARS]
        parsed = parsedate_tz(text)
        if parsed is None and (plain := _LOOSE_COLON.sub(":", _COMMENT.sub("", text))) != text:
            parsed = parsedate_tz(plain)
        if parsed is None:
            return None
        moment = datetime(*parsed[:6], tzinfo=UTC)
        return moment.replace(tzinfo=_zone(parsed[9])) if parsed[9] else moment
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _zone(seconds: int | None) -> timezone:
    """Return the zone that lies so many seconds east of Greenwich; raises ValueError."""
    return timezone(timedelta(seconds=seconds or 0))


def _skip_leader(raw: bytes, start: int, end: int) -> int:
    """Return where the first field begins."""
    if raw.startswith(b"\xef\xbb\xbf", start):
        start += 3
    if _MBOX_LINE.match(raw, start) is not None:
        line_end = raw.find(b"\n", start, min(end, start + 1024))
        if line_end >= 0:
            start = line_end + 1
    while start < end and raw[start] in b" \t" and raw.find(b":", start, start + 80) > 0:
        start += 1
    return start


def _blank_line(raw: bytes, start: int, limit: int) -> tuple[int, int]:
    """Return where the header ends and where the body begins, (-1, -1) if there is no end."""
    for blank in (b"\n", b"\r\n"):
        if raw.startswith(blank, start, limit):
            return start, start + len(blank)
    found = _BLANK_LINE.search(raw, start, limit)
    return (found.start() + 1, found.end()) if found else (-1, -1)


def _mended(raw: bytes, start: int, stop: int, body: int, *, too_long: bool, fields: int) -> Head:
    """Return the head of a block that has lines which are no fields."""
    items: list[tuple[str, list[bytes]]] = []
    defects = ["header_junk"]
    position = start
    while position < stop and len(items) <= fields:
        line_end = raw.find(b"\n", position, stop)
        line_end = stop if line_end < 0 else line_end + 1
        line = raw[position:line_end].rstrip(b"\r\n")
        if _FIELD.match(line) is not None:
            name, _, value = line.partition(b":")
            items.append((name.rstrip().decode("ascii"), [value]))
        elif line[:1] in {b" ", b"\t"} or _goes_on(raw, line, line_end, stop):
            if items:
                items[-1][1].append(line)
        else:
            body = position
            too_long = False
            defects = ["header_without_end"]
            break
        position = line_end
    if too_long:
        defects.append("header_too_long")
    joined = tuple((name, b" ".join(lines).strip()) for name, lines in items)
    return Head(Fields(joined), body, too_long, tuple(defects))


def _goes_on(raw: bytes, line: bytes, position: int, stop: int) -> bool:
    """Say whether fields follow a line that is none."""
    if line.startswith(b"--"):
        return False  # a boundary: the empty line before the body is missing
    following = raw[position : min(stop, position + 200)]
    return _LIKELY_FIELD.match(following) is not None

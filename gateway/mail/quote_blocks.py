"""Header lines inside a body ("From: …"), and the lines that clients draw above them.

Every function looks at a bounded number of lines of bounded length. Lines come in `bare`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.mail import quote_labels, quote_words
from gateway.mail.quote_marks import ADDRESS, DATE, LONGEST_LINE, TIME, bare

_LONGEST_DIVIDER: Final = 120
_BLOCK_LINES: Final = 60
_PAGE_RULE: Final = 20
_FIELD_CHARS: Final = 8_000
_JUDGED_CHARS: Final = 1_000
_STRANGE_CHARS: Final = 1_000
_STRANGE_WORDS: Final = 3
_STRANGE_WORD_CHARS: Final = 20
_CONTINUATION_LINES: Final = 3
_RULE: Final = re.compile(r"[-_=*~#─—–\u2010-\u2015\u2212\u2500\u2501 ]{4,}$")

_FORWARD: Final = re.compile("|".join(map(re.escape, quote_words.FORWARD_STEMS)))
_ORIGINAL: Final = re.compile("|".join(map(re.escape, quote_words.ORIGINAL_STEMS)))
_ABOVE: Final = re.compile("|".join(map(re.escape, quote_words.ANSWER_ABOVE)))
_DASHES: Final = "-_=*~#─—–+ \u2010\u2011\u2012\u2015\u2212"
_CLOSERS: Final = (
    "--",
    "__",
    "==",
    "**",
    "——",
    "\u2010\u2010",
    "\u2011\u2011",
    "\u2212\u2212",
    "––",
    "──",
)


@dataclass(frozen=True, slots=True)
class Block:
    """Header lines inside a body: `end` is the index after the last, `fields` by kind."""

    end: int
    fields: dict[str, str] = field(default_factory=dict)


def field_of(line: str) -> tuple[str, str] | None:
    """Return kind and value of a bare header line such as `*Von:* Jana <jana@…>`, or None."""
    if line.startswith(("*", "_")):
        line = line.lstrip("*_ ")
    head = line[: quote_labels.LONGEST + 4]
    place = head.find(":")
    wide = head.find("：")
    if wide >= 0 and (place < 0 or wide < place):
        place = wide
    if place < 1:
        return None
    kind = quote_labels.kind_of(head[:place].strip("*_ \t\u00a0\u200e\u200f"))
    return None if kind is None else (kind, bare(line[place + 1 :].strip("*")))


def find_block(lines: Sequence[str], start: int, *, divided: bool = False) -> Block | None:
    """Return the header block that begins at `lines[start]`, or None if it is no such thing.

    Values may be wrapped over lines; single empty lines between the fields are allowed. A label
    that no table has is a field by what stands behind it: an address, a date.
    divided: a line above says that a mail begins here, so that even the first may be such a one.
    """
    fields: dict[str, str] = {}
    strange: list[str] = []
    last, end, index, pending = "", start, start, 0
    limit = min(len(lines), start + _BLOCK_LINES)
    while index < limit:
        line = lines[index]
        found = field_of(line) if line else None
        if found and not (found[0] in fields and found[0] in ("from", "date", "subject")):
            kind, value = found
            last = kind
            _add(fields, kind, value, between=", ")
            end, pending = index + 1, 0
        elif found:
            break
        else:
            unknown = _strange_value(line) if line and index == end else ""
            continued = _continuation(lines, index, last, pending)
            if unknown and (continued is not None or _tells(unknown) or divided):
                strange.append(unknown)
                last, end, pending = "other", index + 1, 0
                fields.setdefault(last, "")
                index += 1
                continue
            if continued is None:
                break
            if continued:
                _add(fields, last, continued, between=" ")
                if _wants_more(lines[index - 1]):
                    end = index + 1
            pending += 1
        index += 1
    _place(strange, fields)
    return Block(end, fields) if _is_block(fields) else None


def _add(fields: dict[str, str], kind: str, value: str, *, between: str) -> None:
    """Add to a field; what is longer than any field of people is left out."""
    known = fields.get(kind)
    if known is None:
        fields[kind] = value[:_FIELD_CHARS]
    elif len(known) < _FIELD_CHARS:
        fields[kind] = f"{known}{between}{value[:_FIELD_CHARS]}"


def _strange_value(line: str) -> str:
    """Return what stands behind a label that no table has, "" where there is no such label."""
    label, colon, value = line[:_STRANGE_CHARS].replace("：", ":").partition(":")
    words = label.strip("*").split()
    if not colon or not 1 <= len(words) <= _STRANGE_WORDS or not words[0][:1].isalpha():
        return ""
    value = value.lstrip("*")
    is_field = value[:1].isspace() and max(map(len, words)) <= _STRANGE_WORD_CHARS
    return value.strip() if is_field else ""


def _tells(value: str) -> bool:
    return ADDRESS.search(value) is not None or DATE.search(value) is not None


def _place(strange: Sequence[str], fields: dict[str, str]) -> None:
    """Give the values of unknown labels to the fields that are missing."""
    words = [value for value in strange if not ADDRESS.search(value)]
    for value in strange:
        if ADDRESS.search(value):
            kinds = ("from", "to", "cc") if "from" not in fields else ("to", "cc")
            fields.setdefault(next((one for one in kinds if one not in fields), "other"), value)
    dates = [value for value in words if TIME.search(value)] or list(filter(DATE.search, words))
    if dates and "date" not in fields:
        fields["date"] = dates[0]
        words.remove(dates[0])
    if len(words) == 1 and "from" in fields:
        fields.setdefault("subject", words[0])


def _wants_more(line: str) -> bool:
    return line.endswith((",", ";", "<", "(", "["))


def _continuation(lines: Sequence[str], index: int, last: str, pending: int) -> str | None:
    """Return the wrapped rest of a value, "" for an empty line within the block, None at its end.

    What follows must come back to a field soon, else it is the quoted text already.
    """
    if pending >= _CONTINUATION_LINES or not last:
        return None
    line = lines[index]
    if line and _wants_more(lines[index - 1]) and len(line) <= LONGEST_LINE:
        return line
    ahead = lines[index + 1 : index + 1 + _CONTINUATION_LINES]
    for offset, following in enumerate(ahead):
        if field_of(following):
            return line if len(line) <= LONGEST_LINE else None
        if not following and (not line or offset):
            return None
    return None


def _is_block(fields: dict[str, str]) -> bool:
    kinds = fields.keys() & {"from", "to", "cc", "date", "subject", "reply_to"}
    date = fields.get("date", "")[:_JUDGED_CHARS]
    is_dated = bool(DATE.search(date) or TIME.search(date))
    people = " ".join(
        fields.get(kind, "")[:_JUDGED_CHARS] for kind in ("from", "to", "cc", "reply_to")
    )
    is_addressed = ADDRESS.search(people) is not None
    if "from" in kinds and len(kinds) >= 2:
        return is_dated or is_addressed or len(kinds) >= 4
    return is_dated and len(kinds) >= 2 and (is_addressed or {"to", "subject"} <= kinds)


def is_page_rule(line: str) -> bool:
    """Return whether a bare line is the one that Outlook draws across the page."""
    return line.startswith("____") and len(line) >= _PAGE_RULE and is_rule(line)


def is_rule(line: str) -> bool:
    """Return whether a bare line only draws a line, as Outlook does above a header block."""
    return len(line) >= 4 and _RULE.match(line) is not None and len(set(line)) <= 3


@dataclass(frozen=True, slots=True)
class Divider:
    """A line such as "-----Original Message-----".

    kind: "forward", "original", "above" ("reply above this line") or "dashed" (words between
        dashes that are in no table: believed only with header lines below).
    rest: what stands on the same line after it, as Yahoo writes it.
    """

    kind: str
    rest: str = ""


def divider(line: str) -> Divider | None:
    """Return what a bare line divides, or None for any other line."""
    if line[:1].isspace() or len(line) < 6:
        return None
    folded = line[:_LONGEST_DIVIDER].casefold()
    if _ABOVE.search(folded):
        return Divider("above")
    if line[0] in _DASHES:
        return _dashed(line)
    if len(line) > _LONGEST_DIVIDER:
        return None
    if line[-1] in ":：" and len(line) <= 60 and _FORWARD.search(folded):
        return Divider("forward")
    if folded.startswith("original message processed by"):
        return Divider("original")
    return None


def _dashed(line: str) -> Divider | None:
    inner = line[:LONGEST_LINE].lstrip(_DASHES)
    opening = line[: len(line[:LONGEST_LINE]) - len(inner)]
    if sum(not char.isspace() for char in opening) < 2:
        return None
    ends = [place for place in (inner.find(mark) for mark in _CLOSERS) if place > 0]
    if not ends:
        return None
    phrase, tail = inner[: min(ends)].strip(), line[len(opening) + min(ends) :].lstrip(_DASHES)
    folded = phrase.casefold()
    if len(phrase) > 80:
        return None
    if _FORWARD.search(folded):
        return Divider("forward", tail)
    if _ORIGINAL.search(folded):
        return Divider("original", tail)
    return Divider("dashed") if not tail and any(map(str.isalpha, phrase)) else None


def is_divider(lines: Sequence[str], index: int, kind: str) -> bool:
    """Return whether what divides by its words does so by what stands below it, too."""
    if kind == "above":
        return True
    if kind == "original" or (kind == "forward" and not lines[index].endswith(":")):
        return True
    below = next_line(lines, index + 1)
    if below is None:
        return False
    following = lines[below].lstrip("> ")
    found = field_of(following)
    if kind == "forward" and found is not None:
        return True
    if found is None and not _strange_value(following):
        return False
    return find_block(lines, below, divided=found is None) is not None


def above_rules(lines: Sequence[str], index: int) -> int:
    """Return where the drawn line above a header block begins, or the block itself."""
    above = index
    while above and index - above < 4 and (not lines[above - 1] or is_rule(lines[above - 1])):
        above -= 1
        if lines[above]:
            return above
    return index


def next_line(lines: Sequence[str], start: int) -> int | None:
    """Return the next line that is not empty, if there is one soon."""
    return next(
        (index for index in range(start, min(len(lines), start + 50)) if lines[index]), None
    )

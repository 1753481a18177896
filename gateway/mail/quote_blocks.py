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
_CONTINUATION_LINES: Final = 3
_RULE: Final = re.compile(r"[-_=*~#─—–\u2500\u2501 ]{4,}$")

_FORWARD: Final = re.compile("|".join(map(re.escape, quote_words.FORWARD_STEMS)))
_ORIGINAL: Final = re.compile("|".join(map(re.escape, quote_words.ORIGINAL_STEMS)))
_ABOVE: Final = re.compile("|".join(map(re.escape, quote_words.ANSWER_ABOVE)))
_DASHES: Final = "-_=*~#─—–+ "


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


def find_block(lines: Sequence[str], start: int) -> Block | None:
    """Return the header block that begins at `lines[start]`, or None if it is no such thing.

    Values may be wrapped over lines; single empty lines between the fields are allowed.
    """
    fields: dict[str, str] = {}
    last, end, index, pending = "", start, start, 0
    limit = min(len(lines), start + _BLOCK_LINES)
    while index < limit:
        line = lines[index]
        found = field_of(line) if line else None
        if found and not (found[0] in fields and found[0] in ("from", "date", "subject")):
            kind, value = found
            last = kind
            fields[kind] = f"{fields[kind]}, {value}" if kind in fields else value
            end, pending = index + 1, 0
        elif found:
            break
        else:
            continued = _continuation(lines, index, last, pending)
            if continued is None:
                break
            if continued:
                fields[last] = f"{fields[last]} {continued}"
                if _wants_more(lines[index - 1]):
                    end = index + 1
            pending += 1
        index += 1
    return Block(end, fields) if _is_block(fields) else None


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
    date = fields.get("date", "")
    is_dated = bool(DATE.search(date) or TIME.search(date))
    people = " ".join(fields.get(kind, "") for kind in ("from", "to", "cc", "reply_to"))
    is_addressed = ADDRESS.search(people) is not None
    if "from" in kinds and len(kinds) >= 2:
        return is_dated or is_addressed or len(kinds) >= 4
    return is_dated and len(kinds) >= 2 and (is_addressed or {"to", "subject"} <= kinds)


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
    ends = [
        place
        for place in (inner.find(mark) for mark in ("--", "__", "==", "**", "——"))
        if place > 0
    ]
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

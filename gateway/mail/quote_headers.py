"""The lines that announce a quotation or a forward: "On … wrote:", "From: …", "---- Original ----".

Every function looks at a bounded number of lines of bounded length, so that a whole text takes
linear time however it was made. Lines come in `bare`, without the white space around them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.mail import quote_labels, quote_words

_BLANKS: Final = (
    " \t\r\n\f\v\x00\u00a0\u200b\u200c\u200d\u200e\u200f\u2028\u2060\u202a\u202b\u202c\ufeff"
)
_LONGEST_LINE: Final = 400
_LONGEST_INTRO: Final = 600
_INTRO_LINES: Final = 5
_CONTINUATION_LINES: Final = 3

_TIME: Final = re.compile(r"(?<!\d)\d{1,2}\s?[:.h時点點시时]\s?\d{2}(?!\d)")
_DATE: Final = re.compile(
    r"(?<!\d)(?:19|20|25)\d\d(?!\d)|(?<!\d)\d{1,4}(?:[/\-]|\. ?)\d{1,2}(?:[/\-]|\. ?)\d{1,4}(?!\d)"
)
_ADDRESS: Final = re.compile(r"[^\s<>()\[\]@,;:\"]@[\w\-]")
_BROKEN_SCRIPTS: Final = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def _alternation(words: Sequence[str]) -> re.Pattern[str]:
    """Return a pattern for any of the words; in scripts that put spaces between words, whole."""
    joined = [word for word in words if _BROKEN_SCRIPTS.search(word)]
    spaced = [word for word in words if not _BROKEN_SCRIPTS.search(word)]
    parts = [r"(?<!\w)(?:" + "|".join(map(re.escape, spaced)) + r")(?!\w)"]
    if joined:
        parts.append("|".join(map(re.escape, joined)))
    return re.compile("|".join(parts))


_WROTE: Final = _alternation(quote_words.WROTE)
_OPENER: Final = re.compile(
    r"(?:" + "|".join(map(re.escape, quote_words.OPENERS)) + r")(?=[\s\d]|[^\x00-\u02ff])"
)
_SHARED_LINE: Final = re.compile(r"-{2,}[ \t]*(?=\S)")
_RULE: Final = re.compile(r"[-_=*~#─—–\u2500\u2501 ]{4,}$")


def bare(line: str) -> str:
    """Return the line without white space, direction marks and byte order marks around it."""
    return line.strip(_BLANKS)


@dataclass(frozen=True, slots=True)
class Intro:
    """Lines such as "On Monday, Jana wrote:".

    start: index of the first line; offset: where in its bare form the words begin, more than 0
        where an answer stands before them on the same line.
    strong: it names a date and a person, so that it needs no `>` below it to be believed.
    """

    start: int
    offset: int
    strong: bool


@dataclass(frozen=True, slots=True)
class Block:
    """Header lines inside a body: `end` is the index after the last, `fields` by kind."""

    end: int
    fields: dict[str, str] = field(default_factory=dict)


def may_end_intro(line: str) -> bool:
    """Return whether a bare line could be the last of an introduction; cheap."""
    if not line or len(line) > _LONGEST_LINE:
        return False
    if line[-1] in ":：":
        return True
    return line[-1].isalpha() and _WROTE.search(line.casefold(), max(0, len(line) - 16)) is not None


def find_intro(lines: Sequence[str], end: int, floor: int, *, quoted_below: bool) -> Intro | None:
    """Return the introduction whose last line is `lines[end]`, or None.

    floor: the first line that may belong to it.
    quoted_below: marked quotation follows, so that less evidence is asked for.
    """
    joined, start = "", end + 1
    for index in _upwards(lines, end, floor):
        joined = f"{lines[index]} {joined}" if joined else lines[index]
        if len(joined) > _LONGEST_INTRO:
            return None
        start = index
        evidence = _weigh(joined)
        if evidence.is_strong:
            return _widen(lines, start, floor, joined)
    if not quoted_below or start > end:
        return None
    return _weak_intro(lines, end, floor)


@dataclass(frozen=True, slots=True)
class _Evidence:
    wrote: bool
    date: bool
    time: bool
    address: bool
    started: bool

    @property
    def is_strong(self) -> bool:
        if self.wrote:
            return self.address or (self.started and (self.date or self.time))
        return self.address and self.date and self.time


def _weigh(joined: str) -> _Evidence:
    folded = joined.casefold()
    return _Evidence(
        wrote=_WROTE.search(folded) is not None,
        date=_DATE.search(folded) is not None,
        time=_TIME.search(folded) is not None,
        address=_ADDRESS.search(folded) is not None,
        started=_is_started(joined),
    )


def date_in(joined: str) -> str:
    """Return the date of an introduction as it was written, "" if it has none."""
    found = _DATE.search(joined)
    if found is None:
        return ""
    start, end = found.span()
    time = _TIME.search(joined, end) or _TIME.search(joined)
    if time is not None and abs(time.start() - start) < 40:
        start, end = min(start, time.start()), max(end, time.end())
    return joined[start:end]


def _is_started(line: str) -> bool:
    """Return whether the line begins as introductions do: with "On" and the like, or a date."""
    folded = line.lstrip("-*_ \"'«([").casefold()
    return _OPENER.match(folded) is not None or any(map(str.isdigit, folded[:14]))


def _upwards(lines: Sequence[str], end: int, floor: int) -> list[int]:
    """Return the indices from `end` up that may make one introduction.

    Some clients break the address out of the line: "Jana", "", "<", "mailto:…", "> wrote:".
    """
    indices = [end]
    index = end - 1
    while index >= floor and len(indices) < _INTRO_LINES:
        line = lines[index]
        if not line:
            if lines[indices[-1]][:1] != "<" or len(indices) == 1:
                break
        elif line.startswith(">") or len(line) > _LONGEST_LINE:
            break
        else:
            indices.append(index)
        index -= 1
    return indices


def _widen(lines: Sequence[str], start: int, floor: int, joined: str) -> Intro:
    """Take in lines above that clearly begin the same introduction."""
    is_closing = joined.find(">") >= 0 and joined.find("<", 0, joined.find(">")) < 0
    if is_closing or not _is_started(joined):
        for index in _upwards(lines, start, floor)[1:3]:
            above = lines[index]
            if (is_closing and above.endswith("<")) or (
                _is_started(above) and (_DATE.search(above) or _TIME.search(above))
            ):
                start = index
                break
    shared = _SHARED_LINE.search(lines[start])
    if shared and shared.start() and _OPENER.match(lines[start][shared.end() :].casefold()):
        return Intro(start, shared.start(), strong=True)
    return Intro(start, 0, strong=True)


def _weak_intro(lines: Sequence[str], end: int, floor: int) -> Intro | None:
    """Return what introduces the marked quotation below it, in any language."""
    last = _weigh(lines[end])
    above = lines[end - 1] if end > floor else ""
    if above and not above.startswith(">") and not last.started and _is_started(above):
        both = _weigh(f"{above} {lines[end]}")
        if both.wrote or both.address or (both.date and both.time):
            return Intro(end - 1, 0, strong=False)
    if last.wrote or last.address or (last.date and last.time):
        return Intro(end, 0, strong=False)
    return None


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
    return None if kind is None else (kind, line[place + 1 :].strip("*").strip(_BLANKS))


def find_block(lines: Sequence[str], start: int) -> Block | None:
    """Return the header block that begins at `lines[start]`, or None if it is no such thing.

    Values may be wrapped over lines; single empty lines between the fields are allowed.
    """
    fields: dict[str, str] = {}
    last, end, index, pending = "", start, start, 0
    limit = min(len(lines), start + 60)
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
    if line and _wants_more(lines[index - 1]) and len(line) <= _LONGEST_LINE:
        return line
    ahead = lines[index + 1 : index + 1 + _CONTINUATION_LINES]
    for offset, following in enumerate(ahead):
        if field_of(following):
            return line if len(line) <= _LONGEST_LINE else None
        if not following and (not line or offset):
            return None
    return None


def _is_block(fields: dict[str, str]) -> bool:
    kinds = fields.keys() & {"from", "to", "cc", "date", "subject", "reply_to"}
    date = fields.get("date", "")
    is_dated = bool(_DATE.search(date) or _TIME.search(date))
    people = " ".join(fields.get(kind, "") for kind in ("from", "to", "cc", "reply_to"))
    is_addressed = _ADDRESS.search(people) is not None
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


_FORWARD: Final = re.compile("|".join(map(re.escape, quote_words.FORWARD_STEMS)))
_ORIGINAL: Final = re.compile("|".join(map(re.escape, quote_words.ORIGINAL_STEMS)))
_ABOVE: Final = re.compile("|".join(map(re.escape, quote_words.ANSWER_ABOVE)))
_DASHES: Final = "-_=*~#─—–+ "


def divider(line: str) -> Divider | None:
    """Return what a bare line divides, or None for any other line."""
    if line[:1].isspace() or len(line) < 6:
        return None
    if line[0] in _DASHES:
        return _dashed(line)
    if len(line) > 120:
        return None
    folded = line.casefold()
    if _ABOVE.search(folded):
        return Divider("above")
    if line[-1] in ":：" and len(line) <= 60 and _FORWARD.search(folded):
        return Divider("forward")
    if folded.startswith("original message processed by"):
        return Divider("original")
    return None


def _dashed(line: str) -> Divider | None:
    inner = line[:_LONGEST_LINE].lstrip(_DASHES)
    opening = line[: len(line[:_LONGEST_LINE]) - len(inner)]
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
    if _ABOVE.search(folded):
        return Divider("above")
    if _FORWARD.search(folded):
        return Divider("forward", tail)
    if _ORIGINAL.search(folded):
        return Divider("original", tail)
    return Divider("dashed") if not tail and any(map(str.isalpha, phrase)) else None

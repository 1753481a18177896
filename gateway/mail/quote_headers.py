"""The lines that introduce a quotation: "On Monday, 3 March, Jana wrote:", in many languages.

Every function looks at a bounded number of lines of bounded length, so that a whole text takes
linear time however it was made. Lines come in `bare`, without the white space around them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.mail import quote_words
from gateway.mail.quote_marks import ADDRESS, DATE, LONGEST_LINE, TIME

_LONGEST_INTRO: Final = 600
_INTRO_LINES: Final = 5
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
_DIGIT: Final = re.compile(r"\d")
_SHARED_LINE: Final = re.compile(r"-{2,}[ \t]*(?=\S)")


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


def may_end_intro(line: str) -> bool:
    """Return whether a bare line could be the last of an introduction; cheap."""
    if not line or len(line) > LONGEST_LINE:
        return False
    line = line.rstrip("- ")  # Zoho draws lines around it
    if line[-1:] in (":", "："):
        return True
    if not line:
        return False
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
        if "@" not in joined and _DIGIT.search(joined) is None:
            continue  # neither person nor date
        if _weigh(joined).is_strong:
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
    named: bool

    @property
    def is_strong(self) -> bool:
        if self.wrote:
            dated = self.date or self.time
            return self.address or (self.started and dated) or (self.named and dated)
        return self.address and self.date and self.time


def _weigh(joined: str) -> _Evidence:
    folded = joined.casefold()
    wrote = _WROTE.search(folded)
    return _Evidence(
        wrote=wrote is not None,
        date=DATE.search(folded) is not None,
        time=TIME.search(folded) is not None,
        address=ADDRESS.search(folded) is not None,
        started=_is_started(joined),
        named=wrote is not None and _is_named(joined[: wrote.start()]),
    )


def _is_named(head: str) -> bool:
    """Return whether what stands before "wrote" is a name, of two to four words."""
    words = head.split()
    return 2 <= len(words) <= 4 and all(len(word) > 1 and word[0].isupper() for word in words)


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
        elif line.startswith(">") or len(line) > LONGEST_LINE:
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
                _is_started(above) and (DATE.search(above) or TIME.search(above))
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

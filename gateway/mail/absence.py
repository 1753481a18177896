"""What an out-of-office note says: when its writer is back, and who stands in meanwhile.

Suggestions, in many languages: a date is only believed where it stands beside a word that makes it
one, lies ahead, and can't be read in two ways. Linear in the little that is looked at.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from gateway.mail import absence_words
from gateway.mail.mailbox import Mailbox

_LOOKED_AT: Final = 4000
_AHEAD: Final = 40
_BEHIND: Final = 30
_NEAR: Final = 16
_MOST_DAYS: Final = 400
_DAY: Final = timedelta(days=1)


def _words(table: str, size: int) -> dict[str, int]:
    """Return the number of each word, counted from 1, in rows of `size` cells."""
    cells = table.split()
    return {
        word: index % size + 1
        for index, cell in enumerate(cells)
        for word in cell.split("|")
        if word != "-"
    }


_MONTHS: Final = _words(absence_words.MONTHS, 12)
_WEEKDAYS: Final = _words(absence_words.WEEKDAYS, 7)
_BACK: Final = re.compile("|".join(absence_words.BACK))
_UNTIL_BACK: Final = re.compile("|".join(absence_words.UNTIL_BACK))
_UNTIL_LAST: Final = re.compile("|".join(absence_words.UNTIL_LAST))
_UNTIL_BEHIND: Final = re.compile("|".join(absence_words.UNTIL_BEHIND))
_SUBSTITUTE: Final = re.compile("|".join(map(re.escape, absence_words.SUBSTITUTE)))
_RANGE: Final = re.compile(r"\s*(?:-|–|—|to|and|bis|au|al|tot|do|til|till|a|~|〜|～)\s*")
_NUMERIC: Final = re.compile(
    r"(?<![\d.,/:-])(?:(?P<iso>20\d\d)[-/.](?P<iso_month>\d{1,2})[-/.](?P<iso_day>\d{1,2})"
    r"|(?P<first>\d{1,2})(?P<mark>[./-]) ?(?P<second>\d{1,2})(?:(?P=mark)"
    r" ?(?P<year>20\d\d|\d\d(?![\d:])))?)(?![\d:])"
)
_MONTH_WORD: Final = "|".join(sorted(map(re.escape, _MONTHS), key=len, reverse=True))
_WORDED: Final = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|ste|de|e|º|\.)?(?: (?:of|de|do|del))? ?"
    rf"(?P<month>{_MONTH_WORD})(?!\w)\.?(?:,? ?(?:de )?(?P<year>20\d\d))?"
)
_MONTH_FIRST: Final = re.compile(
    rf"(?:(?<!\d)(?P<before>20\d\d)\. ?)?(?<!\w)(?P<month>{_MONTH_WORD})\.? "
    r"(?P<day>\d{1,2})(?!\d)"
    r"(?:st|nd|rd|th)?(?:,? (?P<year>20\d\d))?"
)
_EASTERN: Final = re.compile(
    r"(?:(?P<year>20\d\d) ?[年년] ?)?(?P<month>\d{1,2}) ?[月월] ?(?P<day>\d{1,2}) ?[日일号]"
)
_WEEKDAY: Final = re.compile(
    rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, _WEEKDAYS), key=len, reverse=True))})(?!\w)"
)
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,200}\.[A-Za-z]{2,24}")
_AROUND: Final = " \t\r\n,;:.()<>[]\"'-–"


@dataclass(frozen=True, slots=True)
class Absence:
    """What an out-of-office note says of its writer.

    returns_on: the first day back, "2026-04-13", or None if it says none.
    substitute: whom to write to meanwhile, or None; the name may be "".
    """

    returns_on: str | None = None
    substitute: Mailbox | None = None


@dataclass(frozen=True, slots=True)
class _Day:
    """A date in the text, from `start` up to `end`; weak if only a weekday is named."""

    start: int
    end: int
    day: date
    weak: bool = False


def read_absence(text: str, *, written: date | None, own: Collection[str] = ()) -> Absence | None:
    """Return what a note says, or None if it says nothing of the two.

    written: the day on which it was sent; without it only dates with a year count.
    own: addresses that can't be the substitute's: the writer's and the recipients'.
    """
    looked_at = " ".join(text[:_LOOKED_AT].split())
    back = _returns_on(looked_at.lower(), written)
    substitute = _substitute(looked_at, {address.lower() for address in own})
    if back is None and substitute is None:
        return None
    return Absence(back.isoformat() if back else None, substitute)


def _returns_on(text: str, written: date | None) -> date | None:
    days = sorted(_days(text, written), key=lambda day: (day.start, -day.end))
    for found in _BACK.finditer(text):
        after = next((day for day in days if 0 <= day.start - found.end() <= _AHEAD), None)
        if after is not None:
            return after.day
    for found in _BACK.finditer(text):
        before = [day for day in days if 0 <= found.start() - day.end <= _BEHIND]
        if before and not _is_last(text, before[-1]):
            return before[-1].day
    for day in days:
        if _is_before(_UNTIL_BACK, text, day):
            return day.day
        if _is_last(text, day):
            return day.day + _DAY
    for one, two in pairwise(days):
        if one.day <= two.day and _RANGE.fullmatch(text, one.end, two.start):
            return two.day + _DAY
    return None


def _is_last(text: str, day: _Day) -> bool:
    """Say whether a date is told to be the last one of an absence."""
    if _UNTIL_BEHIND.match(text, day.end, day.end + _NEAR) is not None:
        return True
    return _is_before(_UNTIL_LAST, text, day)


def _is_before(cue: re.Pattern[str], text: str, day: _Day) -> bool:
    """Say whether a cue stands right before a date, a word or two between them."""
    start = max(0, day.start - _NEAR - 12)
    found = None
    for found in cue.finditer(text, start, day.start):  # noqa: B007 (the last one counts)
        pass
    return found is not None and day.start - found.end() <= _NEAR


def _days(text: str, written: date | None) -> Iterator[_Day]:
    taken: list[_Day] = []
    for pattern in (_EASTERN, _WORDED, _MONTH_FIRST, _NUMERIC):
        for found in pattern.finditer(text):
            if any(one.start < found.end() and found.start() < one.end for one in taken):
                continue
            read = _numeric if pattern is _NUMERIC else _worded
            day = read(found, written)
            if day is not None:
                taken.append(_Day(found.start(), found.end(), day))
            if len(taken) >= 20:
                break
    yield from taken
    if written is None:
        return
    for found in _WEEKDAY.finditer(text):
        close = any(0 <= one.start - found.end() <= _NEAR for one in taken)
        if not close:
            ahead = (_WEEKDAYS[found[0]] - 1 - written.weekday()) % 7 or 7
            yield _Day(found.start(), found.end(), written + ahead * _DAY, weak=True)


def _worded(found: re.Match[str], written: date | None) -> date | None:
    groups = found.groupdict()
    month = groups["month"]
    number = int(month) if month.isdigit() else _MONTHS[month]
    year = groups.get("year") or groups.get("before")
    return _date(year, number, int(groups["day"]), written)


def _numeric(found: re.Match[str], written: date | None) -> date | None:
    if found["iso"]:
        return _date(found["iso"], int(found["iso_month"]), int(found["iso_day"]), written)
    first, second = int(found["first"]), int(found["second"])
    year = found["year"]
    if year is not None and len(year) == 2:
        year = f"20{year}"
    match found["mark"]:
        case "." if year or found.string[found.end() : found.end() + 1] == "." or second >= 10:
            return _date(year, second, first, written)
        case "/" | "-" if (year or found["mark"] == "/") and (first > 12 or first == second):
            return _date(year, second, first, written)
        case "/" if second > 12:
            return _date(year, first, second, written)
        case _:
            return None  # the day or the month first: nobody can tell


def _date(year: str | None, month: int, day: int, written: date | None) -> date | None:
    """Return a date that lies ahead, the year found where it isn't given."""
    try:
        if year is not None:
            found = date(int(year), month, day)
        elif written is None:
            return None
        else:
            found = date(written.year, month, day)
            if found < written:
                found = date(written.year + 1, month, day)
    except ValueError:
        return None
    if written is not None and not 0 <= (found - written).days <= _MOST_DAYS:
        return None
    return found


def _substitute(text: str, own: Collection[str]) -> Mailbox | None:
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = text  # a letter that grows in lower case moves all places
    cues = [found.end() for found in _SUBSTITUTE.finditer(lowered)]
    for found in _ADDRESS.finditer(text):
        address = found[0].rstrip(".")
        if address.lower() in own:
            continue
        if any(-80 <= found.start() - cue <= 160 for cue in cues):
            return Mailbox(_name_before(text, found.start()), address)
    return None


def _name_before(text: str, end: int) -> str:
    """Return the name that stands right before an address: up to four words with capitals."""
    words = text[max(0, end - 100) : end].split()
    while words and (
        words[-1].strip(_AROUND).lower() in absence_words.BETWEEN or not words[-1].strip(_AROUND)
    ):
        words.pop()
    name: list[str] = []
    while words and len(name) < 4:
        word = words.pop()
        bare = word.strip(_AROUND)
        ends = word[-1:] in ".;:" or (word[-1:] == "," and name)
        if not bare or not bare[0].isupper() or any(map(str.isdigit, bare)) or (ends and name):
            break
        name.insert(0, bare)
        if word[:1] in "(<[\"'":
            break
    return " ".join(name) if len(name) > 1 or (name and len(name[0]) > 2) else ""

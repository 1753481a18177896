"""What the announcements of quotations are made of: dates, times, addresses; bare lines.

Every pattern is bounded, so that no line, however it was made, takes more than linear time.
"""

import re
from typing import Final

LONGEST_LINE: Final = 400
_BLANKS: Final = (
    " \t\r\n\f\v\x00\u00a0\u200b\u200c\u200d\u200e\u200f\u2028\u2060\u202a\u202b\u202c\ufeff"
)
TIME: Final = re.compile(r"(?<!\d)\d{1,2}\s?[:.h時点點시时]\s?\d{2}(?!\d)")
DATE: Final = re.compile(
    r"(?<!\d)(?:19|20|25)\d\d(?!\d)|(?<!\d)\d{1,4}(?:[/\-]|\. ?)\d{1,2}(?:[/\-]|\. ?)\d{1,4}(?!\d)"
)
ADDRESS: Final = re.compile(r"[^\s<>()\[\]@,;:\"]@[\w\-]")


def bare(line: str) -> str:
    """Return the line without white space, direction marks and byte order marks around it."""
    return line.strip(_BLANKS)


def date_in(joined: str) -> str:
    """Return the date of an introduction as it was written, "" if it has none."""
    found = DATE.search(joined)
    if found is None:
        return ""
    start, end = found.span()
    time = TIME.search(joined, end) or TIME.search(joined)
    if time is not None and abs(time.start() - start) < 40:
        start, end = min(start, time.start()), max(end, time.end())
    return joined[start:end]

"""Where a bounce's letter ends and the mail that it returns begins."""

import re
from collections.abc import Sequence
from typing import Final

from gateway.mail import report_words
from gateway.mail.report_words import pattern

_COPY: Final = pattern(report_words.COPY)
_NOT_COPY: Final = pattern(report_words.NOT_COPY)
_QUOTES_HEADER: Final = re.compile(r"following header fields:\s{0,4}$", re.IGNORECASE)
_HEADER_LINE: Final = re.compile(r"^([!-9;-~]{2,60}):[ \t](.*)$")
_DIALOGUE: Final = re.compile(r"RCPT\s{1,3}TO\s?:", re.IGNORECASE)
_QUOTED_FIELDS: Final = 12


def copy_starts(lines: Sequence[str]) -> int:
    """Return the index of the first line that belongs to the returned mail."""
    quoted_until = 0
    for index, line in enumerate(lines):
        if _QUOTES_HEADER.search(line):
            # iPlanet tells which mail it speaks of, in the indented fields that follow.
            quoted_until = index + _QUOTED_FIELDS
        if index < quoted_until and line.startswith("  "):
            continue
        if len(line) < 200 and _COPY.search(line) and not _NOT_COPY.search(line) and index:
            if _DIALOGUE.search(line) or line.lstrip().startswith(("<<<", ">>>")):
                continue
            return index
        if _HEADER_LINE.match(line) and _is_header(lines, index):
            return index
    return len(lines)


def _is_header(lines: Sequence[str], start: int) -> bool:
    """Return whether a mail's header begins here: several fields, one of them a trace."""
    fields, is_traced = 0, False
    for line in lines[start : start + 12]:
        field = _HEADER_LINE.match(line)
        if field:
            name = field[1].lower()
            fields += 1
            is_traced = is_traced or name in (
                "received",
                "message-id",
                "return-path",
                "mime-version",
            )
        elif not line[:1].isspace():
            break
    return fields >= 3 and is_traced

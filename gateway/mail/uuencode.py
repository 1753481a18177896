"""Files that stand uuencoded in text (POSIX), and the text without them.

Damaged data gives what can be had of it; nothing here raises.
"""

import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?$", re.MULTILINE)
_END = re.compile(rb"^end[ \t]*(?=\r?$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FileInText:
    """A file that stood encoded in text, and where it stood."""

    start: int
    end: int
    name: bytes
    octets: bytes = field(repr=False)


def uuencoded(octets: bytes, *, limit: int) -> list[FileInText]:
    """Return the files that stand uuencoded in a text, at most `limit`.

    A text that only speaks of "begin 644 name" has no well-formed lines after it.
    """
    files: list[FileInText] = []
    position = 0
    end = _END.search(octets)
    while len(files) < limit and (begin := _BEGIN.search(octets, position)) is not None:
        position = begin.end()
        if end is not None and end.start() < position:
            end = _END.search(octets, position)
        if end is None:
            break
        decoded = _decoded(octets, position, end.start())
        if decoded:
            files.append(FileInText(begin.start(), end.end(), begin[1].strip(), decoded))
            position = end.end()
    return files


def without(octets: bytes, files: Sequence[FileInText]) -> bytes:
    """Return a text without the files in it. files: in their order."""
    pieces = []
    position = 0
    for file in files:
        pieces.append(octets[position : file.start])
        position = file.end
    return b"".join([*pieces, octets[position:]])


def _decoded(octets: bytes, start: int, end: int) -> bytes | None:
    """Return the octets of uuencoded lines, None if they are none."""
    pieces = []
    while start < end:
        line_end = octets.find(b"\n", start, end)
        line_end = end if line_end < 0 else line_end
        letters = octets[start : min(line_end, start + 100)].rstrip(b"\r")
        start = line_end + 1
        if not letters:
            continue
        groups = (((letters[0] - 32) & 63) + 2) // 3
        if not 32 <= letters[0] <= 96 or len(letters) - 1 > 4 * groups + 4:
            return None
        try:
            # Spaces at the end may have been lost; they stand for zeros.
            pieces.append(binascii.a2b_uu(letters[: 1 + 4 * groups]))
        except binascii.Error:
            return None
    return b"".join(pieces)

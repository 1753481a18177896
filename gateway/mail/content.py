"""The content of a part: transfer encodings undone (RFC 2045, section 6), and uuencode.

Damaged data gives what can be had of it; nothing here raises.
"""

import binascii
import re
from dataclasses import dataclass

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_PADDINGS = 1000
_FOREIGN_SHARE = 0.03
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?$", re.MULTILINE)
_UU_END = re.compile(rb"^end[ \t]*(?=\r?$)", re.MULTILINE)
_UU_MODES = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})


@dataclass(frozen=True, slots=True)
class Uuencoded:
    """A file that stood uuencoded in text, and where it stood."""

    start: int
    end: int
    name: bytes
    octets: bytes


def undo(octets: bytes, encoding: str) -> bytes:
    """Return the octets that were encoded; unknown encodings are left as they are.

    encoding: in lower case, without comments.
    """
    match encoding:
        case "base64" | "b":
            return _unbase64(octets)
        case "quoted-printable" | "quotedprintable" | "q":
            return binascii.a2b_qp(octets)
        case _ if encoding in _UU_MODES:
            files = uuencoded(octets, limit=1)
            return files[0].octets if files else octets
        case _:
            return octets


def uuencoded(octets: bytes, *, limit: int) -> list[Uuencoded]:
    """Return the files that stand uuencoded in a text, at most `limit`.

    A text that only speaks of "begin 644 name" has no well-formed lines after it.
    """
    files: list[Uuencoded] = []
    position = 0
    end = _UU_END.search(octets)
    while len(files) < limit and (begin := _UU_BEGIN.search(octets, position)) is not None:
        position = begin.end()
        if end is not None and end.start() < position:
            end = _UU_END.search(octets, position)
        if end is None:
            break
        decoded = _unuu(octets, position, end.start())
        if decoded:
            files.append(Uuencoded(begin.start(), end.end(), begin[1].strip(), decoded))
            position = end.end()
    return files


def _unbase64(octets: bytes) -> bytes:
    """Return what base64 says, or the octets themselves where they plainly are none.

    Behind padding goes on only what is base64 to its end: several encoders' output joined.
    """
    padding = octets.find(b"=")
    if padding < 0 or not octets[padding:].strip(b"=\r\n \t"):
        pieces = [octets]
    elif _is_base64(octets[padding:].lstrip(b"=")):
        pieces = octets.split(b"=", _PADDINGS)
    else:
        pieces = [octets[:padding]]
    foreign = len(pieces[0].translate(None, _BASE64 + b"=\r\n \t"))
    if foreign > _FOREIGN_SHARE * len(pieces[0]):
        return octets
    return b"".join(_unpadded(piece) for piece in pieces)


def _is_base64(octets: bytes) -> bool:
    """Say whether all of it is base64, a whole number of its groups."""
    letters = octets.translate(None, b"\r\n \t")
    return len(letters) % 4 == 0 and not letters.translate(None, _BASE64 + b"=")


def _unpadded(piece: bytes) -> bytes:
    """Return what base64 without its padding says, or with padding at the very end."""
    try:
        return binascii.a2b_base64(piece)
    except binascii.Error:
        letters = piece.translate(None, _NOT_BASE64)
        if len(letters) % 4 == 1:
            letters = letters[:-1]
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _unuu(octets: bytes, start: int, end: int) -> bytes | None:
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

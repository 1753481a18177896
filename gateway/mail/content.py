"""The content of a part: transfer encodings undone (RFC 2045, section 6).

Damaged data gives what can be had of it; nothing here raises.
"""

import binascii

from gateway.mail.uuencode import uuencoded
from gateway.mail.yenc import yencoded

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_PADDINGS = 1000
_FOREIGN_SHARE = 0.03
_YENC_MODES = frozenset({"x-yenc", "yenc"})
_UU_MODES = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})


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
        case _ if encoding in _YENC_MODES:
            files = yencoded(octets, limit=1)
            return files[0].octets if files else octets
        case _:
            return octets


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

"""Base64 as JSON carries it (RFC 4648, section 4), piece by piece.

One call on 40 MiB would hold the interpreter for a tenth of a second; pieces let the event
loop run in between.
"""

import binascii
from collections.abc import Iterator
from mmap import mmap

_PIECE = 192 * 1024
_ESCAPED = ((b"\\/", b"/"), (b"\\n", b""), (b"\\r", b""), (b"\n", b""), (b"\r", b""))


class BadBase64(ValueError):  # noqa: N818 (it names the mistake)
    """It is not base64."""


def pieces(text: bytes | mmap, start: int, end: int) -> Iterator[bytes]:
    """Give the bytes behind a part of a text; JSON may have escaped "/" and line breaks in it.

    Raises BadBase64.
    """
    carried = b""
    ended = False
    for position in range(start, end, _PIECE):
        piece = carried + text[position : min(end, position + _PIECE)]
        last = position + _PIECE >= end
        # An escape may be cut in two: its backslash waits for the next piece.
        tail = b"\\" if piece.endswith(b"\\") and not last else b""
        piece = piece[: len(piece) - len(tail)]
        for escape, plain in _ESCAPED:
            piece = piece.replace(escape, plain)
        whole = len(piece) if last else len(piece) // 4 * 4
        carried = piece[whole:] + tail
        if ended and piece[:whole]:
            raise BadBase64
        try:
            yield binascii.a2b_base64(piece[:whole], strict_mode=True)
        except binascii.Error as error:
            raise BadBase64 from error
        ended = piece[:whole].endswith(b"=")


def decoded(text: bytes) -> bytes:
    """Return the bytes behind a short text. Raises BadBase64."""
    return b"".join(pieces(text, 0, len(text)))

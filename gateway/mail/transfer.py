"""Transfer encodings: any bytes in 7 bits and short lines (RFC 2045, section 6)."""

import binascii
import re

LINE_OCTETS = 998
_BEYOND_ASCII = bytes(range(128, 256))
_TRAILING_SPACE = re.compile(rb"[ \t]\r\n|[ \t]\Z")
_BASE64_LINE = 76


def is_seven_bit(data: bytes, start: int = 0, end: int | None = None) -> bool:
    """Say whether bytes can travel as they are: ASCII without NUL, CRLF, lines up to 998."""
    end = len(data) if end is None else end
    piece = data if (start, end) == (0, len(data)) else data[start:end]
    return (
        piece.isascii() and b"\0" not in piece and has_crlf_only(piece) and has_short_lines(piece)
    )


def has_crlf_only(data: bytes) -> bool:
    """Say whether CR and LF appear as pairs alone."""
    pairs = data.count(b"\r\n")
    return data.count(b"\n") == pairs and data.count(b"\r") == pairs


def has_short_lines(data: bytes, limit: int = LINE_OCTETS) -> bool:
    """Say whether no line, ended by CRLF, is longer than `limit` octets."""
    start, size = 0, len(data)
    # Hop from line end to line end as far as the limit allows, instead of reading each line.
    while size - start > limit:
        end = data.rfind(b"\r\n", start, start + limit + 2)
        if end < 0:
            return False
        start = end + 2
    return True


def base64_lines(data: bytes) -> bytes:
    """Return base64 in lines of 76 characters, each ended by CRLF."""
    return _in_lines(binascii.b2a_base64(data, newline=False))


def rewrapped_base64(text: bytes) -> bytes:
    """Return the same base64 in short lines, without what is not of its alphabet."""
    strange = bytes(set(range(256)) - set(_ALPHABET))
    return _in_lines(text.translate(None, delete=strange))


_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="


def _in_lines(text: bytes) -> bytes:
    lines = [text[at : at + _BASE64_LINE] for at in range(0, len(text), _BASE64_LINE)]
    return b"\r\n".join([*lines, b""])


def quoted_printable(text: bytes) -> bytes:
    """Return quoted-printable; `text` has CRLF line ends alone."""
    # binascii takes the style of its line breaks from the first one it meets.
    ended = text.endswith(b"\r\n")
    encoded = binascii.b2a_qp(text if ended else text + b"\r\n", istext=True)
    if not ended:
        encoded = encoded[:-2]
    # Old mailboxes write ">From" where a line begins with "From ".
    if encoded.startswith(b"From "):
        encoded = b"=46" + encoded[1:]
    return encoded.replace(b"\r\nFrom ", b"\r\n=46rom ")


def quoted_printable_octets(encoded: bytes) -> bytes:
    """Return what quoted-printable stands for."""
    return binascii.a2b_qp(encoded)


def encoded_text(text: bytes) -> tuple[str, bytes]:
    """Return (transfer encoding, bytes) for text: base64 where much of it is not ASCII.

    Text with a lone CR or LF goes as base64, which alone keeps it.
    """
    if not has_crlf_only(text):
        return "base64", base64_lines(text)
    if text.isascii() and b"\0" not in text:
        plain = has_short_lines(text, 78) and not _TRAILING_SPACE.search(text)
        if plain and not text.startswith(b"From ") and b"\r\nFrom " not in text:
            return "7bit", text
        return "quoted-printable", quoted_printable(text)
    beyond = len(text) - len(text.translate(None, delete=_BEYOND_ASCII))
    if beyond * 3 > len(text):
        return "base64", base64_lines(text)
    return "quoted-printable", quoted_printable(text)

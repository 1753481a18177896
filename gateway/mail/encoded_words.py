"""Text in header fields: encoded words (RFC 2047), raw UTF-8 (RFC 6532), raw anything.

Every step is linear in the length of the field; a field is one line afterwards, so nothing
that it holds can begin a new field when it is written out again.
"""

import binascii
import re

from gateway.mail import charsets

_WORD_START = re.compile(rb"=\?([!#-'+\-./0-9:A-Z^_a-z{|}~*]{1,60})\?([BbQq])\?")
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                          b"0123456789+/"))  # fmt: skip
# C0, DEL, C1, line and paragraph separators end or forge a line; embeddings, overrides and
# isolates make a line look like another one.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069\ufeff]")


def header_text(raw: bytes, *, hint: str | None = None) -> str:
    """Return the text of an unfolded field, encoded words decoded, on one line.

    hint: the charset of the message's body, for raw octets that aren't UTF-8.
    """
    if b"=?" not in raw:
        if raw.isascii() and (text := raw.decode("ascii")).isprintable():
            return text.strip(" ")
        return one_line(charsets.decode(raw, hint=hint))
    return one_line("".join(_pieces(raw, hint)))


def decode_words(text: str) -> str:
    """Return text with its encoded words decoded, on one line."""
    if "=?" not in text:
        return one_line(text)
    return header_text(text.encode("utf-8", "replace"))


def one_line(text: str) -> str:
    """Return text as one line: no control characters, nothing that changes its direction."""
    if text.isascii() and text.isprintable():
        return text.strip(" ")
    return _UNFIT.sub(" ", _BIDI.sub("", text)).strip(" ")


def _pieces(raw: bytes, hint: str | None) -> list[str]:
    """Return the decoded stretches of a field.

    Words that follow each other lose the space between them; where they share a charset
    their octets are joined first, since senders cut characters in half.
    """
    pieces: list[str] = []
    pending: list[bytes] = []
    pending_charset = b""
    position = 0
    for start, end, charset, octets in _words(raw):
        between = raw[position:start]
        if pending and not between.strip():
            if charset.lower() == pending_charset.lower():
                pending.append(octets)
                position = end
                continue
            between = b""
        if pending:
            pieces.append(_word_text(pending, pending_charset))
        if between:
            pieces.append(charsets.decode(between, hint=hint))
        pending, pending_charset, position = [octets], charset, end
    if pending:
        pieces.append(_word_text(pending, pending_charset))
    pieces.append(charsets.decode(raw[position:], hint=hint))
    return pieces


def _words(raw: bytes) -> list[tuple[int, int, bytes, bytes]]:
    """Return the encoded words: (start, end, charset, decoded octets)."""
    words = []
    position = 0
    while (found := _WORD_START.search(raw, position)) is not None:
        end = raw.find(b"?=", found.end())
        if end < 0:
            break
        content = raw[found.end() : end]
        charset = found[1].partition(b"*")[0]  # RFC 2231, section 5: a language may follow
        if not content.isascii():
            content = _recharset(content, charset)
        octets = _unbase64(content) if found[2] in b"Bb" else binascii.a2b_qp(content, header=True)
        position = end + 2
        words.append((found.start(), position, charset, octets))
    return words


def _recharset(content: bytes, charset: bytes) -> bytes:
    """Return raw characters, which have no place in a word, in the charset of the word."""
    codec = charsets.codec_name(charset.decode("ascii"))
    try:
        return content if codec is None else content.decode("utf-8").encode(codec)
    except UnicodeError:
        return content


def _unbase64(content: bytes) -> bytes:
    """Return what base64 says, whatever is wrong with its end."""
    letters = content.translate(None, _NOT_BASE64)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _word_text(octets: list[bytes], charset: bytes) -> str:
    return charsets.decode(b"".join(octets), charset.decode("ascii"))

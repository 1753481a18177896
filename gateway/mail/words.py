"""Encoded words: text of any alphabet in ASCII (RFC 2047)."""

import binascii
import re
from collections.abc import Callable, Iterator

ENCODED_WORD = re.compile(r"=\?([!->@-~]{1,60})\?([bBqQ])\?([!->@-~]*)\?=")
"""Charset, encoding, payload. The classes exclude what ends them, so no backtracking."""

_WORD_CHARS = 75
_FRAME = len("=?utf-8?q??=")
_LITERAL = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")
_LONG_WORD = 900


def encoded_words(text: str, room: int = _WORD_CHARS) -> list[str]:
    """Return a text as encoded words of at most 75 characters, none splitting a character.

    room: characters left in the first line.
    """
    octets = text.encode("utf-8")
    literal = sum(octet in _LITERAL or octet == 0x20 for octet in octets)
    quoted_size = literal + 3 * (len(octets) - literal)
    if quoted_size <= (len(octets) + 2) // 3 * 4:
        return list(_words(text, room, "q", _quoted_cost, _quoted))
    return list(_words(text, room, "b", _base64_cost, _base64))


def _words(
    text: str,
    room: int,
    letter: str,
    cost: Callable[[int, str], int],
    encode: Callable[[str], str],
) -> Iterator[str]:
    limit = max(min(room, _WORD_CHARS), 30) - _FRAME
    start, size, used = 0, 0, 0
    for index, char in enumerate(text):
        size = cost(used, char)
        if size > limit:
            yield f"=?utf-8?{letter}?{encode(text[start:index])}?="
            start, used = index, 0
            limit = _WORD_CHARS - _FRAME
            size = cost(0, char)
        used = size
    yield f"=?utf-8?{letter}?{encode(text[start:])}?="


def _quoted_cost(used: int, char: str) -> int:
    return used + sum(
        1 if octet in _LITERAL or octet == 0x20 else 3 for octet in char.encode("utf-8")
    )


def _quoted(text: str) -> str:
    return "".join(
        chr(octet) if octet in _LITERAL else "_" if octet == 0x20 else f"={octet:02X}"
        for octet in text.encode("utf-8")
    )


def _base64_cost(used: int, char: str) -> int:
    # Cost in thirds of four characters, so that it adds up: three octets make four characters.
    octets = used * 3 // 4 + len(char.encode("utf-8"))
    return -(-octets * 4 // 3)


def _base64(text: str) -> str:
    return binascii.b2a_base64(text.encode("utf-8"), newline=False).decode("ascii")


def unstructured_words(
    value: str, used: int, *, keeps: Callable[[str], bool] = lambda _word: False
) -> list[str]:
    """Return free text as words to fold; those beyond ASCII, and all between them, encoded.

    used: characters taken in the first line. keeps: says which words, though they look
    like encoded words, stay as they are.
    """
    words = value.split(" ")
    odd = [
        index
        for index, word in enumerate(words)
        if not word
        or not word.isascii()
        or len(word) > _LONG_WORD
        or ("=?" in word and not keeps(word))
    ]
    if not odd:
        return words
    if "" in words:
        return encoded_words(value, _WORD_CHARS - used) if value else []
    first, last = odd[0], odd[-1]
    before = " ".join(words[:first])
    room = 76 - used - len(before) - 1
    middle = encoded_words(" ".join(words[first : last + 1]), room if room > 40 else _WORD_CHARS)
    return [*words[:first], *middle, *words[last + 1 :]]

"""Encoded words: text of any alphabet in ASCII (RFC 2047)."""

import binascii
import re
from collections.abc import Callable, Iterator

ENCODED_WORD = re.compile(r"=\?([!->@-~]{1,60})\?([bBqQ])\?([!->@-~]*)\?=")
"""Charset, encoding, payload. The classes exclude what ends them, so no backtracking."""

_WORD_CHARS = 75
_FRAME = len("=?utf-8?q??=")
# What may stand unencoded in a phrase (RFC 2047, 5(3)); "_" stands for the space.
_LITERAL = frozenset(b" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")
_LONG_WORD = 900


def encoded_words(text: str, room: int = _WORD_CHARS) -> list[str]:
    """Return a text as encoded words of at most 75 characters, none splitting a character.

    room: characters left in the first line.
    """
    octets = text.encode("utf-8")
    literal = sum(octet in _LITERAL for octet in octets)
    if literal + 3 * (len(octets) - literal) <= (len(octets) + 2) // 3 * 4:
        return list(_words(text, room, "q"))
    return list(_words(text, room, "b"))


def _words(text: str, room: int, letter: str) -> Iterator[str]:
    weigh, encode = (_quoted_chars, _quoted) if letter == "q" else (_octets, _base64)

    def holds(chars: int) -> int:
        return chars if letter == "q" else chars // 4 * 3

    left = holds(max(min(room, _WORD_CHARS), 30) - _FRAME)
    start = 0
    for index, char in enumerate(text):
        weight = weigh(char)
        if weight > left:
            yield f"=?utf-8?{letter}?{encode(text[start:index])}?="
            start, left = index, holds(_WORD_CHARS - _FRAME)
        left -= weight
    yield f"=?utf-8?{letter}?{encode(text[start:])}?="


def _octets(char: str) -> int:
    return len(char.encode("utf-8"))


def _quoted_chars(char: str) -> int:
    return sum(1 if octet in _LITERAL else 3 for octet in char.encode("utf-8"))


def _quoted(text: str) -> str:
    return "".join(
        "_" if octet == 0x20 else chr(octet) if octet in _LITERAL else f"={octet:02X}"
        for octet in text.encode("utf-8")
    )


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
    kept = [keeps(word) for word in words]
    odd = [
        not keep and (not word.isascii() or len(word) > _LONG_WORD or "=?" in word or not word)
        for word, keep in zip(words, kept, strict=True)
    ]
    if not any(odd) or not value:
        return words if value else []
    if "" in words and not any(kept):
        return encoded_words(value, _WORD_CHARS - used)
    done: list[str] = []
    index = 0
    while index < len(words):
        end = _run_end(odd, kept, index)
        if end == index:
            done.append(words[index])
            used += len(words[index]) + 1
            index += 1
            continue
        # White space between two encoded words is not shown, so it goes into ours.
        before = " " if index and kept[index - 1] else ""
        after = " " if end < len(words) and kept[end] else ""
        room = _WORD_CHARS - used
        text = before + " ".join(words[index:end]) + after
        done += encoded_words(text, room if room > 40 else _WORD_CHARS)
        used, index = _WORD_CHARS, end
    return done


def _run_end(odd: list[bool], kept: list[bool], start: int) -> int:
    """Return the end of the words to encode together: from one odd word to the last one."""
    if not odd[start]:
        return start
    end = index = start + 1
    while index < len(odd) and not kept[index]:
        index += 1
        if odd[index - 1]:
            end = index
    return end

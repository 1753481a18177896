"""Fields with parameters: Content-Type, Content-Disposition (RFC 2045, 5.1; RFC 2231)."""

import re
import unicodedata
from collections.abc import Sequence

from gateway.mail.fields import checked, fold

_PLAIN = re.compile(r"[ !#$&-\[\]-~]{1,60}")
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63}")
_ATTRIBUTE_CHARS = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&+-.^_`{|}~"
)
_PIECE = 60
UNKNOWN_TYPE = "application/octet-stream"


def typed(name: str, value: str, parameters: Sequence[tuple[str, str]] = ()) -> bytes:
    """Return a field with parameters. Raises MailError if a parameter holds a control."""
    words = [value]
    for key, text in parameters:
        words[-1] += ";"
        words += _parameter(key, checked(text, key))
    return fold(name, words)


def _parameter(key: str, text: str) -> list[str]:
    if is_plain(text):
        return [f'{key}="{text}"']
    pieces = _pieces(text)
    if len(pieces) == 1:
        return [f"{key}*=utf-8''{pieces[0]}"]
    words = [f"{key}*0*=utf-8''{pieces[0]}"]
    for number, piece in enumerate(pieces[1:], 1):
        words[-1] += ";"
        words.append(f"{key}*{number}*={piece}")
    return words


def is_plain(text: str) -> bool:
    """Say whether a parameter can hold the text in quotes, without RFC 2231."""
    return bool(_PLAIN.fullmatch(text)) and "=?" not in text


def _pieces(text: str) -> list[str]:
    pieces, piece = [], ""
    for octet in text.encode("utf-8"):
        char = chr(octet) if octet in _ATTRIBUTE_CHARS else f"%{octet:02X}"
        if len(piece) + len(char) > _PIECE:
            pieces.append(piece)
            piece = ""
        piece += char
    return [*pieces, piece]


def fallback(text: str) -> str:
    """Return a name in plain ASCII that resembles a file name, its extension kept."""
    ascii_text = "".join(
        char if _PLAIN.fullmatch(char) else "_"
        for char in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(char)
    ).replace("=?", "=_")
    if len(ascii_text) <= _PIECE:
        return ascii_text
    stem, dot, ending = ascii_text.rpartition(".")
    if not dot or len(ending) > 10:
        return ascii_text[:_PIECE]
    return stem[: _PIECE - len(ending) - 1] + dot + ending


def content_type(text: str) -> str:
    """Return the type of an attachment, or that of unknown bytes if it is none for a leaf."""
    bare = text.partition(";")[0].strip().lower()
    if _TYPE.fullmatch(bare) and not bare.startswith(("multipart/", "message/")):
        return bare
    return UNKNOWN_TYPE

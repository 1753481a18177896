"""Values with parameters, as they come: Content-Type, Content-Disposition (RFC 2045, 2183, 2231).

Senders forget quotes, put semicolons and raw UTF-8 into names, and use encoded words where
RFC 2231 wants percent signs. What they meant is mostly plain; what is not, is dropped.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from gateway.mail import charsets
from gateway.mail.encoded_words import header_text, one_line

_SIMPLE = re.compile(rb'[ \t]*([A-Za-z0-9-]{1,40})=(?:"([^"\\=;]*+)"|([^\s";=\\]++))[ \t]*(?:;|\Z)')
_NAME = re.compile(rb"[ \t]*([!#$%&'*+\-.0-9A-Z^_`a-z{|}~]{1,80})[ \t]*=[ \t]*")
_SECTION = re.compile(r"(.+?)\*([0-9]{1,4})?(\*)?")
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*+)("?)', re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_COMMENT = re.compile(rb"\([^()]*\)")
_UNQUOTED_OCTETS = 1024


@dataclass(frozen=True, slots=True)
class Valued:
    """A value in lower case, without its parameters, and these by name in lower case."""

    value: str
    parameters: Mapping[str, str]


def parse_valued(raw: bytes) -> Valued:
    """Return the value and its parameters; of a parameter given twice, the first counts."""
    head, _, rest = raw.partition(b";")
    if b"(" in head:
        head = _COMMENT.sub(b"", head)
    value = one_line(charsets.decode(head)).lower()
    if not rest:
        return Valued(value, {})
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for name, content in _pairs(rest):
        if "*" not in name:
            plain.setdefault(name, header_text(content))
        elif (found := _SECTION.fullmatch(name)) is not None:
            number = int(found[2] or 0)
            encoded = found[3] is not None or found[2] is None
            sections.setdefault(found[1], {}).setdefault(number, (content, encoded))
    for name, parts in sections.items():
        joined = _joined(parts)
        if joined or name not in plain:
            plain[name] = joined
    return Valued(value, plain)


def _pairs(rest: bytes) -> list[tuple[str, bytes]]:
    """Return the parameters as written: name in lower case, value without quotes."""
    pairs = []
    position = 0
    while position < len(rest):
        simple = _SIMPLE.match(rest, position)
        if simple is not None:
            content = simple[3] if simple[2] is None else simple[2]
            pairs.append((simple[1].decode("ascii").lower(), content))
            position = simple.end()
            continue
        found = _NAME.match(rest, position)
        if found is None:
            following = rest.find(b";", position)
            position = len(rest) if following < 0 else following + 1
            continue
        value, position = _value(rest, found.end())
        pairs.append((found[1].decode("ascii").lower(), value))
    return pairs


def _value(rest: bytes, start: int) -> tuple[bytes, int]:
    """Return the value that begins at `start` and the place behind its semicolon."""
    quoted = _QUOTED.match(rest, start)
    if quoted is not None:
        content = quoted[1]
        # A lone backslash stands in the path of a sender that doesn't know of escapes.
        if b'\\"' in content or b"\\\\" in content:
            content = _ESCAPE.sub(rb"\1", content)
        following = rest.find(b";", quoted.end())
        return content, len(rest) if following < 0 else following + 1
    end = rest.find(b";", start)
    # A semicolon that no "name=" follows belongs to a value whose quotes were forgotten.
    while 0 <= end <= start + _UNQUOTED_OCTETS and (
        rest[end + 1 : end + 200].strip() and _NAME.match(rest, end + 1) is None
    ):
        end = rest.find(b";", end + 1)
    if end < 0:
        end = len(rest)
    return rest[start:end].strip(b' \t"'), end + 1


def _joined(parts: Mapping[int, tuple[bytes, bool]]) -> str:
    """Return the text of a parameter that was cut into numbered sections (RFC 2231, section 3)."""
    first, encoded = parts.get(0, (b"", False))
    charset = ""
    if encoded and first.count(b"'") >= 2:
        label, _, first = first.split(b"'", 2)
        charset = label.decode("ascii", "replace")
    pieces = []
    for number in range(len(parts)):
        if number not in parts:
            break
        content, encoded = parts[number] if number else (first, encoded)
        pieces.append(unquote_to_bytes(content) if encoded else content)
    octets = b"".join(pieces)
    if not charset and b"=?" in octets:
        return header_text(octets)
    return one_line(charsets.decode(octets, charset or None))

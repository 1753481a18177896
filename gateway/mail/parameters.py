"""Values with parameters: Content-Type, Content-Disposition (RFC 2045, RFC 2183, RFC 2231).

Senders forget quotes, put semicolons and raw UTF-8 into names, and use encoded words where
RFC 2231 wants percent signs. What they meant is mostly plain; what is not, is dropped.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from gateway.mail import charsets
from gateway.mail.encoded_words import header_text, one_line

_NAME = re.compile(rb"[ \t]*([!#$%&'*+\-.0-9A-Z^_`a-z{|}~]{1,80})[ \t]*=[ \t]*")
_SECTION = re.compile(r"(.+?)\*([0-9]{1,4})?(\*)?")
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*+)("?)', re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_COMMENT = re.compile(rb"\([^()]*\)")


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
    value = one_line(charsets.decode(head)).strip().lower()
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
    if rest[start : start + 1] == b'"':
        quoted = _QUOTED.match(rest, start)
        assert quoted is not None
        content = quoted[1]
        if b"\\" in content and b'\\"' not in content and b"\\\\" not in content:
            pass  # a Windows path, whose sender doesn't know of escapes
        else:
            content = _ESCAPE.sub(rb"\1", content)
        following = rest.find(b";", quoted.end())
        return content, len(rest) if following < 0 else following + 1
    end = rest.find(b";", start)
    # A semicolon that no "name=" follows belongs to a value whose quotes were forgotten.
    while end >= 0 and rest[end + 1 :].strip() and _NAME.match(rest, end + 1) is None:
        end = rest.find(b";", end + 1)
        if end > start + 1024:
            break
    if end < 0:
        return rest[start:].strip(b" \t\""), len(rest)
    return rest[start:end].strip(b" \t\""), end + 1


def _joined(parts: Mapping[int, tuple[bytes, bool]]) -> str:
    """Return the text of a parameter that was cut into numbered sections (RFC 2231, section 3)."""
    first, encoded = parts.get(0, (b"", False))
    charset = ""
    octets = b""
    if encoded and first.count(b"'") >= 2:
        label, _, first = first.split(b"'", 2)
        charset = label.decode("ascii", "replace")
    for number in range(len(parts)):
        if number not in parts:
            break
        content, encoded = (first, parts[0][1]) if number == 0 else parts[number]
        octets += unquote_to_bytes(content) if encoded else content
    if not charset and b"=?" in octets:
        return header_text(octets)
    return one_line(charsets.decode(octets, charset or None))

"""`winmail.dat` unpacked: what Outlook hides in one attachment (MS-OXTNEF).

Damaged data gives what stands before the damage; sizes are checked before anything is cut
out, and each octet is looked at once a level.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.mail.charsets import decode
from gateway.mail.errors import MailError
from gateway.mail.keepable import keepable
from gateway.mail.tnef_rtf import decompressed

SIGNATURE = b"\x78\x9f\x3e\x22"

_ATTRIBUTE = struct.Struct("<BII")
_PROPERTY = struct.Struct("<HH")
_LONG = struct.Struct("<I")
_CHECKSUM_OCTETS = 2
_RENDERING, _TITLE, _DATA, _ATTACHMENT = 0x9002, 0x8010, 0x800F, 0x9005
_BODY, _PROPERTIES, _CODEPAGE = 0x800C, 0x9003, 0x9007
_P_BODY, _P_RTF, _P_HTML = 0x1000, 0x1009, 0x1013
_P_DATA, _P_NAME, _P_LONG_NAME, _P_KIND, _P_CONTENT_ID = 0x3701, 0x3704, 0x3707, 0x370E, 0x3712
_P_DISPLAY_NAME = 0x3001
_FIXED = {
    0x0002: 4, 0x0003: 4, 0x0004: 4, 0x000A: 4, 0x000B: 4, 0x0001: 0,
    0x0005: 8, 0x0006: 8, 0x0007: 8, 0x0014: 8, 0x0040: 8, 0x0048: 16,
}  # fmt: skip
_OBJECT, _STRING, _UNICODE, _BINARY = 0x000D, 0x001E, 0x001F, 0x0102
_MANY = 0x1000
_NAMED = 0x8000
_MESSAGE_INTERFACE = bytes.fromhex("0703020000000000c000000000000046")
_DEPTH = 4
_ATTACHMENTS = 200
_PROPERTY_COUNT = 20_000


@dataclass(slots=True)
class TnefFile:
    """One file: its name as given ("" if none), media type and Content-ID ("" if not given)."""

    name: str = ""
    content: bytes = b""
    content_type: str = ""
    content_id: str = ""


@dataclass(slots=True)
class Tnef:
    """What was packed: the bodies, "" and b"" for those that are missing, and the files."""

    text: str = ""
    html: bytes = b""
    rtf: bytes = b""
    files: list[TnefFile] = field(default_factory=list)
    codepage: str = "cp1252"


def unpack(octets: bytes) -> Tnef:
    """Return what is packed. Raises MailError if it is no TNEF."""
    if not octets.startswith(SIGNATURE):
        raise MailError("no TNEF")
    found = Tnef()
    _unpack(octets, found, depth=0)
    return found


def _unpack(octets: bytes, found: Tnef, *, depth: int) -> None:
    """Add what a stream holds to `found`; of messages within, their files alone."""
    current: TnefFile | None = None
    for _, tag, data in _attributes(octets):
        name = tag & 0xFFFF
        if name == _CODEPAGE and len(data) >= 4:
            found.codepage = f"cp{_LONG.unpack_from(data)[0]}"
        elif name == _RENDERING:
            if len(found.files) >= _ATTACHMENTS:
                return
            current = TnefFile()
            found.files.append(current)
        elif name == _BODY and not depth:
            found.text = found.text or decode(data.rstrip(b"\0"), found.codepage)
        elif name == _PROPERTIES and not depth:
            _take_bodies(_properties(data), found)
        elif current is not None and name == _TITLE:
            current.name = current.name or decode(data.split(b"\0")[0], found.codepage)
        elif current is not None and name == _DATA:
            current.content = data
        elif current is not None and name == _ATTACHMENT:
            _take_file(_properties(data), current, found, depth=depth)


def _attributes(octets: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Give level, tag and data of each attribute, as long as they make sense."""
    position = len(SIGNATURE) + 2
    while position + _ATTRIBUTE.size <= len(octets):
        level, tag, length = _ATTRIBUTE.unpack_from(octets, position)
        position += _ATTRIBUTE.size
        if level not in {1, 2} or position + length > len(octets):
            return
        yield level, tag, octets[position : position + length]
        position += length + _CHECKSUM_OCTETS


def _take_bodies(properties: Mapping[int, tuple[int, bytes]], found: Tnef) -> None:
    if (body := _text(properties, _P_BODY, found.codepage)) and not found.text:
        found.text = body
    if (html := properties.get(_P_HTML)) is not None:
        found.html = html[1]
    if (rtf := properties.get(_P_RTF)) is not None:
        found.rtf = decompressed(rtf[1])


def _take_file(
    properties: Mapping[int, tuple[int, bytes]], file: TnefFile, found: Tnef, *, depth: int
) -> None:
    names = (_P_LONG_NAME, _P_NAME, _P_DISPLAY_NAME)
    given = (_text(properties, name, found.codepage) for name in names)
    file.name = next((name for name in given if name), file.name)
    file.content_type = _text(properties, _P_KIND, found.codepage).lower()
    file.content_id = _text(properties, _P_CONTENT_ID, found.codepage).strip("<> ")
    kind, data = properties.get(_P_DATA, (0, b""))
    if kind == _OBJECT and data.startswith(_MESSAGE_INTERFACE):
        # A message: kept as it is, in place of a line that says so, and its files beside it.
        file.content = data[len(_MESSAGE_INTERFACE) :]
        file.content_type = "application/ms-tnef"
        file.name = f"{file.name}.tnef"
        if depth < _DEPTH:
            _unpack(file.content, found, depth=depth + 1)
    elif data and not file.content:
        file.content = data


def _text(properties: Mapping[int, tuple[int, bytes]], name: int, codepage: str) -> str:
    kind, data = properties.get(name, (0, b""))
    if kind == _UNICODE:
        return keepable(data.decode("utf-16-le", "replace").rstrip("\0"))
    return decode(data.rstrip(b"\0"), codepage) if kind in {_STRING, _BINARY} else ""


def _properties(data: bytes) -> dict[int, tuple[int, bytes]]:
    """Return type and first value of each unnamed property (MS-OXTNEF, 2.1.3.4)."""
    found: dict[int, tuple[int, bytes]] = {}
    try:
        (count,) = _LONG.unpack_from(data, 0)
        position = 4
        for _ in range(min(count, _PROPERTY_COUNT)):
            kind, name = _PROPERTY.unpack_from(data, position)
            position += _PROPERTY.size
            if name >= _NAMED:
                position = _skip_name(data, position)
            value, position = _value(data, position, kind)
            if name < _NAMED:
                found.setdefault(name, (kind & ~_MANY, value))
    except struct.error:
        pass  # cut off; what came before stands
    return found


def _skip_name(data: bytes, position: int) -> int:
    """Return where a named property's value begins."""
    position += 16
    (is_text,) = _LONG.unpack_from(data, position)
    (value,) = _LONG.unpack_from(data, position + 4)
    return position + 8 + (_padded(value) if is_text else 0)


def _value(data: bytes, position: int, kind: int) -> tuple[bytes, int]:
    """Return the first value at `position`, and where the next property begins."""
    count = 1
    is_variable = kind & ~_MANY in {_OBJECT, _STRING, _UNICODE, _BINARY}
    if is_variable or kind & _MANY:
        (count,) = _LONG.unpack_from(data, position)
        position += 4
    if not is_variable:
        size = _FIXED.get(kind & ~_MANY)
        if size is None:
            raise struct.error("unknown type")
        return data[position : position + size], position + size * count
    first = b""
    for number in range(count):
        (length,) = _LONG.unpack_from(data, position)
        position += 4
        if not number:
            first = data[position : position + length]
        position += _padded(length)
    return first, position


def _padded(length: int) -> int:
    return (length + 3) & ~3

"""The compression of RTF in Outlook's mail (MS-OXRTFCP)."""

import struct

RTF_OCTETS = 4 * 1024 * 1024

_HEADER = struct.Struct("<IIII")
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_WINDOW = 4096
_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompressed(octets: bytes) -> bytes:
    """Return the RTF, at most `RTF_OCTETS` of it; b"" if it is none."""
    if len(octets) < _HEADER.size:
        return b""
    _, size, kind, _ = _HEADER.unpack_from(octets)
    size = min(size, RTF_OCTETS)
    if kind == _PLAIN:
        return octets[_HEADER.size : _HEADER.size + size]
    return _inflated(octets, size) if kind == _COMPRESSED else b""


def _inflated(octets: bytes, size: int) -> bytes:
    window = bytearray(_DICTIONARY.ljust(_WINDOW, b"\0"))
    at = len(_DICTIONARY)
    out = bytearray()
    position = _HEADER.size
    while position < len(octets) and len(out) < size:
        flags = octets[position]
        position += 1
        for bit in range(8):
            if position >= len(octets) or len(out) >= size:
                break
            if not flags >> bit & 1:
                out.append(octets[position])
                window[at] = octets[position]
                at = (at + 1) % _WINDOW
                position += 1
                continue
            token = int.from_bytes(octets[position : position + 2], "big")
            position += 2
            source, length = token >> 4, (token & 15) + 2
            if source == at:
                return bytes(out[:size])
            for _ in range(length):
                octet = window[source]
                out.append(octet)
                window[at] = octet
                at = (at + 1) % _WINDOW
                source = (source + 1) % _WINDOW
    return bytes(out[:size])

"""Files that stand in text as yEnc: octets moved by 42, few of them escaped (yEnc draft 1.3).

Only a file that is whole is one: as long as it says, and with its checksum where it has one. What
was damaged on its way, or is only spoken of, stays text. Nothing here raises.
"""

import re
import zlib

from gateway.mail.uuencode import FileInText

_BEGIN = re.compile(
    rb"^=ybegin (?P<said>[^\r\n]{0,200}?)name=(?P<name>[^\r\n]{1,200})\r?$", re.MULTILINE
)
_PART = re.compile(rb"\r?\n=ypart [^\r\n]{1,100}")
_END = re.compile(rb"^=yend (?P<said>[^\r\n]{1,200})", re.MULTILINE)
_SAID = re.compile(rb"([a-z0-9]{1,10})=([0-9a-fA-F]{1,16})(?![0-9a-zA-Z])")
_ESCAPED = re.compile(rb"=(.)", re.DOTALL)
_BACK = bytes((code - 42) % 256 for code in range(256))
_ESCAPE = 64


def yencoded(octets: bytes, *, limit: int) -> list[FileInText]:
    """Return the files that stand as yEnc in a text, at most `limit`.

    One part of several is a file of its own, its number behind its name.
    """
    files: list[FileInText] = []
    position = 0
    end = _END.search(octets)
    while len(files) < limit and (begin := _BEGIN.search(octets, position)) is not None:
        position = begin.end()
        if end is not None and end.start() < position:
            end = _END.search(octets, position)
        if end is None:
            break
        following = _BEGIN.search(octets, position, end.start())
        if following is not None:
            continue  # nothing ends before another one begins
        said = _numbers(begin["said"])
        part = _PART.match(octets, position)
        content = _decoded(octets[part.end() if part else position : end.start()])
        if _is_whole(content, said, end["said"]):
            name = begin["name"].strip().strip(b'"')
            number = said.get(b"part", b"")
            if part is not None and number.isdigit():
                name += b".%03d" % int(number)
            files.append(FileInText(begin.start(), end.end(), name, content))
            position = end.end()
    return files


def _decoded(lines: bytes) -> bytes:
    packed = lines.translate(None, b"\r\n")
    if b"=" in packed:
        packed = _ESCAPED.sub(lambda found: bytes([(found[1][0] - _ESCAPE) % 256]), packed)
    return packed.translate(_BACK)


def _numbers(said: bytes) -> dict[bytes, bytes]:
    return dict(_SAID.findall(said))


def _is_whole(content: bytes, begun: dict[bytes, bytes], ended: bytes) -> bool:
    """Say whether the content has the length, and the checksum, that were said of it."""
    said = _numbers(ended)
    size = said.get(b"size", b"")
    if not content or not size.isdigit() or int(size) != len(content):
        return False
    is_part = b"part" in begun
    if not is_part and begun.get(b"size") != size:
        return False
    checksum = said.get(b"pcrc32") if is_part else said.get(b"pcrc32", said.get(b"crc32"))
    return checksum is None or int(checksum, 16) == zlib.crc32(content)

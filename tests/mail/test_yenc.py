"""Files that stand as yEnc in text are found where they are whole, and only they."""

import zlib

import pytest

from gateway.mail.content import undo
from gateway.mail.yenc import yencoded

CONTENT = bytes(range(256)) * 2


def packed(content: bytes, width: int = 100) -> bytes:
    out = bytearray()
    for place, code in enumerate(content):
        moved = (code + 42) % 256
        out += bytes([61, (moved + 64) % 256]) if moved in {0, 10, 13, 61} else bytes([moved])
        if place % width == width - 1:
            out += b"\r\n"
    return bytes(out)


def yenc(content: bytes, *, begin: bytes = b"", end: bytes = b"", part: bytes = b"") -> bytes:
    begin = begin or b"line=128 size=%d" % len(content)
    end = end or b"size=%d crc32=%08x" % (len(content), zlib.crc32(content))
    lines = [b"=ybegin " + begin + b" name=a b.bin", *([part] if part else [])]
    return b"\r\n".join([*lines, packed(content), b"=yend " + end, b""])


def test_a_file_is_found_between_words() -> None:
    text = b"below\r\n" + yenc(CONTENT) + b"bye"
    (file,) = yencoded(text, limit=5)
    assert (file.name, file.octets) == (b"a b.bin", CONTENT)
    assert (text[: file.start], text[file.end :]) == (b"below\r\n", b"\r\nbye")


def test_a_part_of_several_is_a_file_with_its_number() -> None:
    text = yenc(
        CONTENT,
        begin=b"part=2 total=3 line=128 size=9000",
        part=b"=ypart begin=513 end=1024",
        end=b"size=512 part=2 pcrc32=%08X" % zlib.crc32(CONTENT),
    )
    (file,) = yencoded(text, limit=5)
    assert (file.name, file.octets) == (b"a b.bin.002", CONTENT)


def test_a_part_that_is_yenc_is_decoded() -> None:
    assert undo(yenc(b"hello"), "x-yenc") == b"hello"


def test_no_more_files_than_asked_for() -> None:
    assert len(yencoded(yenc(CONTENT) * 4, limit=3)) == 3


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"=ybegin line=128 size=3 name=x\nand so on\n=yend size=3\n", id="prose"),
        pytest.param(yenc(CONTENT, end=b"size=511"), id="another length"),
        pytest.param(yenc(CONTENT, end=b"size=512 crc32=00000000"), id="another checksum"),
        pytest.param(yenc(CONTENT, begin=b"line=128 size=7"), id="lengths that differ"),
        pytest.param(yenc(CONTENT).partition(b"=yend")[0], id="no end"),
        pytest.param(b"=ybegin size=0 name=x\n=yend size=0\n", id="nothing"),
        pytest.param(b"=ybegin part=ab name=x\n=ypart y\n=yend size=\n", id="no numbers"),
        pytest.param(b"=ybegin name=x\n" * 50_000 + b"=yend size=1\n", id="many beginnings"),
        pytest.param(b"=yend size=1\n" * 50_000 + b"=ybegin name=x\n", id="many ends"),
    ],
)
def test_what_is_not_whole_stays_text(text: bytes) -> None:
    assert yencoded(text, limit=5) == []

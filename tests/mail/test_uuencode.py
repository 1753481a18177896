"""Files that stand uuencoded in text are found, and only they."""

import binascii

import pytest

from gateway.mail.content import undo
from gateway.mail.uuencode import uuencoded


def uuencode(content: bytes, end: bytes = b"\r\n") -> bytes:
    lines = [
        binascii.b2a_uu(content[at : at + 45]).rstrip(b"\n") for at in range(0, len(content), 45)
    ]
    return end.join([b"begin 644 a.gif", *lines, b"`", b"end", b""])


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_files_in_text_are_found(end: bytes) -> None:
    content = bytes(range(256))
    text = b"see below" + end + uuencode(content, end) + b"bye"
    (file,) = uuencoded(text, limit=5)
    assert (file.name, file.octets, text[: file.start], text[file.end :]) == (
        b"a.gif",
        content,
        b"see below" + end,
        end + b"bye",
    )


def test_a_part_that_is_uuencoded_is_decoded() -> None:
    assert undo(uuencode(b"hello"), "x-uuencode") == b"hello"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"begin 644 the work\nand come to an\nend\n", id="prose"),
        pytest.param(b"begin 644 a\nM" + b"x" * 60, id="no end"),
        pytest.param(b"begin 644 a\n" * 100_000 + b"end\n", id="many beginnings"),
    ],
)
def test_text_that_only_looks_like_a_file_is_none(text: bytes) -> None:
    assert uuencoded(text, limit=5) == []

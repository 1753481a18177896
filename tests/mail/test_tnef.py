"""`winmail.dat` is unpacked, whole and damaged."""

import base64
import hashlib
import struct
from collections import Counter

import pytest

from gateway.mail.errors import MailError
from gateway.mail.message import read
from gateway.mail.rtf_text import rtf_to_text
from gateway.mail.tnef import SIGNATURE, TnefFile, unpack
from gateway.mail.tnef_rtf import decompressed
from tests.corpora import corpora_set


def attribute(level: int, tag: int, data: bytes) -> bytes:
    checksum = struct.pack("<H", sum(data) & 0xFFFF)
    return struct.pack("<BII", level, tag, len(data)) + data + checksum


def text_property(name: int, text: str) -> bytes:
    octets = (text + "\0").encode("utf-16-le")
    padding = b"\0" * (-len(octets) % 4)
    return struct.pack("<HHII", 0x1F, name, 1, len(octets)) + octets + padding


def octets_property(name: int, octets: bytes) -> bytes:
    padding = b"\0" * (-len(octets) % 4)
    return struct.pack("<HHII", 0x102, name, 1, len(octets)) + octets + padding


def properties(*found: bytes) -> bytes:
    return struct.pack("<I", len(found)) + b"".join(found)


NAMED = struct.pack("<HH", 0x03, 0x8001) + b"g" * 16 + struct.pack("<III", 0, 7, 1)
WINMAIL = b"".join(
    [
        SIGNATURE,
        b"\x01\x00",
        attribute(1, 0x69007, struct.pack("<II", 1250, 0)),
        attribute(1, 0x69003, properties(NAMED, octets_property(0x1013, b"<p>Ahoj</p>"))),
        attribute(2, 0x69002, b"\x01\x00" + b"\0" * 12),
        attribute(2, 0x6800F, b"%PDF"),
        attribute(2, 0x18010, "FAKTÚR~1.PDF\0".encode("cp1250")),
        attribute(
            2,
            0x69005,
            properties(
                text_property(0x3707, "Faktúra za máj.pdf"),
                text_property(0x370E, "application/pdf"),
                text_property(0x3712, "<a@b>"),
            ),
        ),
    ]
)


def test_files_come_with_their_long_names() -> None:
    assert unpack(WINMAIL).files == [
        TnefFile("Faktúra za máj.pdf", b"%PDF", "application/pdf", "a@b")
    ]


def test_the_mail_shows_what_was_packed() -> None:
    raw = (
        b"Subject: x\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(WINMAIL)
    )
    reading = read(raw)
    assert (reading.full_text, reading.html) == ("Ahoj", "<p>Ahoj</p>")
    assert [(one.filename, one.size) for one in reading.attachments] == [("Faktúra za máj.pdf", 4)]


def test_what_only_bears_the_name_stays_an_attachment() -> None:
    reading = read(b'Content-Type: text/x-y; name="winmail.dat"\r\n\r\nno TNEF')
    assert [one.filename for one in reading.attachments] == ["winmail.dat"]


def test_what_is_no_tnef_is_the_peers_fault() -> None:
    with pytest.raises(MailError):
        unpack(b"PK\x03\x04")


@pytest.mark.parametrize("length", range(6, len(WINMAIL)))
def test_cut_anywhere_it_gives_what_stands_before(length: int) -> None:
    found = unpack(WINMAIL[:length])
    assert all(file.content in {b"", b"%PDF"} for file in found.files)


def test_a_size_that_lies_costs_nothing() -> None:
    data = SIGNATURE + b"\0\0" + attribute(1, 0x69003, struct.pack("<IHHI", 2**31, 0x1F, 1, 2**31))
    assert unpack(data).files == []


def test_rtf_is_decompressed() -> None:
    """The example of MS-OXRTFCP, section 4.1.1."""
    octets = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232 0af32068656c"
        "09002062770 5b06c647d0a800fa0".replace(" ", "")
    )
    assert decompressed(octets) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        pytest.param(b"{\\rtf1\\pard hello\\par world}", "hello\nworld", id="paragraphs"),
        pytest.param(b"{\\rtf1 \\'e1\\'e8\\u382?}", "áčž", id="letters"),
        pytest.param(b"{\\rtf1{\\fonttbl{\\f0 Arial;}}{\\*\\x y}z}", "z", id="destinations"),
        pytest.param(b"{\\rtf1\\htmlrtf a\\htmlrtf0 b}", "b", id="twin of HTML"),
        pytest.param(b"{\\rtf1 a\\{b\\}\\\\c}", "a{b}\\c", id="escapes"),
        pytest.param(b"{\\rtf1 " + b"{" * 5000 + b"x", "", id="depth"),
        pytest.param(b"no rtf", "", id="none"),
    ],
)
def test_rtf_has_words(rtf: bytes, text: str) -> None:
    assert rtf_to_text(rtf, "cp1250") == text


@pytest.mark.corpora
@pytest.mark.parametrize("name", ["tnef_mimekit", "tnef_tnefparse"])
def test_real_files_are_found_by_their_names(name: str) -> None:
    for line in corpora_set(name):
        if "names" in line.expect and line.path.suffix == ".tnef":
            names = Counter(file.name for file in unpack(line.octets()).files)
            generic = ("Untitled", "body.", "unknown")
            wanted = Counter(one for one in line.expect["names"] if not one.startswith(generic))
            assert not wanted - names, line.id


@pytest.mark.corpora
def test_real_bodies_in_rtf_are_what_others_make_of_them() -> None:
    for line in corpora_set("tnef_mimekit"):
        if "body_rtf" in line.expect:
            rtf = unpack(line.octets()).rtf
            assert hashlib.sha256(rtf).hexdigest() == line.expect["body_rtf"]["sha256"], line.id

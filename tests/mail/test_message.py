"""Whole mails: the cases in tests/cases/reading, and what limits do to a mail."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from gateway.mail.errors import MailError
from gateway.mail.message import read
from gateway.mail.reading import Reading, ReadLimits

CASES = sorted((Path(__file__).parent.parent / "cases" / "reading").glob("*.eml"))
PEOPLE = ("from_", "to", "cc", "reply_to")


def said(reading: Reading, key: str) -> Any:
    """Return one thing that a reading says, as the cases write it."""
    value = getattr(reading, key)
    if key in PEOPLE:
        return [[one.name, one.address] for one in value]
    if key == "attachments":
        return [[one.filename, one.content_type, one.inline] for one in value]
    if key == "date":
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in CASES])
def test_a_mail_is_read_as_its_case_says(path: Path) -> None:
    wanted = json.loads(path.with_suffix(".json").read_text())["expect"]
    reading = read(path.read_bytes())
    assert {key: said(reading, key) for key in wanted} == wanted


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in CASES])
def test_line_ends_make_no_difference(path: Path) -> None:
    crlf = path.read_bytes()
    keys = ("subject", "from_", "full_text", "references", "automatic")
    readings = [read(crlf), read(crlf.replace(b"\r\n", b"\n")), read(crlf.replace(b"\r\n", b"\r"))]
    assert [[said(one, key) for key in keys] for one in readings[1:]] == [
        [said(readings[0], key) for key in keys]
    ] * 2


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"\0\0"])
def test_an_empty_mail_is_the_peers_fault(raw: bytes) -> None:
    with pytest.raises(MailError):
        read(raw)


def test_attachments_come_with_their_hash() -> None:
    (one,) = read(b"Content-Type: application/pdf\r\n\r\n%PDF").attachments
    assert (one.content, one.size, one.sha256) == (
        b"%PDF",
        4,
        hashlib.sha256(b"%PDF").hexdigest(),
    )


def test_beyond_the_limits_the_rest_is_still_told() -> None:
    raw = (
        b"From: jana@example.org\r\nSubject: many\r\nContent-Type: multipart/mixed; boundary=b\r\n"
    )
    raw += b"\r\n--b\r\n\r\nhello\r\n" + b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n" * 200
    reading = read(raw, limits=ReadLimits(parts=20))
    assert (reading.readable, reading.subject, reading.author, reading.full_text) == (
        False,
        "many",
        "jana@example.org",
        "hello",
    )
    assert "too_many_parts" in reading.defects


def test_a_long_text_is_cut_and_attached_whole() -> None:
    reading = read(b"Subject: long\r\n\r\n" + b"word " * 1000, limits=ReadLimits(text_chars=100))
    assert (len(reading.full_text), reading.defects) == (100, ("text_cut",))
    assert [(one.content_type, one.size) for one in reading.attachments] == [("text/plain", 5000)]


def test_html_beyond_its_limit_is_cut_between_tags() -> None:
    raw = b"Content-Type: text/html\r\n\r\n" + b"<p>paragraph</p>" * 1000
    reading = read(raw, limits=ReadLimits(html_chars=98))
    assert reading.html == "<p>paragraph</p>" * 6
    assert [one.size for one in reading.attachments] == [16_000]


def test_a86_each_html_part_is_cleaned_alone() -> None:
    """EFAIL: a tag opened in one part must not swallow the next one."""
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    for body in (b'<img src="https://e.test/', b"secret", b'">'):
        raw += b"--b\r\nContent-Type: text/html\r\n\r\n" + body + b"\r\n"
    html = read(raw + b"--b--\r\n").html
    assert html is not None
    assert "e.test" not in html
    assert "secret" in html


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"Content-Type: text/plain" + b";" * 40_000 + b"\r\n\r\nx", id="semicolons"),
        pytest.param(b"Subject: " + b"=?utf-8?q?a?= " * 4600 + b"\r\n\r\nx", id="encoded words"),
        pytest.param(b"To: " + b"(" * 60_000 + b"\r\n\r\nx", id="comments"),
        pytest.param(b"Content-Type: message/rfc822\r\n\r\n" * 5000, id="messages in messages"),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 400_000,
            id="parts",
        ),
        pytest.param(b"A: b\r\n" + b" c\r\n" * 400_000 + b"\r\n", id="folds"),
        pytest.param(b"Subject: x\r\n\r\n" + b"\r\n" * 4_000_000, id="empty lines"),
        pytest.param(b"Subject: x\r\n\r\n" + b"\r" * 8_000_000, id="CR"),
        pytest.param(b"Subject: x\r\n\r\n" + b"\0" * 8_000_000, id="NUL"),
        pytest.param(b"Subject: x\r\n\r\n" + b"x" * 8_000_000, id="one line"),
        pytest.param(b"Subject: x\r\n\r\n" + b"> a\r\n" * 1_000_000, id="quotation"),
        pytest.param(
            b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"x-" * 500_000, id="punycode"
        ),
        pytest.param(
            b"Content-Transfer-Encoding: base64\r\n\r\n" + b"!@#$%" * 500_000, id="no base64"
        ),
    ],
)
def test_a70_a71_a72_a73_a74_a75_a77_hostile_mail_is_read_in_time(raw: bytes) -> None:
    """No clock here: what is quadratic would take minutes, and be noticed."""
    read(raw)

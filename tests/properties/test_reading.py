"""Any bytes give a Reading or MailError, within the limits, and text that can be kept."""

import re
from dataclasses import fields, is_dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.mail.address import sole_author
from gateway.mail.address_list import parse_addresses
from gateway.mail.charsets import decode
from gateway.mail.content import undo
from gateway.mail.encoded_words import header_text
from gateway.mail.errors import MailError
from gateway.mail.field_values import parse_valued
from gateway.mail.filenames import NAME_OCTETS, safe_name
from gateway.mail.headers import message_ids, parse_date
from gateway.mail.html_clean import clean
from gateway.mail.html_text import html_to_text
from gateway.mail.message import read
from gateway.mail.reading import Reading, ReadLimits
from gateway.mail.rtf_text import rtf_to_text
from gateway.mail.tnef import SIGNATURE, unpack
from gateway.mail.tnef_rtf import decompressed
from tests.fuzz import examples

LIMITS = ReadLimits(parts=10, nesting=4, header_octets=2000, fields=40, text_chars=500)

_UNFIT = re.compile("[\0\ud800-\udfff]")
_BAD_TAG = re.compile(r"/?(?:script|svg|math|form|iframe|base|meta|style|object)", re.IGNORECASE)
_BAD_ATTRIBUTE = re.compile(r"\s(?:on\w+|id|class|name|srcset|poster|action)=", re.IGNORECASE)
_LINES = st.sampled_from(
    [
        b"From: Jana <jana@example.org>",
        b"From: a@b, c@d",
        b"From: =?utf-8?q?J=C3=A1na?= <j@x>",
        b"To: x@y",
        b"To: (((",
        b"Subject: =?utf-8?b?SGVsbG8",
        b"Subject: caf\xe9",
        b"Subject: \xc3\xa9",
        b"Date: Tue, 7 Apr 2026 10:00:01 +0200",
        b"Date: Tue, 99 Foo 99999999999 +9999",
        b"Content-Type: text/plain",
        b"Content-Type: text/html; charset=utf-7",
        b"Content-Type: multipart/mixed; boundary=b",
        b'Content-Type: multipart/alternative; boundary="b"',
        b"Content-Type: multipart/related; boundary=c",
        b"Content-Type: message/rfc822",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        b"Content-Type: message/delivery-status",
        b"Content-Type: multipart/digest; boundary=b",
        b"Content-Type: text/plain; charset=idna",
        b"Content-Type: text/plain; charset=punycode",
        b"Content-Type: text/plain; charset=utf-16; format=flowed; delsp=yes",
        b"Content-Type: ; name=x",
        b"Content-Type: image/png; name*0*=utf-8''%00; name*1=../x",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Transfer-Encoding: x-uuencode",
        b"Content-Disposition: attachment; filename=../../x",
        b"Content-ID: <a@b>",
        b"Message-ID: <",
        b"References: <a@b> <c",
        b"In-Reply-To: <a@b>",
        b"Auto-Submitted: auto-replied",
        b" folded",
        b"\tfolded",
        b"junk without a colon",
        b"",
        b"",
        b"",
        b"--b",
        b"--b--",
        b"--c",
        b"--c--",
        b"> quoted",
        b"-- ",
        b"<p>html &lt; <b>x",
        b"<div style='display:none'>x</div>",
        b"begin 644 x",
        b"end",
        b"M" + b"x" * 60,
        b"SGVsbG8=",
        b"=C3=A9=",
        b"Final-Recipient: rfc822; a@b",
        b"Action: failed",
        b"Status: 5.1.1",
        b"On Tue, 7 Apr 2026 Acme wrote:",
        b"From ",
        b"\x00\xff\xfe",
        b"\x1b$B$3\x1b(B",
        b"\r",
        b"+AGE-",
    ]
)
_MAILS = st.lists(_LINES, max_size=40).flatmap(
    lambda lines: st.sampled_from([b"\r\n", b"\n"]).map(lambda end: end.join(lines))
)
RELAXED = settings(
    max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def texts(value: Any) -> list[str]:
    """Return every text in a record."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for one in value for text in texts(one)]
    if is_dataclass(value):
        return [text for one in fields(value) for text in texts(getattr(value, one.name))]
    return []


def check(raw: bytes) -> None:
    try:
        reading = read(raw, limits=LIMITS)
    except MailError:
        return
    assert isinstance(reading, Reading)
    assert not [text for text in texts(reading) if _UNFIT.search(text)]
    assert len(reading.attachments) <= 2 * LIMITS.parts + 20
    assert all(one.size == len(one.content or b"") for one in reading.attachments)
    assert reading.date is None or reading.date.tzinfo is not None
    assert "\n" not in reading.subject


@RELAXED
@given(st.binary(max_size=3000))
def test_z2_any_bytes_are_read(raw: bytes) -> None:
    check(raw)


@RELAXED
@given(_MAILS)
def test_z2_any_lines_of_mail_are_read(raw: bytes) -> None:
    check(raw)


@RELAXED
@given(_MAILS, st.integers(0, 400), st.integers(0, 400), st.binary(max_size=8))
def test_z2_any_damaged_mail_is_read(raw: bytes, start: int, length: int, damage: bytes) -> None:
    check(raw[:start] + damage + raw[start + length :])


@RELAXED
@given(st.binary(max_size=300))
def test_z2_any_field_has_a_meaning(raw: bytes) -> None:
    assert _UNFIT.search(header_text(raw)) is None
    assert all(one.name or one.address for one in parse_addresses([raw]))
    author = sole_author([raw])
    assert author is None or author in header_text(raw)
    parse_valued(raw)
    text = header_text(raw)
    assert all("<" not in one and ">" not in one for one in message_ids(text))
    parse_date(text)


@RELAXED
@given(st.binary(max_size=300), st.sampled_from(["base64", "quoted-printable", "x-uuencode", ""]))
def test_z2_any_content_can_be_decoded(raw: bytes, encoding: str) -> None:
    assert isinstance(undo(raw, encoding), bytes)


@RELAXED
@given(st.binary(max_size=400))
def test_z2_any_octets_are_unpacked(octets: bytes) -> None:
    unpack(SIGNATURE + octets)
    decompressed(b"\0\0\0\0\xff\0\0\0LZFu\0\0\0\0" + octets)
    assert _UNFIT.search(rtf_to_text(b"{\\rtf1" + octets, "cp1252")) is None


@RELAXED
@given(st.binary(max_size=200), st.text(max_size=20) | st.sampled_from(["utf-7", "utf-16", "big5"]))
def test_z2_any_charset_gives_text_that_can_be_kept(raw: bytes, label: str) -> None:
    assert _UNFIT.search(decode(raw, label)) is None


@RELAXED
@given(st.text(max_size=300))
def test_a96_z2_any_name_becomes_a_safe_one(name: str) -> None:
    safe = safe_name(name, "image/png")
    assert safe
    assert not set(safe) & set('/\\:*?"<>|\r\n\0')
    assert not safe.startswith(".")
    assert len(safe.encode("utf-8")) <= NAME_OCTETS


_TAGS = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<b>",
        "<table>",
        "<td>",
        "<svg onload=x>",
        "<script>",
        "</script>",
        "<style>",
        "<img src=x onerror=y>",
        '<img src="https://e.test/x.png">',
        "<math><mtext>",
        "<noscript>",
        '<p title="</noscript><img src=x onerror=1>">',
        "<a href=javascript:x>",
        "<!--",
        "-->",
        '<div style="background:u\\72l(//e.test)">',
        '<p style="color:red;background:url(//e.test)">',
        "<form action=//e.test>",
        "<base href=//e.test>",
        "<meta http-equiv=refresh content=0>",
        "&lt;",
        "&#0;",
        "<",
        ">",
        '"',
        "'",
        "text",
        "<iframe srcdoc=x>",
        "<plaintext>",
        "<template>",
        "<title>",
        '<img srcset="//e.test 2x">',
        "<video poster=//e.test>",
        "<link rel=x href=//e.test>",
        "<x y=",
    ]
)


@RELAXED
@given(st.lists(_TAGS | st.text(max_size=5), max_size=30))
def test_a83_z2_any_html_comes_out_harmless(pieces: list[str]) -> None:
    cleaned = clean("".join(pieces))
    assert cleaned is not None
    tags = re.findall(r"<([^>]*)>", cleaned.html)
    bare = [re.sub(r'"[^"]*"', '""', tag) for tag in tags]
    assert not [tag for tag in bare if _BAD_TAG.match(tag) or _BAD_ATTRIBUTE.search(tag)]
    loading = [tag for tag in tags if re.search(r'(?:src|style)="[^"]*e\.test', tag)]
    assert not loading
    html_to_text("".join(pieces))

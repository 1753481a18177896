"""Z5: what we are certain of, other readers understand in the same way."""

import email
import email.policy
from email.utils import getaddresses

import mailparser
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.mail.address import sole_author
from gateway.mail.prescan import prescan
from gateway.mail.recode import recode
from tests.fuzz import examples

ADDRESSES = ["jana@client.example", "e@evil.example", "a.b+c@x.example", '"a b"@x.example', "a@b"]
PIECES = st.sampled_from(
    [
        *ADDRESSES,
        *(f"<{one}>" for one in ADDRESSES),
        *('"', "\\", "(", ")", "<", ">", ",", ";", ":", "@", " ", "\t", "\r\n ", "\r\n\t"),
        *("Jana", '"Jana, Inc."', "=?utf-8?q?J=C3=A1na?=", "=?utf-8?q?=3Ce=40x=3E?=", "(x)", "é"),
        *("undisclosed-recipients:;", "<@r.example:a@b.example>", '\\"', "''", "[127.0.0.1]"),
    ]
)
VALUES = st.lists(PIECES, min_size=1, max_size=8).map("".join)


@settings(max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
@example('"boss@victim.example, <e@evil.example>" <jana@client.example>')
@example("alice@example.org)bob@example.com")
def test_z5_an_author_that_we_name_is_the_one_that_others_name(value):
    raw = b"From: " + value.encode() + b"\r\nSubject: x\r\n\r\nhi\r\n"
    author = sole_author([value.encode()]) if "\r" not in value else None
    if author is None:
        return
    named = [address for _, address in getaddresses([value]) if address]
    assert named == [author], value
    parsed = mailparser.parse_from_bytes(raw)
    assert [address for _, address in parsed.from_] == [author], value


IDS = st.lists(
    st.sampled_from(["<a@b>", "<", ">", "a@b", " ", "<x.y@z>", "(c)", "\r\n ", "a b", '"q"@x']),
    min_size=1,
    max_size=4,
).map("".join)
NAMES = st.sampled_from(["Message-ID", "message-id", "MESSAGE-ID", "X-Message-ID"])


@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(NAMES, IDS), max_size=3))
def test_z5_a_message_id_that_the_scan_tells_is_the_first_that_others_find(fields):
    head = b"".join(f"{name}: {value}\r\n".encode() for name, value in fields)
    raw = head + b"Subject: x\r\n\r\nMessage-ID: <body@x>\r\n"
    told = prescan(raw, size=len(raw), limit=65536).message_id
    if told is None:
        return
    others = email.message_from_bytes(raw)
    first = next(value for name, value in others.items() if name.strip().lower() == "message-id")
    assert "".join(told.split()).strip("<>") in "".join(first.split()), fields


LINES = st.lists(
    st.sampled_from(
        [
            "From: a@b.example", "To: c@d.example", "Bcc: secret@x.example", "Received: by x",
            "Return-Path: <x@y>", "DKIM-Signature: v=1", "X-Postroom-Kind: invoice",
            "Subject: x", " folded", "\tBcc: folded@x", "junk", "X: =?utf-8?q?=0D=0ABcc:_e=40x?=",
            "Content-Type: text/plain", "",
        ]
    ),
    max_size=8,
).map("\r\n".join)  # fmt: skip


@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LINES)
def test_z5_what_must_not_leave_is_found_by_no_reader_of_what_leaves(lines):
    sent = recode(b"From: a@b.example\r\n" + lines.encode() + b"\r\n\r\nbody\r\n")
    for policy in (email.policy.compat32, email.policy.default):
        names = {name.lower() for name in email.message_from_bytes(sent, policy=policy)}
        assert not names & {"bcc", "received", "return-path", "dkim-signature", "x-postroom-kind"}

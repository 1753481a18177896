"""Mailboxes in one file: every dialect, and what only looks like a separator."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.mbox import NotMbox, original, spans

FIRST = b"From jana@client.example Mon Mar  2 09:00:00 2026\n"
SECOND = b"From - Mon Mar  2 09:05:00 2026\n"


def mails(octets, *, limit=-1):
    file = io.BytesIO(octets)
    found = spans(iter(lambda: file.readline(limit), b""))
    return [
        original(octets[one.start : one.end], is_quoted=one.is_quoted).replace(b"\r\n", b"\n")
        for one in found
    ]


A = b"Subject: a\n\nfirst\n"
B = b"Subject: b\n\nsecond\n"
INNER = b"Subject: c\n\nfrom here\n\nFrom now on 12:30\nNote: this\n"


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        pytest.param(FIRST + A + b"\n" + SECOND + B + b"\n", [A, B], id="two mails"),
        pytest.param(FIRST + A, [A], id="no empty line at the end"),
        pytest.param(b"\n\n" + FIRST + A, [A], id="empty lines above"),
        pytest.param(b"", [], id="nothing"),
        pytest.param(
            FIRST + b"Subject: a\n\n>From x\n>>From y\n> From z\n\n",
            [b"Subject: a\n\nFrom x\n>From y\n> From z\n"],
            id="quoted",
        ),
        pytest.param(
            FIRST + b"Subject: a\n\nHello\n\nFrom now on 12:30 it is.\nGood bye\n",
            [b"Subject: a\n\nHello\n\nFrom now on 12:30 it is.\nGood bye\n"],
            id="a line of text",
        ),
        pytest.param(
            FIRST + b"Subject: a\n\nHello\nFrom x 12:30\nNote: y\n",
            [b"Subject: a\n\nHello\nFrom x 12:30\nNote: y\n"],
            id="no empty line above",
        ),
        pytest.param(
            FIRST
            + b"Content-Length: %d\n" % len(INNER.partition(b"\n\n")[2])
            + INNER
            + b"\n"
            + SECOND
            + B,
            [b"Content-Length: 40\n" + INNER, B],
            id="mboxcl2: the length is true",
        ),
        pytest.param(
            FIRST + b"Content-Length: 1000\n" + A + b"\n" + SECOND + B + b"\n" + FIRST + A,
            [b"Content-Length: 1000\n" + A, B, A],
            id="the length is too large",
        ),
        pytest.param(
            FIRST + b"Content-Length: 1\n" + A + b"\n" + SECOND + B,
            [b"Content-Length: 1\n" + A, B],
            id="the length is too small",
        ),
        pytest.param(
            FIRST + b"Content-Length: 8\nSubject: a\n\n>From x\n",
            [b"Content-Length: 8\nSubject: a\n\nFrom x\n"],
            id="mboxcl: length and quotes",
        ),
        pytest.param(
            b"From jana@client.example\r\nSubject: a\r\n\r\nfirst\r\n\r\n"
            b"From ???@??? Mon Mar 02 09:05:00 2026\r\nSubject: b\r\n\r\nsecond\r\n",
            [A, B],
            id="CRLF, other separators",
        ),
    ],
)
def test_the_mails_of_a_mailbox(octets, expected):
    assert mails(octets) == expected


def test_lines_may_come_in_pieces():
    long = b"Subject: a\n\n" + b"From x 12:30 " * 300 + b"\n\n"
    assert mails(FIRST + long + SECOND + B, limit=100) == [long[:-1], B]


@pytest.mark.parametrize("octets", [b"Subject: a\n\nHello\n", b"From here\n\nHello\n", b"PK\3\4"])
def test_another_file_is_refused(octets):
    with pytest.raises(NotMbox):
        mails(octets)


def test_line_ends_become_those_of_smtp():
    assert original(b"a: b\n\n>From x\r\ny\r", is_quoted=True) == b"a: b\r\n\r\nFrom x\r\ny\r\n"


_LINES = st.sampled_from(
    [FIRST, SECOND, b"\n", b"Subject: a\n", b"Content-Length: 30\n", b">From x\n", b"text\n", b"x"]
)


@given(st.lists(_LINES, max_size=40).map(b"".join))
def test_spans_never_overlap_and_never_leave_the_file(octets):
    file = io.BytesIO(FIRST + b"A: b\n" + octets)
    size, at = len(file.getvalue()), 0
    for span in spans(file):
        assert at <= span.start <= span.end <= size
        at = span.end


@given(st.binary(max_size=300))
def test_any_octets_give_mails_or_are_refused(octets):
    try:
        mails(octets)
    except NotMbox:
        return

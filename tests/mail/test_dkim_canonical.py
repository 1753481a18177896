import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.dkim.canonical import (
    Field,
    demand_canonical_line_ends,
    relaxed_body,
    relaxed_header,
    simple_body,
    simple_header,
    split_message,
)
from gateway.mail.errors import MailError

RFC_EXAMPLE = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n"


def test_fields_and_body_are_told_apart():
    fields, body = split_message(RFC_EXAMPLE)
    assert fields == (Field(b"a", b"A: X"), Field(b"b", b"B : Y\t\r\n\tZ  "))
    assert body == b" C \r\nD \t E\r\n\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "names", "body"),
    [
        pytest.param(b"", [], b"", id="nothing at all"),
        pytest.param(b"\r\nbody", [], b"body", id="no header"),
        pytest.param(b"A: b\r\n", [b"a"], b"", id="no empty line"),
        pytest.param(b"A: b\r\n\r\n", [b"a"], b"", id="no body"),
        pytest.param(b"no field\r\nA: b\r\n\r\nx", [b"a"], b"x", id="a line that is no field"),
        pytest.param(b" folded\r\nA: b\r\n\r\nx", [b"a"], b"x", id="a fold at the top"),
        pytest.param(b": b\r\nA: b\r\n\r\nx", [b"a"], b"x", id="a field without a name"),
    ],
)
def test_odd_headers_are_split_without_harm(raw, names, body):
    fields, rest = split_message(raw)
    assert [field.name for field in fields] == names
    assert rest == body


def test_the_example_of_the_rfc_has_its_relaxed_form():
    fields, body = split_message(RFC_EXAMPLE)
    assert [relaxed_header(field) for field in fields] == [b"a:X", b"b:Y Z"]
    assert relaxed_body(body) == b" C\r\nD E\r\n"


def test_the_example_of_the_rfc_has_its_simple_form():
    fields, body = split_message(RFC_EXAMPLE)
    assert [simple_header(field) for field in fields] == [b"A: X", b"B : Y\t\r\n\tZ  "]
    assert simple_body(body) == b" C \r\nD \t E\r\n"


@pytest.mark.parametrize(
    ("body", "simple", "relaxed"),
    [
        pytest.param(b"", b"\r\n", b"", id="empty"),
        pytest.param(b"\r\n", b"\r\n", b"", id="one empty line"),
        pytest.param(b"\r\n\r\n\r\n", b"\r\n", b"", id="empty lines alone"),
        pytest.param(b"a", b"a\r\n", b"a\r\n", id="no line end"),
        pytest.param(b"a\r\n \t\r\n", b"a\r\n \t\r\n", b"a\r\n", id="white space alone at the end"),
        pytest.param(b"a\x0b\x0c \r\n", b"a\x0b\x0c \r\n", b"a\x0b\x0c\r\n", id="other controls"),
        pytest.param(b"a\r\r\n\r\n", b"a\r\r\n", b"a\r\r\n", id="a lone CR before the end"),
        pytest.param(b"a\n\r\n\r\n", b"a\n\r\n", b"a\n\r\n", id="a lone LF before the end"),
        pytest.param(b"a\n\n\r\n\r\n", b"a\n\n\r\n", b"a\n\n\r\n", id="two lone LFs"),
        pytest.param(
            b"\xc3\xa9  \xff\r\n", b"\xc3\xa9  \xff\r\n", b"\xc3\xa9 \xff\r\n", id="8 bit"
        ),
    ],
)
def test_bodies_have_their_canonical_forms(body, simple, relaxed):
    assert (simple_body(body), relaxed_body(body)) == (simple, relaxed)


PIECES = st.sampled_from([b" ", b"\t", b"\r\n", b"\r", b"\n", b"a", b".", b"        ", b"\xe9"])


@given(st.lists(PIECES, max_size=60).map(b"".join))
def test_bodies_agree_with_the_plain_reading_of_the_rfc(body):
    ended = body if body.endswith(b"\r\n") or not body else body + b"\r\n"
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in ended.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    assert relaxed_body(body) == b"".join(line + b"\r\n" for line in lines)


@given(st.lists(PIECES, max_size=60).map(b"".join))
def test_a_canonical_body_stays_as_it_is(body):
    assert simple_body(simple_body(body)) == simple_body(body)
    assert relaxed_body(relaxed_body(body)) == relaxed_body(body)


@pytest.mark.parametrize(
    "raw",
    [b"A: b\n\r\n", b"A: b\r\r\n", b"A: b\r\n\r\nlast line", b"A: b\r\n\r\n\n\r\r\n", b""],
    ids=["lone LF", "lone CR", "no end", "LF and CR balance each other", "empty"],
)
def test_lines_that_a_server_would_mend_are_refused(raw):
    with pytest.raises(MailError):
        demand_canonical_line_ends(raw)

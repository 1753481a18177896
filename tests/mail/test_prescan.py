"""The look at a header block."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.prescan import Prescan, prescan
from tests.timing import milliseconds

LIMIT = 100


def look(head: bytes, size: int | None = None) -> Prescan:
    return prescan(head, size=size or len(head), limit=LIMIT)


@pytest.mark.parametrize(
    ("head", "octets"),
    [
        pytest.param(b"", 0, id="nothing"),
        pytest.param(b"\r\nbody", 2, id="no header"),
        pytest.param(b"\nbody", 1, id="no header, LF"),
        pytest.param(b"A: b\r\n\r\nC: d\r\n", 8, id="header and body"),
        pytest.param(b"A: b\nC: d\n\nbody", 11, id="LF alone, as BDAT may bring it"),
        pytest.param(b"A: b\r\n c\r\n\tc\r\n\r\nbody", 16, id="folded"),
        pytest.param(b"A: b\r\nC: d\r\n", 12, id="no body"),
        pytest.param(b"A: b\r\nC: d", 10, id="no line end"),
        pytest.param(b"A: b\r\nno field here\r\n", 6, id="a line that is no field"),
        pytest.param(b"A: b\r\nnot-a-field", 6, id="a last line that is no field"),
        pytest.param(b"hello\r\n\r\n", 0, id="text at once"),
        pytest.param(b"Subject : old\r\n\r\n", 17, id="blank before the colon"),
        pytest.param(b"From carol Thu\r\nA: b\r\n\r\nx", 24, id="mbox line"),
        pytest.param(b"From carol Thu\r\nhello\r\n", 16, id="mbox line and text"),
    ],
)
def test_length_of_the_header_block(head, octets):
    found = look(head)
    assert (found.header_octets, found.is_too_long) == (octets, False)


@pytest.mark.parametrize(
    ("head", "size", "is_too_long"),
    [
        pytest.param(b"A:" + b"x" * 94 + b"\r\n\r\n", None, False, id="exactly the limit"),
        pytest.param(b"A:" + b"x" * 95 + b"\r\n\r\n", None, True, id="one more"),
        pytest.param(b"A:" + b"x" * 500, None, True, id="one endless field"),
        pytest.param(b"a:b\r\n" * 50, None, True, id="many fields"),
        pytest.param(b"A:b\r\n" + b" c\r\n" * 50, None, True, id="many folds"),
        pytest.param(b"A:" + b"x" * 94 + b"\r\nLongName", 9999, True, id="cut within a name"),
        pytest.param(b"A: b\r\n" + b"some words " * 50, 9999, False, id="text beyond the cut"),
        pytest.param(b"\0" * 200, 9999, False, id="no text at all"),
    ],
)
def test_a_block_beyond_the_limit_is_told(head, size, is_too_long):
    assert look(head, size).is_too_long == is_too_long


def test_one_endless_word_is_no_field():
    assert not prescan(b"x" * 70_000, size=9_999_999, limit=65536).is_too_long


def test_hops_are_counted_in_the_header_alone():
    head = (
        b"received: a\r\nRECEIVED : b\r\nReceived-SPF: c\r\nX: Received: d\r\n\r\nReceived: e\r\n"
    )
    assert look(head).received == 2


@pytest.mark.parametrize(
    ("head", "message_id"),
    [
        (b"Message-ID: <a@b>\r\n\r\n", "<a@b>"),
        (b"A: b\r\nMESSAGE-Id:\r\n <A@b>\r\n\tx\r\n\r\n", "<A@b> x"),
        (b"Message-ID: <a@b>\r\nMessage-ID: <c@d>\r\n\r\n", "<a@b>"),
        (b"Message-ID:\r\n\r\n", None),
        (b"X-Message-ID: <a@b>\r\n\r\nMessage-ID: <c@d>\r\n", None),
        (b"Message-ID: <\xff@b>\r\n\r\n", "<\ufffd@b>"),
    ],
)
def test_the_first_message_id_is_told(head, message_id):
    assert look(head).message_id == message_id


def test_oddities_are_told():
    odd, plain = look(b"From x\r\nA: \0\r\n\r\n"), look(b"A: b\r\n\r\n")
    assert [(found.has_nul, found.has_mbox_line) for found in (odd, plain)] == [
        (True, True),
        (False, False),
    ]


@given(
    st.lists(st.sampled_from([b"\r\n", b"\n", b":", b" ", b"a", b"received", b"\0", b"From "])).map(
        b"".join
    ),
    st.integers(min_value=0, max_value=50),
    st.booleans(),
)
def test_z2_any_bytes_give_a_verdict(data, limit, is_cut):
    head = data[: limit + 7] if is_cut else data
    found = prescan(head, size=len(data), limit=limit)
    assert 0 <= found.header_octets <= limit + 1
    assert found.is_too_long == (found.header_octets > limit)
    whole = prescan(data, size=len(data), limit=limit)
    assert found == whole


@pytest.mark.parametrize(
    "head",
    [b"a" * 65536, b"a:\r\n" * 16384, b"a:\n " * 16384, b"a \t" * 20000, b"\nreceived" * 7000],
)
def test_hostile_heads_take_linear_time(head):
    assert milliseconds(lambda: prescan(head, size=10**9, limit=65536)) < 50

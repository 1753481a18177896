"""Dots and the end of DATA, cut anywhere."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.mail.transparency import END, Unstuffer

# Bytes that matter, so that hard cases are frequent.
WIRE = st.lists(st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.", END, b"a", b"\0"])).map(
    b"".join
)
CUTS = st.lists(st.integers(min_value=0, max_value=12), max_size=20)


def naive(wire: bytes) -> tuple[bytes, bytes, bool] | None:
    """Return content, rest and whether line ends stood alone, or None if DATA does not end."""
    whole = b"\r\n" + wire
    content, found, rest = whole.partition(END)
    if not found:
        return None
    content = (content + b"\r\n")[2:]
    bare = b"\r" in content.replace(b"\r\n", b"") or b"\n" in content.replace(b"\r\n", b"")
    lines = content.split(b"\r\n")
    return b"\r\n".join(line.removeprefix(b".") for line in lines), rest, bare


def fed(wire: bytes, cuts: list[int]) -> tuple[Unstuffer, bytes, bytes]:
    """Return the unstuffer, what it gave, and what it was not given any more."""
    unstuffer, given_back = Unstuffer(), b""
    for cut in (*cuts, len(wire)):
        if unstuffer.is_ended:
            break
        given_back += unstuffer.feed(wire[:cut])
        wire = wire[cut:]
    return unstuffer, given_back, wire


@given(WIRE, CUTS)
@example(b".\r\n", [1, 1])
@example(b"a\rb\nc\r\n.\r\n", [])
@example(b"a\r\n..\r\n.\r\nQUIT\r\n", [2, 1, 1, 1, 1, 1])
def test_any_cut_gives_what_the_naive_reading_gives(wire, cuts):
    unstuffer, content, left = fed(wire, cuts)
    expected = naive(wire)
    assert unstuffer.is_ended == (expected is not None)
    if expected is not None:
        assert (content, unstuffer.rest + left, unstuffer.has_bare) == expected


@given(st.binary(max_size=200), CUTS)
def test_stuffed_content_comes_back_as_it_was(data, cuts):
    content = data.replace(b"\r", b"").replace(b"\n", b"\r\n") + b"\r\n"
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    unstuffer, found, left = fed(stuffed + b".\r\nNEXT", cuts)
    assert (found, unstuffer.rest + left, unstuffer.has_bare) == (content, b"NEXT", False)


@pytest.mark.parametrize("block", [b"\r\n" * 2**15, b"\r\n.." * 2**14, b"\r" * 2**16, b"." * 2**16])
def test_no_more_than_the_end_is_held_back(block):
    unstuffer = Unstuffer()
    for _ in range(20):
        unstuffer.feed(block)
        assert len(unstuffer.held) <= 4

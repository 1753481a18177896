"""Words that look like our tokens, found in texts of any length."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules import token_search
from gateway.rules.token_search import Shape
from gateway.rules.tokens import Label

SHAPE = Shape(Label.CHAT, Label.PDF)
CHAT = "c" + "2" * (Label.CHAT.chars - 1)
PDF = "D" + "a" * (Label.PDF.chars - 1)
PLAIN = re.compile(
    rf"(?<![A-Za-z0-9])[cdCD][A-Za-z2-7]{{{Label.CHAT.chars - 1},{Label.PDF.chars - 1}}}"
    r"(?![A-Za-z0-9])"
)
PIECES = st.sampled_from([CHAT, PDF, CHAT[:-1], PDF + "x", "c", "d", "7", " ", "\n", ".", "é", "x"])


@given(st.lists(PIECES, max_size=40).map("".join), st.integers(70, 200))
def test_windows_find_what_a_plain_search_finds(text, window):
    whole, token_search._WINDOW = token_search._WINDOW, window
    try:
        found = [match.span() for match in SHAPE.found_in(text)]
    finally:
        token_search._WINDOW = whole
    assert found == [match.span() for match in PLAIN.finditer(text)]


@pytest.mark.parametrize("at", range(65_536 - 70, 65_536 + 3))
def test_a_word_across_the_end_of_a_window_is_replaced_once(at):
    text = "." * at + PDF + "." * 70_000
    assert SHAPE.replaced(text, lambda word: f"<{word}>") == text.replace(PDF, f"<{PDF}>")


def test_a_text_without_such_words_is_the_same_one():
    text = "Thank you. " * 10_000
    assert SHAPE.replaced(text, lambda _: "") is text

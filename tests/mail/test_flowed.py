"""Paragraphs that were wrapped for the way are put together again."""

import pytest

from gateway.mail.flowed import unflow


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        pytest.param("one \ntwo\nthree", "one two\nthree", id="soft break"),
        pytest.param("日本 \n語", "日本 語", id="space kept"),
        pytest.param(" From\n >not quoted", "From\n>not quoted", id="stuffed space"),
        pytest.param("> a \n> b\nc", "> a b\nc", id="quotation"),
        pytest.param("> a \n>> b", "> a \n>> b", id="deeper quotation begins anew"),
        pytest.param("bye \n-- \nJana", "bye \n-- \nJana", id="signature"),
        pytest.param("open ", "open ", id="never ended"),
    ],
)
def test_soft_breaks_go(text: str, paragraphs: str) -> None:
    assert unflow(text) == paragraphs


def test_the_space_before_a_break_may_belong_to_the_break() -> None:
    assert unflow("日本 \n語", delsp=True) == "日本語"

"""Where HTML says that quotation and signature are, and the same places in the text."""

import pytest

from gateway.mail.quote_html import letters, marks, pieces_of


@pytest.mark.parametrize(
    ("html", "pieces"),
    [
        pytest.param(
            'Hi<blockquote type="cite">old</blockquote>bye',
            [("own", "Hi"), ("quoted", "old"), ("own", "bye")],
            id="cite",
        ),
        pytest.param(
            '<div>a<div class="gmail_quote">b<blockquote>c</blockquote>d</div></div>e',
            [("own", "a"), ("quoted", "bc"), ("own", "de")],
            id="answer within a container",
        ),
        pytest.param(
            '<p>a<p><hr ID=appendonsend>b<div class="gmail_signature">c</div>',
            [("own", "a"), ("quoted", "bc")],
            id="all the rest",
        ),
        pytest.param(
            'a<!-- <div class="gmail_quote"> -->b<STYLE>.gmail_quote{}</style>c<!--',
            [("own", "abc")],
            id="comments and styles",
        ),
        pytest.param(
            "a<header>b</header><title>x</title>c<script>d", [("own", "abc")], id="never shown"
        ),
        pytest.param(
            "a<div class=gmail_signature>- </div>b", [("own", "ab")], id="a piece without letters"
        ),
        pytest.param(
            "x &amp; &eacute;t&eacute; 1 < 2 &am<b>p;</b>", [("own", "xété12amp")], id="references"
        ),
        pytest.param(
            "<DIV CLASS='moz-signature'>s</DIV >t",
            [("signature", "s"), ("own", "t")],
            id="capitals",
        ),
    ],
)
def test_html_is_read_in_pieces(html, pieces):
    assert pieces_of(html) == pieces


def test_the_same_place_is_found_in_the_text():
    html = "<div>Ďakujem — pekne.</div><blockquote type=cite>Vaša faktúra</blockquote>"
    text = "Ďakujem — pekne.\n\n> Vaša faktúra\n"
    (mark,) = marks(html, text)
    assert (mark.kind, text[mark.start :]) == ("quoted", "Vaša faktúra\n")


def test_html_that_says_something_else_marks_nothing():
    assert marks("<p>a</p><blockquote type=cite>Another text</blockquote>", "Something") == ()


def test_letters_are_letters_digits_and_line_feeds():
    assert letters("a_b – č.1\n\u00a0²\ud800") == "abč1\n²"

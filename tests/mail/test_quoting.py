from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.quoting import trim

CASES = sorted((Path(__file__).parent.parent / "cases" / "trim").glob("*.txt"))
KINDS = {"t": "text", "q": "quoted", "s": "signature"}


def marked_lines(case):
    """Return the lines of a case file, each with the kind that stands before it."""
    lines = [line for line in case.read_text().splitlines() if not line.startswith("# ")]
    return [(KINDS[line[0]], line[2:]) for line in lines]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_mail_is_taken_apart_as_its_case_says(case):
    marked = marked_lines(case)
    trimmed = trim("\n".join(line for _, line in marked))
    found = [
        (piece.kind, line)
        for piece in trimmed.slices
        for line in piece.content.removesuffix("\n").split("\n")
    ]
    assert found == marked


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_crlf_changes_nothing(case):
    lines = [line for _, line in marked_lines(case)]
    kinds = [kind for kind, _ in groupby(trim("\n".join(lines)).slices, key=lambda one: one.kind)]
    crlf = trim("\r\n".join(lines))
    assert [kind for kind, _ in groupby(crlf.slices, key=lambda one: one.kind)] == kinds


PIECES = st.sampled_from(
    [
        "Hello,\n",
        "\n",
        "> quoted\n",
        ">> deeper\r\n",
        "On Mon, 3 Mar 2025 at 10:05, Jana <jana@a.example> wrote:\n",
        "reply--- On Wed, Apr 4, 2012 at 3:59 PM, me@a.example wrote:\n",
        "From: Jana <jana@a.example>\n",
        "Sent: Monday 3 March 2025\n",
        "-----Original Message-----\n",
        "________________\n",
        "-- \n",
        "Sent from my iPhone\n",
        "Best regards,\n",
        "Tel. +44 20 7946 0018\n",
        "mailto:<\n",
        ":",
        "\ufeff",
        "\x00",
        " ",
    ]
)


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=300))
def test_slices_joined_are_the_whole_text(text):
    assert "".join(piece.content for piece in trim(text).slices) == text


@given(st.lists(PIECES, max_size=30).map("".join), st.lists(PIECES, max_size=10).map("".join))
def test_html_and_sent_texts_lose_nothing_either(text, other):
    html = f"<div>{text}<div class=gmail_quote>{other}</div></div>"
    trimmed = trim(text, html=html, sent=[other])
    assert "".join(piece.content for piece in trimmed.slices) == text


@given(st.lists(PIECES, max_size=30).map("".join))
def test_something_is_always_visible(text):
    trimmed = trim(text)
    assert bool(trimmed.text) == bool(text.strip(" \r\n\x00\ufeff")) or trimmed.method == "whole"


def test_an_empty_text_has_no_slices():
    assert trim("").slices == ()


def test_text_and_introduction_may_share_a_line():
    trimmed = trim("reply--- On Wed, Apr 4, 2012 at 3:59 PM, me@domain.example wrote:\n> Hi")
    assert (trimmed.text, trimmed.quoted_text) == (
        "reply",
        "--- On Wed, Apr 4, 2012 at 3:59 PM, me@domain.example wrote:\n> Hi",
    )


def test_what_we_sent_is_known_in_any_language_and_wrapping():
    sent = (
        "Dear customer, please find attached the invoice 2025-0142.\nIt is due on 5 December 2025."
    )
    text = (
        "Tá sé íoctha, go raibh maith agat.\n\nDear customer, please find attached\n"
        "the invoice 2025-0142. It is due on\n5 December 2025.\n"
    )
    trimmed = trim(text, sent=[sent])
    assert (trimmed.text, trimmed.method) == ("Tá sé íoctha, go raibh maith agat.", "sent")


def test_a_few_words_of_ours_are_no_quotation():
    sent = "Dear customer, please find attached the invoice 2025-0142."
    text = "We can't find attached the invoice you mean.\nPlease send it again."
    assert trim(text, sent=[sent]).text == text


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(
            "<div>Bezahlt.</div><br><div class='gmail_quote'><div>Foo bar:<br></div>"
            "<blockquote class='gmail_quote'>Die Rechnung ist offen.</blockquote></div>",
            id="Gmail",
        ),
        pytest.param(
            "<p>Bezahlt.</p><div id=divRplyFwdMsg>Foo bar:</div>Die Rechnung ist offen.",
            id="Outlook on the web",
        ),
        pytest.param(
            "<p>Bezahlt.</p><div style='border:none;border-top:solid #E1E1E1 1.0pt'>Foo bar:</div>"
            "<p>Die Rechnung ist offen.</p>",
            id="Outlook",
        ),
        pytest.param(
            "<p>Bezahlt.</p><div class='moz-cite-prefix'>Foo bar:</div>"
            "<blockquote type=cite>Die Rechnung ist offen.</blockquote>",
            id="Thunderbird",
        ),
        pytest.param(
            "<p>Bezahlt.</p><div id='ydp1yahoo_quoted_9' class='yahoo_quoted'>Foo bar: Die Rechnung"
            " ist offen.</div>",
            id="Yahoo",
        ),
    ],
)
def test_html_marks_tell_where_quotation_begins(html):
    trimmed = trim("Bezahlt.\n\nFoo bar:\nDie Rechnung ist offen.\n", html=html)
    assert (trimmed.text, trimmed.quoted_text, trimmed.method) == (
        "Bezahlt.",
        "Foo bar:\nDie Rechnung ist offen.",
        "html",
    )


def test_an_answer_below_the_html_quotation_stays():
    html = (
        "<blockquote type=cite>Ist die Rechnung bezahlt?</blockquote><p>Ja, gestern.</p>"
        "<div class=moz-signature>Eva Klein</div>"
    )
    trimmed = trim("Ist die Rechnung bezahlt?\n\nJa, gestern.\n\nEva Klein", html=html)
    assert (trimmed.text, trimmed.signature) == ("Ja, gestern.", "Eva Klein")


def test_html_that_says_something_else_is_ignored():
    html = "<p>Other</p><blockquote type=cite>words altogether, nothing of the text</blockquote>"
    assert trim("Hello there", html=html).method == "whole"


def test_lines_beyond_the_limit_keep_the_kind_of_the_last_one():
    quoted = "On 3 Mar 2025 at 10:05, Jana <jana@a.example> wrote:\nHello\n" + "more\n" * 20_000
    trimmed = trim(f"Paid.\n\n{quoted}")
    assert (trimmed.text, trimmed.quoted_text) == ("Paid.", quoted.strip())

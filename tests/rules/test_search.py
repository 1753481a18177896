"""Words, questions, and the part of a text that is shown."""

from datetime import date

import pytest

from gateway.mail.mailbox import Mailbox
from gateway.rules.folding import fold
from gateway.rules.model import Channel, Direction, Message
from gateway.rules.search import (
    MOST_OCTETS,
    BadQuery,
    Query,
    Term,
    read_query,
    snippet,
    sqlite_match,
    tsquery,
    words_of,
)
from tests.fakes import NINE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Účet č. 2026-0142", "ucet c 2026 0142"),
        ("ŁUKASZ Đorđe Øre Ħal", "lukasz dorde ore hal"),
        ("Straße STRASSE", "strasse strasse"),
        ("ﬁrma Ａｂｃ １２", "firma abc 12"),
        ("jana@firma.example", "jana firma example"),
        ("Привет, Ёлка й", "привет елка и"),
        ("請求書 한국 ที่", "請 求 書 한 국 ท"),
        ("हिन्दी", "हिन्दी"),
        ("שָׁלוֹם مُحَمَّد", "שלום محمد"),
        ("İstanbul ısı", "istanbul isi"),
        ("snake_case it's", "snake case it s"),
        ("", ""),
        ("— … !", ""),
        ("x" * 200, "x" * 64),
        ("\udce9a", "a"),
    ],
)
def test_words_are_folded(text, words):
    assert fold(text) == words.split()


@pytest.mark.parametrize(
    ("line", "query"),
    [
        ("jana", Query((Term("z", ("jana",)),), shown=("jana",))),
        ("2026-0142", Query((Term("z", ("2026", "0142")),), shown=("2026", "0142"))),
        ('"New bank"', Query((Term("z", ("new", "bank"), begins=False),), shown=("new", "bank"))),
        ("-spam", Query((Term("z", ("spam",), without=True),))),
        ("from:firma.example", Query((Term("f", ("firma", "example")),))),
        ('Subject:"a b"', Query((Term("s", ("a", "b"), begins=False),))),
        ("has:file", Query((Term("h", ("file",), begins=False),))),
        ("way:EMAIL", Query((Term("h", ("email",), begins=False),))),
        ("is:unpaid is:overdue is:unpaid", Query(is_=("unpaid", "overdue"))),
        ("state:bounced", Query(states=("bounced",))),
        ("before:2026-11-01", Query(before=date(2026, 11, 1))),
        ("tag:VIP assignee:eva invoice:7", Query(tag="VIP", assignee="eva", invoice="7")),
        ("Re: x", Query((Term("z", ("re",)), Term("z", ("x",))), shown=("re", "x"))),
        ("note:x", Query((Term("z", ("note", "x")),), shown=("note", "x"))),
        ('"open', Query((Term("z", ("open",), begins=False),), shown=("open",))),
        ("*", Query()),
        ("AND OR NOT", Query(tuple(Term("z", (w,)) for w in ("and", "or", "not")),
                             shown=("and", "or", "not"))),
    ],
)  # fmt: skip
def test_a_line_is_read_as_a_question(line, query):
    assert read_query(line) == query


@pytest.mark.parametrize(
    "line", ["is:blue", "has:nothing", "way:fax", "state:lost", "before:soon", "x " * 33]
)
def test_what_an_operator_does_not_know_is_told(line):
    with pytest.raises(BadQuery, match=r"\.$"):
        read_query(line)


def test_a_question_is_said_as_each_database_understands_it():
    query = read_query('jana "new bank" -spam from:x')
    assert sqlite_match(query, 7) == (
        '("z7zjana" * AND "z7znew z7zbank" AND "z7fx" *) NOT "z7zspam" *'
    )
    assert tsquery(query, 7) == (
        "('z7zjana':* & 'z7znew' <-> 'z7zbank' & 'z7fx':*) & !('z7zspam':*)"
    )
    without = read_query("-spam")
    assert sqlite_match(without, 7) == '("z7a") NOT "z7zspam" *'
    assert sqlite_match(Query(is_=("unread",)), 7) is None


def message(**more):
    fields = {
        "id": "msg_1",
        "tenant_id": "ten_1",
        "conversation_id": "cnv_1",
        "direction": Direction.IN,
        "channel": Channel.EMAIL,
        "from_": Mailbox("Jana", "jana@x.test"),
        "subject": "Účet",
        "received_at": NINE,
        "text": "Hello",
    }
    return Message(**(fields | more))


def test_a_message_is_found_under_its_words_field_by_field():
    assert set(words_of(message(), 7).split()) == {
        "z7a", "z7hemail", "z7fjana", "z7fx", "z7ftest", "z7sucet", "z7zucet", "z7zjana", "z7zx",
        "z7ztest", "z7zhello",
    }  # fmt: skip


def test_the_words_of_a_message_are_bounded():
    words = words_of(message(text="請" * 200_000), 7)
    assert len(words.encode()) <= MOST_OCTETS
    assert words.split()[-1] == "z7z請"


def test_a_snippet_is_the_part_around_the_first_word():
    text = "One two three four.\n" * 20 + "The Účet is here.\n" + "And more. " * 30
    found = snippet(text, ("ucet",), width=60)
    assert "The Účet is here." in found
    assert found.startswith("… ")
    assert found.endswith(" …")
    assert snippet("short", ("nothing",)) == "short"

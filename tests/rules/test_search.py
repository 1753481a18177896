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
from gateway.rules.search_plan import needle, plan_of
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
    terms = read_query('jana "new bank" from:x').terms
    assert sqlite_match(terms, 7) == '"z7zjana" * AND "z7znew z7zbank" AND "z7fx" *'
    assert tsquery(terms, 7) == "'z7zjana':* & 'z7znew' <-> 'z7zbank' & 'z7fx':*"


def asked(line, seen):
    """Return what the index is asked for and what words are tested for, as they are typed."""
    plan = plan_of(read_query(line).terms, seen, 7)
    return [sqlite_match([term], 7) for term in plan.match], [
        (needle(term, 7), term.without) for term in plan.tests
    ]


MANY_SEEN = [f"z7a z7zinvoice z7znumber z7z{n:04}" for n in range(100)]


@pytest.mark.parametrize(
    ("line", "match", "tests"),
    [
        pytest.param("rare", ['"z7zrare" *'], [], id="a word of few"),
        pytest.param("invoice", [], [(" z7zinvoice", False)], id="a word of many"),
        pytest.param("inv", [], [(" z7zinv", False)], id="the beginning of one"),
        pytest.param('"number"', [], [(" z7znumber ", False)], id="a whole word of many"),
        pytest.param("rare invoice", ['"z7zrare" *'], [(" z7zinvoice", False)], id="one of each"),
        pytest.param("-rare", [], [(" z7zrare", True)], id="without a word"),
        pytest.param(
            "rare-00", ['"z7zrare"'], [(" z7zrare z7z00", False)], id="a phrase that ends commonly"
        ),
        pytest.param("number-0017", ['"z7znumber z7z0017" *'], [], id="a phrase of few"),
    ],
)
def test_the_index_is_asked_for_words_of_few_messages_alone(line, match, tests):
    assert asked(line, MANY_SEEN) == (match, tests)


def test_words_are_looked_for_at_once_where_nothing_is_known_of_messages():
    assert asked("invoice", []) == (['"z7zinvoice" *'], [])


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

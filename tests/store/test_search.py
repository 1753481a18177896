"""Search finds what was stored, on both databases, and nothing of others."""

import runpy
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.mail.mailbox import Mailbox
from gateway.ports.correspondence import ConversationFilter
from gateway.ports.lists import Page
from gateway.rules.model import Channel, ConversationStatus
from gateway.rules.search import read_query
from gateway.rules.search_plan import Plan
from gateway.store import migrate
from gateway.store.conversations import _page
from gateway.store.cursors import FIRST
from gateway.store.engine import make_engine, place_of
from gateway.store.search import messages_found, parameters, shape, way_of, words_asked
from tests.store.make import (
    ACME,
    BOLT,
    DAY,
    NINE,
    attachment,
    conversation,
    delivery,
    invoice,
    kept,
    message,
    tenant,
)

TODAY = date(2026, 3, 2)
NONE = frozenset()
ROMAN = Mailbox("Roman Łukasz", "roman@firma.example")


@pytest.fixture
def full(store):
    """Three conversations of Acme, and one of Bolt with the same words."""

    def job(work):
        work.tenants.add(tenant())
        work.tenants.add(tenant(BOLT, "bolt"))
        for name in (ACME, BOLT):
            work.contents.add(kept(tenant_id=name))
        work.contents.add(kept(b"%PDF-"))
        add = work.conversations.add
        add(conversation("cnv_1", tags=("VIP",), assignee="eva", unread=1))
        add(conversation("cnv_2", status=ConversationStatus.WAITING))
        add(conversation("cnv_3", failed=True))
        add(conversation("cnv_b", BOLT))
        put = work.messages.add
        put(message("msg_1", subject="Faktúra 2026-0142", text="Please pay to the new bank."))
        put(
            message(
                "msg_2",
                conversation_id="cnv_2",
                from_=ROMAN,
                subject="Účet",
                text="請求書を送ります",
                received_at=NINE + DAY,
                attachments=(attachment("att_2", "msg_2", filename="Rozpočet.pdf"),),
            )
        )
        put(
            message(
                "msg_3",
                conversation_id="cnv_3",
                channel=Channel.CHAT,
                subject="",
                text="The bank is new.",
            )
        )
        put(
            message(
                "msg_b",
                conversation_id="cnv_b",
                tenant_id=BOLT,
                subject="Faktúra 2026-0142",
                text="Please pay to the new bank.",
            )
        )
        work.invoices.add(invoice("inv_1", conversation_id="cnv_1", due_on=date(2026, 3, 1)))
        work.deliveries.add(
            delivery("dlv_1", message_id="msg_3", conversation_id="cnv_3", state="bounced")
        )

    store.write(job)
    return store


def found(store, line, tenant_id=ACME, **page):
    query = read_query(line)
    listed = store.read(
        lambda work: work.messages.search(tenant_id, query, Page(**page), today=TODAY)
    )
    return [one.id[-1] for one in listed.items]


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("faktura", "1"),
        ("FAKTÚRA", "1"),
        ("fakt", "1"),
        ("aktura", ""),
        ("2026-0142", "1"),
        ("0142", "1"),
        ("0142-2026", ""),
        ("bank", "31"),
        ("bank new", "31"),
        ('"new bank"', "1"),
        ('"new ban"', ""),
        ("bank -please", "3"),
        ("-bank", "2"),
        ("lukasz", "2"),
        ("from:roman", "2"),
        ("from:firma.example", "2"),
        ("subject:roman", ""),
        ("rozpocet", "2"),
        ("請求", "2"),
        ("求請", ""),
        ("has:file", "2"),
        ("way:chat", "3"),
        ("way:email", "21"),
        ("after:2026-03-03", "2"),
        ("before:2026-03-03", "31"),
        ("state:bounced", "3"),
        ("is:unread", "1"),
        ("is:waiting", "2"),
        ("is:undelivered", "3"),
        ("is:unpaid", "1"),
        ("is:overdue bank", "1"),
        ("is:paid", ""),
        ("tag:VIP", "1"),
        ("tag:vip", ""),
        ("assignee:eva", "1"),
        ("invoice:inv_1", "1"),
    ],
)
def test_a_question_finds(full, line, ids):
    assert found(full, line) == list(ids)


@pytest.mark.parametrize(
    "line", ["faktura OR x", 'a"b', "'", "& | ! <->", "a'b:*", "NEAR(a b)", "^x"]
)
def test_no_sign_is_a_command_to_the_database(full, line):
    query = read_query(line)
    if not query.is_empty:
        assert found(full, line) == []


def test_pages_are_newest_first(full):
    query = read_query("way:email")

    def page(cursor):
        return full.read(
            lambda work: work.messages.search(ACME, query, Page(1, cursor), today=TODAY)
        )

    first = page(None)
    second = page(first.next_cursor)
    assert [one.id for one in (*first.items, *second.items)] == ["msg_2", "msg_1"]
    assert second.next_cursor is None


def test_another_company_finds_its_own_alone(full):
    assert found(full, "faktura", BOLT) == ["b"]
    assert found(full, "has:file", BOLT) == []


@pytest.mark.parametrize(
    ("line", "ids"), [("bank", "31"), ("bank is:unread", "1"), ("is:waiting", "2"), ("請求", "2")]
)
def test_conversations_are_found_by_their_messages(full, line, ids):
    which = ConversationFilter(query=read_query(line), today=TODAY)
    listed = full.read(lambda work: work.conversations.page(ACME, which, Page()))
    assert [one.id[-1] for one in listed.items] == list(ids)


def test_a_changed_message_is_found_under_its_new_words(full):
    def job(work):
        old = work.messages.get(ACME, "msg_1")
        work.messages.change(replace(old, text="Nothing but thanks."))

    full.write(job)
    assert (found(full, "thanks"), found(full, '"new bank"')) == (["1"], [])


def test_what_was_there_before_is_found_after_the_migration(full):
    path = Path(migrate.__file__).parent / "migrations" / "versions" / "0006_search.py"
    migration = runpy.run_path(str(path))
    with make_engine(place_of(full.where)).begin() as connection:
        connection.exec_driver_sql("DELETE FROM message_search")
    assert found(full, "faktura") == []
    with make_engine(place_of(full.where)).begin() as connection:
        migration["_fill"](connection)
    assert (found(full, "faktura"), found(full, "rozpocet")) == (["1"], ["2"])
    assert found(full, "faktura", BOLT) == ["b"]


def test_a_removed_message_is_found_no_more(full):
    full.execute("DELETE FROM message_search WHERE position IN "
                 "(SELECT position FROM message WHERE id = 'msg_1')")  # fmt: skip
    assert found(full, "faktura") == []
    full.run(full.store.fold())
    assert found(full, "bank") == ["3"]


@pytest.mark.parametrize(
    "line",
    ["bank", "ba new", "bank -please", "-please", "is:overdue bank", '"new bank"', "nowhere",
     "bank after:2000-01-01", "bank before:2000-01-01", "is:open bank"],
)  # fmt: skip
def test_words_of_few_and_of_many_messages_are_found_alike(full, line):
    query = read_query(line)
    kind = shape(query)
    some = tuple(term for term in query.terms if not term.without)
    rest = tuple(term for term in query.terms if term.without)
    by_index = [Plan(some, rest), Plan(some, query.terms)] if some else []
    walked = Plan((), query.terms)

    def look(work):
        transaction = work.messages._transaction
        number, dialect = work.messages._words.number(ACME), transaction.dialect
        given = parameters(query, ACME, TODAY)
        given |= {"tenant_id": ACME, "before": FIRST, "position": FIRST, "limit": 10}

        def ids(statement, plan):
            asked = given | words_asked(plan, number, dialect)
            return [row[1] for row in transaction.rows(statement, asked)]

        ways = [(plan, way_of(plan)) for plan in by_index]
        ways += [(walked, way_of(walked, narrow=narrow)) for narrow in (False, True)]
        return [
            (
                ids(messages_found(kind, way, dialect), plan),
                ids(_page(True, None, None, NONE, kind, way=way, dialect=dialect), plan),
            )
            for plan, way in ways
        ]

    first, *others = full.read(look)
    assert [first] * len(others) == others
    assert bool(first[0]) == (line not in {"nowhere", "bank before:2000-01-01"})

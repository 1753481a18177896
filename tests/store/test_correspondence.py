from dataclasses import replace

import pytest

from gateway.mail.mailbox import Mailbox
from gateway.ports.correspondence import ConversationFilter, KnownMessage
from gateway.ports.lists import Page, Stale, Taken
from gateway.rules.model import Channel, ConversationStatus, Direction, Threading
from tests.store import make
from tests.store.make import (
    ACME,
    BOLT,
    DAY,
    HOUR,
    NINE,
    add_conversation,
    attachment,
    conversation,
    invoice,
    kept,
    message,
    person,
)

PAVEL = Mailbox("Pavel", "Pavel@Example.com")

FIRST = Page()


def test_contents_belong_to_a_company(store):
    store.write(lambda work: (work.contents.add(kept()), work.contents.add(kept())))
    assert store.read(lambda work: work.contents.get(ACME, kept().sha256)) == kept()
    assert store.read(lambda work: work.contents.get(BOLT, kept().sha256)) is None


def test_a_large_content_is_only_referred_to(store):
    large = replace(kept(), data=None, size=10**9)
    store.write(lambda work: work.contents.add(large))
    assert store.read(lambda work: work.contents.get(ACME, large.sha256)) == large


def test_a_conversation_comes_back_as_it_was(store):
    full = conversation(
        status=ConversationStatus.WAITING,
        unread=3,
        failed=True,
        last_message="Dobrý deň \N{PARTY POPPER}",
        last_message_at=NINE + HOUR,
        tags=("vip", "Ľ"),
        assignee="petra",
        locale="sk",
    )
    store.write(lambda work: work.conversations.add(full))
    assert store.read(lambda work: work.conversations.get(ACME, "cnv_1")) == full
    assert store.read(lambda work: work.conversations.get(BOLT, "cnv_1")) is None


def test_a_change_raises_the_version_and_is_stale_only_if_asked_to_check(store):
    first = conversation()
    store.write(lambda work: work.conversations.add(first))
    second = store.write(lambda work: work.conversations.change(replace(first, subject="B")))
    assert second == replace(first, subject="B", version=2)
    third = store.write(lambda work: work.conversations.change(replace(first, subject="C")))
    assert third.version == 3
    with pytest.raises(Stale):
        store.write(lambda work: work.conversations.change(second, check_version=True))
    with pytest.raises(Stale):
        store.write(lambda work: work.conversations.change(conversation("cnv_9")))
    with pytest.raises(Stale):
        store.write(lambda work: work.conversations.change(replace(third, tenant_id=BOLT)))
    assert store.read(lambda work: work.conversations.get(ACME, "cnv_1")) == third


def test_conversations_are_listed_by_their_last_change_in_stable_pages(store):
    def prepare(work):
        for number in range(6):
            at = NINE + (number // 2) * HOUR
            work.conversations.add(conversation(f"cnv_{number}", updated_at=at))
        work.conversations.add(conversation("cnv_b", BOLT))

    store.write(prepare)
    which = ConversationFilter()
    first = store.read(lambda work: work.conversations.page(ACME, which, Page(3)))
    store.write(lambda work: work.conversations.add(conversation("cnv_x", updated_at=NINE + DAY)))
    second = store.read(
        lambda work: work.conversations.page(ACME, which, Page(3, first.next_cursor))
    )
    assert [each.id for each in (*first.items, *second.items)] == [
        f"cnv_{number}" for number in (5, 4, 3, 2, 1, 0)
    ]
    assert second.next_cursor is None
    everybody = store.read(lambda work: work.conversations.page(None, which, Page(50)))
    assert len(everybody.items) == 8


@pytest.mark.parametrize(
    ("which", "found"),
    [
        pytest.param({}, "abcdefgh", id="all but merged ones"),
        pytest.param({"view": "open"}, "abegh", id="open"),
        pytest.param({"view": "waiting"}, "c", id="waiting"),
        pytest.param({"view": "done"}, "d", id="done"),
        pytest.param({"view": "unread"}, "be", id="unread, but no spam"),
        pytest.param({"view": "not_delivered"}, "e", id="not delivered"),
        pytest.param({"view": "other"}, "", id="no such view"),
        pytest.param({"status": "spam"}, "f", id="spam"),
        pytest.param({"unread": True}, "bef", id="unread, any status"),
        pytest.param({"unread": False}, "acdgh", id="read"),
        pytest.param({"customer": "PAVEL@example.com"}, "c", id="customer in another case"),
        pytest.param({"tag": 'v"ip'}, "g", id="tag with a quote"),
        pytest.param({"tag": "VIP"}, "", id="tags differ by case"),
        pytest.param({"assignee": "petra", "unread": True}, "b", id="two at once"),
        pytest.param({"invoice": "inv_1"}, "a", id="invoice by id"),
        pytest.param({"invoice": "2026-1"}, "a", id="invoice by number"),
    ],
)
def test_conversations_are_filtered(store, which, found):
    def prepare(work):
        for name, more in {
            "a": {},
            "b": {"unread": 1, "assignee": "petra"},
            "c": {"status": ConversationStatus.WAITING, "customer": PAVEL},
            "d": {"status": ConversationStatus.CLOSED},
            "e": {"failed": True, "unread": 2},
            "f": {"status": ConversationStatus.SPAM, "unread": 1, "failed": True},
            "g": {"tags": ('v"ip', "b")},
            "h": {"tags": ("vipx",), "assignee": "petra"},
            "z": {"merged_into": "cnv_a"},
        }.items():
            work.conversations.add(conversation(f"cnv_{name}", **more))
        work.invoices.add(invoice(conversation_id="cnv_a"))

    store.write(prepare)
    page = store.read(
        lambda work: work.conversations.page(ACME, ConversationFilter(**which), Page())
    )
    assert sorted(each.id[-1] for each in page.items) == list(found)


def test_people_belong_to_a_conversation_the_customer_first(store):
    customer = person(
        9,
        created_at=NINE + DAY,
        link_issue=2,
        link_expires_at=NINE + DAY,
    )
    copied = person(2**40 - 1, role="cc", mailbox=PAVEL, approved=False)

    def prepare(work):
        work.conversations.add(conversation())
        work.conversations.add_participant(copied)
        work.conversations.add_participant(customer)

    store.write(prepare)
    assert store.read(lambda work: work.conversations.participants(ACME, "cnv_1")) == [
        customer,
        copied,
    ]
    assert store.read(lambda work: work.conversations.participants(BOLT, "cnv_1")) == []
    assert store.read(lambda work: work.conversations.participant(ACME, 9)) == customer
    assert store.read(lambda work: work.conversations.participant(BOLT, 9)) is None


def test_a_ref_in_use_is_taken_and_the_job_can_go_on(store):
    def job(work):
        work.conversations.add(conversation())
        work.conversations.add_participant(person(7))
        with pytest.raises(Taken):
            work.conversations.add_participant(person(7, mailbox=PAVEL))
        work.conversations.add_participant(person(8, mailbox=PAVEL))

    store.write(job)
    people = store.read(lambda work: work.conversations.participants(ACME, "cnv_1"))
    assert [each.ref for each in people] == [7, 8]


def test_revoked_people_are_known(store):
    store.write(
        lambda work: (
            work.conversations.add(conversation()),
            work.conversations.add_participant(person(7)),
            work.conversations.change_participant(replace(person(7), revoked=True, role="cc")),
        )
    )
    assert store.read(lambda work: work.conversations.revoked()) == [(ACME, 7)]
    assert store.read(lambda work: work.conversations.participant(ACME, 7).role) == "cc"


def full_message():
    return message(
        direction=Direction.OUT,
        channel=Channel.API,
        to=(make.JANA, PAVEL),
        cc=(Mailbox("", "x@y.test"),),
        reply_to=(Mailbox("Acme", "acme-tok@reply.test"),),
        date=NINE - HOUR,
        message_id="a@b",
        submitted_message_id="c@d",
        in_reply_to=("e@f",),
        references=("e@f", "g@h"),
        text="visible",
        quoted_text="> q",
        signature="Jana",
        full_text="all",
        html="<p>x</p>",
        forwarded={"from": {"name": "", "address": "q@w"}},
        authentication={"spf": {"result": "pass"}},
        sender_expected=False,
        automatic="bounce",
        bounces=({"recipient": "x@y.test", "status": "5.1.1"},),
        threading=Threading("token", "envelope"),
        readable=False,
        visible=False,
        kind="claim",
        author_ref=2**40 - 1,
        invoice_id="inv_1",
        raw_sha256=kept().sha256,
        raw_size=kept().size,
        attachments=(attachment(), attachment("att_2", inline=True, content_id="i@j")),
    )


def add_full(work):
    work.conversations.add(conversation())
    work.contents.add(kept())
    work.contents.add(kept(b"%PDF-"))
    return work.messages.add(full_message())


def test_a_message_comes_back_as_it_was_with_its_position(store):
    added = store.write(add_full)
    assert added == replace(full_message(), position=added.position)
    assert store.read(lambda work: work.messages.get(ACME, "msg_1")) == added
    assert store.read(lambda work: work.messages.get(None, "msg_1")) == added
    assert store.read(lambda work: work.messages.get(BOLT, "msg_1")) is None
    assert store.read(lambda work: work.messages.attachment(ACME, "att_2")) == added.attachments[1]
    assert store.read(lambda work: work.messages.attachment(BOLT, "att_2")) is None


def test_a_message_whose_bytes_are_not_there_is_not_stored(store):
    def job(work):
        work.conversations.add(conversation())
        work.messages.add(full_message())

    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store.write(job)
    assert store.read(lambda work: work.conversations.get(ACME, "cnv_1")) is None


def test_a_changed_message_keeps_position_and_attachments(store):
    added = store.write(add_full)
    store.write(lambda work: work.conversations.add(conversation("cnv_2")))
    changed = replace(
        added, conversation_id="cnv_2", text="new", message_id="new@b", attachments=(), position=99
    )
    store.write(lambda work: work.messages.change(changed))
    expected = replace(changed, attachments=added.attachments, position=added.position)
    assert store.read(lambda work: work.messages.get(ACME, "msg_1")) == expected
    found = store.read(lambda work: work.messages.known(ACME, ["new@b"]))
    assert [each.conversation_id for each in found] == ["cnv_2"]


def test_what_a_message_counts_for_changes_and_its_words_stay(store):
    store.write(lambda work: add_conversation(work, "msg_1"))
    added = store.read(lambda work: work.messages.get(ACME, "msg_1"))
    judged = replace(
        added,
        authentication={"verdict": "pass"},
        kind="staff_draft",
        visible=not added.visible,
        sender_expected=not added.sender_expected,
    )
    other = replace(judged, tenant_id=BOLT, kind="another company's")
    store.write(lambda work: work.messages.change_standing(replace(judged, text="not this")))
    store.write(lambda work: work.messages.change_standing(other))
    assert store.read(lambda work: work.messages.get(ACME, "msg_1")) == judged


def test_messages_of_a_conversation_are_oldest_first_in_stable_pages(store):
    store.write(lambda work: add_conversation(work, *[f"msg_{number}" for number in range(5)]))
    first = store.read(lambda work: work.messages.of_conversation(ACME, "cnv_1", Page(3)))
    store.write(lambda work: work.messages.add(message("msg_9")))
    second = store.read(
        lambda work: work.messages.of_conversation(ACME, "cnv_1", Page(3, first.next_cursor))
    )
    assert [each.id for each in (*first.items, *second.items)] == [
        f"msg_{number}" for number in (0, 1, 2, 3, 4, 9)
    ]
    assert store.read(lambda work: work.messages.of_conversation(BOLT, "cnv_1", Page())).items == ()


def test_the_last_that_a_conversation_was_sent_are_newest_first_among_its_last_hundred(store):
    def prepare(work):
        work.conversations.add(conversation())
        work.messages.add(message("msg_sent_long_ago", direction=Direction.OUT))
        for number in range(97):
            work.messages.add(message(f"msg_in_{number}", direction=Direction.IN))
        for number in range(3):
            work.messages.add(message(f"msg_out_{number}", direction=Direction.OUT))

    store.write(prepare)

    def last(company, most):
        return list(store.read(lambda work: work.messages.last_sent(company, "cnv_1", most)))

    assert last(ACME, 2) == ["msg_out_2", "msg_out_1"]
    assert last(ACME, 9) == ["msg_out_2", "msg_out_1", "msg_out_0"]
    assert last(BOLT, 9) == []


def test_messages_are_listed_newest_first_by_direction_and_channel(store):
    def prepare(work):
        work.conversations.add(conversation())
        work.conversations.add(conversation("cnv_b", BOLT))
        for number in range(4):
            way = Direction.IN if number % 2 else Direction.OUT
            channel = Channel.EMAIL if number < 2 else Channel.CHAT
            work.messages.add(message(f"msg_{number}", direction=way, channel=channel))
        work.messages.add(message("msg_b", "cnv_b", BOLT))

    store.write(prepare)

    def ids(tenant_id, page=FIRST, **which):
        listed = store.read(lambda work: work.messages.page(tenant_id, page, **which))
        return [each.id[4:] for each in listed.items]

    assert ids(ACME) == ["3", "2", "1", "0"]
    assert ids(None) == ["b", "3", "2", "1", "0"]
    assert ids(ACME, direction="in") == ["3", "1"]
    assert ids(ACME, direction="in", channel="chat") == ["3"]
    assert ids(None, channel="email") == ["b", "1", "0"]
    first = store.read(lambda work: work.messages.page(ACME, Page(3)))
    assert ids(ACME, Page(3, first.next_cursor)) == ["0"]


def test_messages_are_known_by_every_name_of_theirs(store):
    store.write(add_full)
    store.write(lambda work: work.messages.add_alias(ACME, "msg_1", "relay@x"))
    store.write(lambda work: work.messages.add_alias(ACME, "msg_1", "relay@x"))
    asked = ["nope", "relay@x", "c@d", "a@b", "x" * 70_000]
    found = store.read(lambda work: work.messages.known(ACME, asked))
    addresses = ("jana@example.com", "Pavel@Example.com", "x@y.test")
    assert sorted(found, key=lambda each: each.message_id) == [
        KnownMessage("msg_1", "cnv_1", name, addresses, is_ours=True)
        for name in ("a@b", "c@d", "relay@x")
    ]
    assert store.read(lambda work: work.messages.known(BOLT, asked)) == []
    assert store.read(lambda work: work.messages.known(ACME, [])) == []


def test_two_messages_may_have_one_name(store):
    store.write(
        lambda work: (
            work.conversations.add(conversation()),
            work.messages.add(message("msg_1", message_id="x" * 70_000)),
            work.messages.add(message("msg_2", message_id="x" * 70_000)),
        )
    )
    found = store.read(lambda work: work.messages.known(ACME, ["x" * 70_000]))
    assert [each.id for each in found] == ["msg_1", "msg_2"]

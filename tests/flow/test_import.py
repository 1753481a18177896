"""An archive brought in: conversations, directions, and nothing that leaves or happens twice."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.flow.import_archive import FromArchive, Importing
from gateway.mail.message import read
from gateway.ports.correspondence import ConversationFilter
from gateway.ports.lists import Page
from gateway.ports.parser import ReaderDied
from gateway.ports.reception import Content
from gateway.rules.archive import group
from gateway.rules.archive_mail import archived
from gateway.store.verify import findings
from tests.fakes import HereParser
from tests.flow.desk import JANA, open_desk

OFFICE = "office@acme.example"


def mail(
    name,
    text="Hello.",
    *,
    by="jana@client.example",
    to=OFFICE,
    subject="Cables",
    day=1,
    answers=(),
    more="",
):
    refers = "".join(f"In-Reply-To: <{one}>\r\n" for one in answers)
    return (
        f"From: {by}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{name}>\r\n"
        f"Date: Mon, {day} Jun 2020 09:00:00 +0000\r\n{refers}{more}\r\n{text}\r\n"
    ).encode()


ASKED = mail("a@client", "Where are the cables?")
ANSWERED = mail(
    "b@acme", "On their way.", by=OFFICE, to="jana@client.example", day=2, answers=["a@client"]
)
THANKED = mail("c@client", "Thanks.", day=3, answers=["b@acme"])


async def bring(desk, *mails, own=(OFFICE,), parser=None):
    """Bring an archive in as the command does: grouped, thread by thread."""
    importing = Importing(desk.context, parser or HereParser(), desk.tenant, frozenset(own))
    records = [archived(read(raw)) for raw in mails]
    grouped, brought = group(records), []
    for thread in grouped.threads:
        home = None
        names = [records[at].message_id for at in thread]
        names += [name for at in thread for name in records[at].references]
        names += [name for at in thread for name in records[at].in_reply_to]
        for at in thread:
            raw = mails[at]
            one = await importing.bring(
                FromArchive(Content(len(raw), raw[:65536], raw), grouped.ties[at], names, home)
            )
            home = one.conversation_id
            brought.append(one)
    return brought


def run(tmp_path, work, **options):
    async def scene():
        async with open_desk(tmp_path, **options) as desk:
            return await work(desk)

    return asyncio.run(scene())


async def conversations(desk):
    listed = await desk.read(
        lambda work: work.conversations.page(desk.tenant.id, ConversationFilter(), Page(100))
    )
    return listed.items


def test_an_archive_becomes_closed_conversations_with_both_directions(tmp_path):
    async def work(desk):
        await bring(desk, THANKED, ANSWERED, ASKED)
        (conversation,) = await conversations(desk)
        messages = await desk.messages(conversation.id)
        told = [
            (m.direction.value, m.text, m.threading.rule, m.sender_expected, m.visible)
            for m in messages
        ]
        return conversation, told, messages[0].received_at

    conversation, told, received_at = run(tmp_path, work)
    assert told == [
        ("in", "Where are the cables?", "new", True, True),
        ("out", "On their way.", "references", True, True),
        ("in", "Thanks.", "references", True, True),
    ]
    assert received_at == datetime(2020, 6, 1, 9, tzinfo=UTC)
    assert (
        conversation.status.value,
        conversation.unread,
        conversation.customer.address,
        conversation.last_message,
        conversation.updated_at,
    ) == ("closed", 0, JANA.address, "Thanks.", datetime(2020, 6, 3, 9, tzinfo=UTC))


def test_an_import_sends_nothing_and_tells_of_new_conversations_alone(tmp_path):
    async def work(desk):
        before = len(await desk.events())
        brought = await bring(desk, ASKED, ANSWERED, mail("z@other", subject="Else", day=4))
        deliveries = [await desk.deliveries(one.message_id) for one in brought]
        return [event.type for event in (await desk.events())[before:]], deliveries

    assert run(tmp_path, work) == (["conversation.created"] * 2, [(), (), ()])


def test_the_same_mail_again_is_skipped(tmp_path):
    async def work(desk):
        first = await bring(desk, ASKED, ANSWERED)
        desk.clock.pass_by(days=40)
        again = await bring(desk, ASKED, ANSWERED, THANKED)
        return [one.state for one in first], again, len(await conversations(desk)), first

    states, again, count, first = run(tmp_path, work)
    assert (states, [one.state for one in again], count) == (
        ["imported"] * 2,
        ["skipped", "skipped", "imported"],
        1,
    )
    assert {one.conversation_id for one in again} == {first[0].conversation_id}


def test_mail_that_came_by_mx_before_is_skipped_and_its_conversation_goes_on(tmp_path):
    async def work(desk):
        address = f"acme-sro@{desk.context.names.sender}"
        received = await desk.receive(ASKED, address)
        kept = ASKED.replace(b"From:", b"X-Kept-In: Inbox\r\nFrom:", 1)
        brought = await bring(desk, kept, ANSWERED)
        live = await desk.message(received)
        return [one.state for one in brought], {one.conversation_id for one in brought}, live

    states, homes, live = run(tmp_path, work)
    assert (states, homes) == (["skipped", "imported"], {live.conversation_id})


def test_two_mails_of_one_message_id_and_other_words_are_two(tmp_path):
    async def work(desk):
        return await bring(desk, ASKED, mail("a@client", "Quite something else.", subject="Else"))

    one, other = run(tmp_path, work)
    assert (one.state, other.state) == ("imported", "imported")
    assert one.message_id != other.message_id


def test_a_stranger_cannot_enter_by_an_archived_message_of_the_company(tmp_path):
    async def work(desk):
        brought = await bring(desk, ASKED, ANSWERED)
        address = f"acme-sro@{desk.context.names.sender}"
        forged = mail("x@evil", by="mallory@evil.example", to=address, answers=["b@acme"])
        stranger = await desk.message(await desk.receive(forged, address))
        known = mail("y@client", to=address, answers=["b@acme"])
        customer = await desk.message(await desk.receive(known, address))
        return brought[0].conversation_id, stranger, customer

    home, stranger, customer = run(tmp_path, work)
    assert (stranger.threading.rule, stranger.conversation_id == home) == ("new", False)
    assert (customer.threading.rule, customer.conversation_id) == ("references", home)


def test_what_the_customer_never_had_by_mail_stays_off_their_page(tmp_path):
    internal = mail(
        "i@acme", "Between us.", by=OFFICE, to="boss@acme.example", day=2, answers=["a@client"]
    )
    other = mail("o@x", "I, too.", by="peter@x.example", day=4, answers=["a@client"])

    async def work(desk):
        brought = await bring(desk, ASKED, internal, other, own=["@acme.example"])
        messages = [await desk.message(one.message_id) for one in brought]
        people = await desk.read(
            lambda work: work.conversations.participants(desk.tenant.id, brought[0].conversation_id)
        )
        told = [(m.direction.value, m.sender_expected, m.visible) for m in messages]
        return told, [(p.mailbox.address, p.role, p.approved) for p in people]

    assert run(tmp_path, work) == (
        [("in", True, True), ("out", True, False), ("in", False, False)],
        [("jana@client.example", "customer", True), ("peter@x.example", "other", False)],
    )


def test_an_answer_to_an_imported_conversation_goes_to_its_customer_alone(tmp_path):
    async def work(desk):
        other = mail("o@x", by="peter@x.example", day=4, answers=["a@client"])
        brought = await bring(desk, ASKED, other)
        from gateway.flow.drafts import AnswerDraft

        sent = await desk.conversing.answer(
            desk.tenant, brought[0].conversation_id, AnswerDraft("We found it.")
        )
        return [one.recipient.address for one in await desk.deliveries(sent.id)], sent.references

    recipients, references = run(tmp_path, work)
    assert (recipients, "a@client" in references) == (["jana@client.example"], True)


BOUNCE = (
    b"From: MAILER-DAEMON@mx.example\r\nTo: office@acme.example\r\nSubject: Undelivered\r\n"
    b"Message-ID: <bounce@mx>\r\nDate: Mon, 1 Jun 2020 09:00:00 +0000\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    b"--b\r\n\r\nIt could not be delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    b"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; jana@client.example\r\n"
    b"Action: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
)


def test_an_old_bounce_suppresses_nobody(tmp_path):
    async def work(desk):
        (brought,) = await bring(desk, BOUNCE)
        stopped = await desk.read(
            lambda work: work.suppressions.get(desk.tenant.id, "jana@client.example")
        )
        message = await desk.message(brought.message_id)
        return message.automatic, message.bounces[0]["recipient"], message.visible, stopped

    assert run(tmp_path, work) == ("bounce", "jana@client.example", False, None)


class DyingParser(HereParser):
    async def read(self, content, *, null_sender=False):
        raise ReaderDied("it was too much")


def test_a_mail_that_kills_its_reader_is_kept(tmp_path):
    async def work(desk):
        (brought,) = await bring(desk, ASKED, parser=DyingParser())
        message = await desk.message(brought.message_id)
        return brought.state, message.readable, message.raw_size

    assert run(tmp_path, work) == ("unreadable", False, len(ASKED))


def test_the_store_is_sound_after_an_import_with_documents(tmp_path):
    more = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n'
    body = (
        "--b\r\n\r\nSee.\r\n--b\r\nContent-Type: application/pdf\r\n"
        'Content-Disposition: attachment; filename="offer.pdf"\r\n\r\n%PDF-1.4\r\n--b--'
    )

    async def work(desk):
        (brought,) = await bring(desk, mail("d@client", body, more=more))
        message = await desk.message(brought.message_id)
        found = await findings(desk.context.store, desk.context.blobs)
        return [one.filename for one in message.attachments], found

    assert run(tmp_path, work) == (["offer.pdf"], [])


@pytest.mark.parametrize(
    ("date", "is_kept"),
    [
        ("Mon, 1 Jun 2099 09:00:00 +0000", False),
        ("nonsense", False),
        ("Mon, 1 Jun 1970 09:00:00 +0000", True),
    ],
)
def test_mail_of_the_future_came_now(tmp_path, date, is_kept):
    async def work(desk):
        raw = ASKED.replace(b"Mon, 1 Jun 2020 09:00:00 +0000", date.encode())
        (brought,) = await bring(desk, raw)
        (again,) = await bring(desk, raw)
        message = await desk.message(brought.message_id)
        return message.received_at == desk.clock.now(), again.state

    assert run(tmp_path, work) == (not is_kept, "skipped")


def test_nothing_is_lost_if_two_people_get_the_same_bits(tmp_path):
    class Twice:
        def __init__(self, chance):
            self._chance, self._refs = chance, [b"\0" * 5, b"\0" * 5]

        def octets(self, count):
            return self._refs.pop() if count == 5 and self._refs else self._chance.octets(count)

        def spread(self):
            return 0.0

    async def work(desk):
        desk.context = replace(desk.context, chance=Twice(desk.context.chance))
        brought = await bring(desk, ASKED, mail("p@x", by="peter@x.example", subject="Else"))
        return [one.state for one in brought]

    assert run(tmp_path, work) == ["imported", "imported"]

"""Answers come in: threaded, told of, kept apart from strangers and reports."""

import email

import pytest

from gateway.mail.errors import MailError
from gateway.ports.parser import ReaderDied
from gateway.rules import ids
from tests.fakes import TAKEN
from tests.flow.desk import open_desk

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


def answer(mail, *, sender="jana@client.example", text="Thank you!", extra="", number=1):
    return (
        f"From: Jana <{sender}>\nTo: {mail['Reply-To']}\nSubject: Re: x\n"
        f"Message-ID: <answer-{number}@client.example>\n{extra}\n{text}\n"
    ).encode()


def address(mail):
    return email.utils.parseaddr(mail["Reply-To"])[1]


async def sent_mail(desk, number="2026-0142"):
    sent = await desk.invoice(number)
    (delivery,) = await desk.deliveries(sent.message_id)
    return sent, delivery, email.message_from_bytes(await desk.raw(delivery))


async def test_an_answer_to_the_token_address_joins_its_conversation(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, _, mail = await sent_mail(desk)
        message_id = await desk.receive(answer(mail), address(mail))
        message = await desk.message(message_id)
        conversation = await desk.conversation(sent.invoice.conversation_id)
        assert message.conversation_id == sent.invoice.conversation_id
        assert (message.threading.rule, message.sender_expected, message.visible) == (
            "token",
            True,
            True,
        )
        assert (conversation.unread, conversation.status) == (1, "open")
        assert (await desk.events())[-1].type == "message.received"


async def test_a35_an_answer_to_the_plain_address_threads_by_our_message_id(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, _, mail = await sent_mail(desk)
        raw = answer(mail, extra=f"In-Reply-To: {mail['Message-ID']}\n").replace(
            mail["Reply-To"].encode(), b"acme-sro@mail.example.com"
        )
        message = await desk.message(await desk.receive(raw, "acme-sro@mail.example.com"))
        assert (message.threading.rule, message.conversation_id) == (
            "message_id",
            sent.invoice.conversation_id,
        )


async def test_an_answer_that_lost_all_headers_threads_by_the_quoted_marker(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, _, mail = await sent_mail(desk)
        (text,) = [part for part in mail.walk() if part.get_content_type() == "text/plain"]
        quoted = "".join(
            f"> {line}\n" for line in text.get_payload(decode=True).decode().splitlines()
        )
        raw = f"From: jana@client.example\nTo: x@y\nSubject: hm\n\nHi\n\n{quoted}".encode()
        message = await desk.message(await desk.receive(raw, "acme-sro@mail.example.com"))
        assert (message.threading.rule, message.conversation_id) == (
            "body_marker",
            sent.invoice.conversation_id,
        )


async def test_the_subject_never_threads(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, _, mail = await sent_mail(desk)
        raw = f"From: jana@client.example\nSubject: Re: {mail['Subject']}\n\nHi\n".encode()
        message = await desk.message(await desk.receive(raw, "acme-sro@mail.example.com"))
        assert message.threading.rule == "new"
        assert message.conversation_id != sent.invoice.conversation_id


async def test_a28_a37_a_stranger_with_the_token_is_shown_to_the_company_alone_until_approved(
    tmp_path,
):
    async with open_desk(tmp_path) as desk:
        sent, _, mail = await sent_mail(desk)
        raw = answer(mail, sender="eve@evil.example")
        message = await desk.message(await desk.receive(raw, address(mail)))
        token = sent.view_url.rpartition("/")[2]
        before = [one.id for one in (await desk.visits.open(token)).messages]
        conversation = await desk.conversation(message.conversation_id)
        await desk.conversing.approve_sender(desk.tenant, conversation.id, "eve@evil.example")
        after = [one.id for one in (await desk.visits.open(token)).messages]
        assert (message.sender_expected, message.visible) == (False, False)
        assert conversation.customer.address == "jana@client.example"
        assert (message.id in before, message.id in after) == (False, True)


async def test_the_same_mail_again_is_one_message(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, _, mail = await sent_mail(desk)
        raw = answer(mail)
        first = await desk.receive(raw, address(mail))
        second = await desk.receive(b"Received: by another.example\n" + raw, address(mail))
        shown = [one.id for one in await desk.messages(sent.invoice.conversation_id)]
        assert first == second
        assert shown.count(first) == 1


async def test_raw_bytes_are_kept_as_they_came(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, _, mail = await sent_mail(desk)
        raw = answer(mail, text="Grüße\0 und \xff")
        message = await desk.message(await desk.receive(raw, address(mail)))
        kept = await desk.read(lambda work: work.contents.get(desk.tenant.id, message.raw_sha256))
        assert kept.data == raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("recipient", "reply"),
    [
        pytest.param("acme-sro-rxxxx@reply.example.com", "550 5.1.1", id="no token"),
        pytest.param("nobody@mail.example.com", "550 5.1.1", id="no company"),
        pytest.param("someone@elsewhere.example", "550 5.7.1", id="another domain"),
    ],
)
async def test_a53_a56_mail_to_nobody_is_refused(tmp_path, recipient, reply):
    async with open_desk(tmp_path) as desk:
        refused = await desk.receive(b"From: a@b\n\nhi\n", recipient)
        assert str(refused).startswith(reply)


async def test_a33_a_token_with_one_altered_character_is_refused(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, _, mail = await sent_mail(desk)
        local, _, domain = address(mail).partition("@")
        altered = f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"
        assert str(await desk.receive(answer(mail), altered)).startswith("550 5.1.1")


async def test_a39_a_recipient_of_another_company_waits_for_a_transaction_of_its_own(tmp_path):
    from gateway.flow.drafts import TenantDraft

    async with open_desk(tmp_path) as desk:
        await desk.companies.add(TenantDraft("Other"))
        refused = await desk.receive(
            b"From: a@b\n\nhi\n", "acme-sro@mail.example.com", "other@mail.example.com"
        )
        assert str(refused).startswith("452 4.5.3")


async def test_postmaster_is_always_accepted_and_kept(tmp_path):
    async with open_desk(tmp_path) as desk:
        message_id = await desk.receive(
            b"From: a@b.example\n\nhi\n", "postmaster@bounce.example.com"
        )
        message = await desk.read(lambda work: work.messages.get(None, message_id))
        assert (message.tenant_id, message.full_text.strip()) == ("ten_house", "hi")


async def test_a_mail_that_kills_its_reader_three_times_is_kept_unreadable(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, _, mail = await sent_mail(desk)
        desk.parser.raising = [ReaderDied("it died")] * 3
        message = await desk.message(await desk.receive(answer(mail), address(mail)))
        assert (message.readable, message.threading.rule) == (False, "token")


async def test_a_mail_nobody_can_read_is_kept_unreadable_at_once(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, _, mail = await sent_mail(desk)
        desk.parser.raising = [MailError("no mail at all")]
        message = await desk.message(await desk.receive(answer(mail), address(mail)))
        assert message.readable is False


DSN = """From: MAILER-DAEMON@client.example
To: {to}
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It failed.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.client.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 {status} {words}

--b--
"""


async def test_a_report_to_the_return_path_turns_delivered_into_bounced(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, delivery, _ = await sent_mail(desk)
        await desk.deliver(TAKEN)
        raw = DSN.format(
            to=delivery.sender,
            recipient="jana@client.example",
            status="5.1.1",
            words="User unknown",
        ).encode()
        message_id = await desk.receive(raw, delivery.sender, sender="")
        message = await desk.message(message_id)
        (bounced,) = await desk.deliveries(sent.message_id)
        conversation = await desk.conversation(sent.invoice.conversation_id)
        assert (bounced.state, bounced.reason.key) == ("bounced", "no_such_address")
        assert (message.automatic, message.visible) == ("bounce", False)
        assert message.bounces[0]["recipient"] == "jana@client.example"
        assert message.conversation_id == sent.invoice.conversation_id
        assert (conversation.failed, conversation.status) == (True, "open")


async def test_three_bounces_for_a_full_mailbox_within_a_week_suppress(tmp_path):
    async with open_desk(tmp_path, days_ago=5) as desk:
        states = []
        for number in range(4):
            sent = await desk.invoice(f"n-{number}")
            (delivery,) = await desk.deliveries(sent.message_id)
            states.append(delivery.state)
            if delivery.state == "suppressed":
                break
            await desk.deliver(TAKEN)
            raw = DSN.format(
                to=delivery.sender,
                recipient="jana@client.example",
                status="5.2.2",
                words="Mailbox full",
            ).encode()
            await desk.receive(raw + b"%d" % number, delivery.sender, sender="")
            desk.clock.pass_by(days=1)
        assert states == ["queued", "queued", "queued", "suppressed"]


async def test_two_tokens_in_one_envelope_give_one_message_and_a_line_that_leads_to_it(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, _, first = await sent_mail(desk, "1")
        other, _, second = await sent_mail(desk, "2")
        message_id = await desk.receive(answer(first), address(first), address(second))
        line = (await desk.messages(other.invoice.conversation_id))[-1]
        assert (line.channel, line.visible, message_id in line.text) == ("system", False, True)


async def test_the_company_s_answer_refers_to_the_customer_s(tmp_path):
    from gateway.flow.drafts import AnswerDraft

    async with open_desk(tmp_path) as desk:
        sent, _, mail = await sent_mail(desk)
        await desk.receive(answer(mail), address(mail))
        await desk.deliver(TAKEN)
        message = await desk.conversing.answer(
            desk.tenant, sent.invoice.conversation_id, AnswerDraft("Gladly.")
        )
        (delivery,) = await desk.deliveries(message.id)
        out = email.message_from_bytes(await desk.raw(delivery))
        assert out["In-Reply-To"] == "<answer-1@client.example>"
        assert out["References"].split()[0] == mail["Message-ID"]
        assert out["Subject"].startswith("Re: ")
        assert ids.body_of(ids.MESSAGE, message.id) is not None


async def test_a_chat_message_stands_beside_the_mail_once(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, _, _ = await sent_mail(desk)
        token = sent.view_url.rpartition("/")[2]
        first = await desk.visits.write(token, "Hello!", client_id="c-1")
        again = await desk.visits.write(token, "Hello!", client_id="c-1")
        shown = await desk.messages(sent.invoice.conversation_id)
        assert first.id == again.id
        assert [one.channel for one in shown] == ["email", "chat"]


async def test_a40_a_persons_own_tokens_are_shown_to_nobody_else(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, _, mail = await sent_mail(desk)
        token = sent.view_url.rpartition("/")[2]
        text = f"Thanks!\n\n> look at {sent.view_url}\n> or write to {address(mail)}"
        raw = answer(mail, text=text)
        message = await desk.message(await desk.receive(raw, address(mail)))
        shown = f"{message}"
        assert "look at https://mail.example.com/c/…" in message.full_text
        assert token not in shown
        assert address(mail) not in shown
        assert [one.address for one in message.to] == ["acme-sro-…@reply.example.com"]


async def test_a44_a_stranger_who_looks_like_the_customer_is_told_of(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, _, mail = await sent_mail(desk)
        raw = answer(mail, sender="jana@cl1ent.example")
        message = await desk.message(await desk.receive(raw, address(mail)))
        assert (message.sender_expected, message.visible) == (False, False)
        assert message.suggestions == {
            "sender_warnings": [{"code": "lookalike_domain", "about": "client.example"}]
        }
        own = await desk.message(await desk.receive(answer(mail, number=2), address(mail)))
        assert own.suggestions == {}

"""Conversations that become one, messages that get one of their own, and where answers go then."""

import email

import pytest

from gateway.flow.drafts import AnswerDraft
from gateway.flow.refusal import Refused
from gateway.flow.sorting import Sorting
from gateway.mail.mailbox import Mailbox
from gateway.ports.lists import Page
from gateway.store.verify import findings
from tests.flow.desk import open_desk
from tests.flow.test_answer_journey import address, answer, sent_mail

pytestmark = pytest.mark.anyio
PETR = Mailbox("Petr", "petr@other.example")


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def messages(desk, conversation_id):
    listed = await desk.read(
        lambda work: work.messages.of_conversation(desk.tenant.id, conversation_id, Page(100))
    )
    return [one.id for one in listed.items]


def tell(desk):
    return Sorting(desk.context)


async def test_merged_conversations_are_one_and_old_tokens_lead_there(tmp_path):
    async with open_desk(tmp_path) as desk:
        one, _, _ = await sent_mail(desk, "1")
        other, delivery, second = await sent_mail(desk, "2")
        await desk.receive(answer(second, number=7), address(second))
        into, old = one.invoice.conversation_id, other.invoice.conversation_id
        before = await messages(desk, old)
        merged = await tell(desk).merge(desk.tenant, old, into)
        assert (merged.id, merged.unread, merged.status) == (into, 1, "open")
        assert set(merged.invoice_ids) == {one.invoice.id, other.invoice.id}
        assert await messages(desk, into) == [one.message_id, *before]
        assert await messages(desk, old) == []
        gone = await desk.conversation(old)
        assert (gone.merged_into, gone.unread, gone.status) == (into, 0, "closed")
        late = await desk.message(await desk.receive(answer(second, number=8), address(second)))
        assert (late.conversation_id, late.sender_expected, late.visible) == (into, True, True)
        token = other.view_url.rpartition("/")[2]
        assert (await desk.visits.open(token)).conversation.id == into
        (moved,) = await desk.deliveries(other.message_id)
        assert (moved.id, moved.conversation_id) == (delivery.id, into)
        assert await findings(desk.context.store, desk.context.blobs) == []


async def test_another_customer_of_a_merged_conversation_gets_the_answers_too(tmp_path):
    async with open_desk(tmp_path) as desk:
        one = await desk.invoice("1")
        other = await desk.invoice("2", customer=PETR)
        into, old = one.invoice.conversation_id, other.invoice.conversation_id
        merged = await tell(desk).merge(desk.tenant, old, into)
        assert merged.customer.address == "jana@client.example"
        sent = await desk.conversing.answer(desk.tenant, into, AnswerDraft("To both"))
        recipients = [one.recipient.address for one in await desk.deliveries(sent.id)]
        assert sorted(recipients) == ["jana@client.example", "petr@other.example"]


async def test_what_can_not_be_merged_is_told(tmp_path):
    async with open_desk(tmp_path) as desk:
        one, other, third = [
            (await desk.invoice(number)).invoice.conversation_id for number in ("1", "2", "3")
        ]
        await tell(desk).merge(desk.tenant, one, other)
        for old, into, code in (
            (one, third, "merged"),
            (other, one, "invalid"),
            (other, other, "invalid"),
            (other, "cnv_x", "invalid"),
            ("cnv_x", other, "not_found"),
        ):
            with pytest.raises(Refused) as refused:
                await tell(desk).merge(desk.tenant, old, into)
            assert refused.value.code == code, (old, into)


async def test_split_messages_have_their_own_conversation_and_their_answers_follow(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, _, mail = await sent_mail(desk)
        old = sent.invoice.conversation_id
        asked = await desk.receive(answer(mail, number=1, text="About a chair"), address(mail))
        kept = await desk.receive(answer(mail, number=2, text="Paid"), address(mail))
        new = await tell(desk).split(desk.tenant, old, [asked])
        assert (new.split_from, new.unread, new.last_message) == (old, 1, "About a chair")
        assert (await desk.conversation(old)).unread == 1
        assert (await messages(desk, old), await messages(desk, new.id)) == (
            [sent.message_id, kept],
            [asked],
        )
        # The next answer has the old token, but names what it answers.
        named = answer(mail, number=3, extra="In-Reply-To: <answer-1@client.example>\n")
        follows = await desk.message(await desk.receive(named, address(mail)))
        assert (follows.conversation_id, follows.sender_expected, follows.threading.rule) == (
            new.id,
            True,
            "token",
        )
        assert "split off" in follows.threading.evidence
        # Others stay where the token leads.
        for number, extra in (
            (4, ""),
            (5, "In-Reply-To: <answer-2@client.example>\n"),
            (6, f"In-Reply-To: {mail['Message-ID']}\n"),
        ):
            stays = answer(mail, number=number, extra=extra)
            message = await desk.message(await desk.receive(stays, address(mail)))
            assert message.conversation_id == old, number
        assert await findings(desk.context.store, desk.context.blobs) == []


async def test_a_stranger_does_not_reach_a_split_conversation_by_naming_its_messages(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, _, mail = await sent_mail(desk)
        _, _, foreign = await sent_mail(desk, "other")
        asked = await desk.receive(answer(mail, number=1), address(mail))
        new = await tell(desk).split(desk.tenant, sent.invoice.conversation_id, [asked])
        named = answer(foreign, number=3, extra="In-Reply-To: <answer-1@client.example>\n")
        message = await desk.message(await desk.receive(named, address(foreign)))
        assert message.conversation_id != new.id


async def test_an_invoice_goes_with_its_mail_and_its_links_still_open(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, _, mail = await sent_mail(desk)
        old = sent.invoice.conversation_id
        kept = await desk.receive(answer(mail), address(mail))
        new = await tell(desk).split(desk.tenant, old, [sent.message_id])
        assert new.invoice_ids == (sent.invoice.id,)
        assert (await desk.conversation(old)).invoice_ids == ()
        assert await messages(desk, old) == [kept]
        token = sent.view_url.rpartition("/")[2]
        paper, _ = await desk.visits.invoice_pdf(token, sent.invoice.id)
        assert paper.filename == "invoice.pdf"
        # A mail about the invoice goes to the new conversation, whose people have tokens of it.
        again = await desk.submissions.resend_invoice(desk.tenant, sent.invoice.id)
        (delivery,) = await desk.deliveries(again.message_id)
        assert delivery.conversation_id == new.id
        fresh = email.message_from_bytes(await desk.raw(delivery))
        late = await desk.message(await desk.receive(answer(fresh, number=9), address(fresh)))
        assert (late.conversation_id, late.sender_expected) == (new.id, True)


async def test_what_can_not_be_split_is_told(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice("1")
        other = await desk.invoice("2")
        for conversation_id, ids, code in (
            (sent.invoice.conversation_id, [sent.message_id], "nothing_left"),
            (sent.invoice.conversation_id, [other.message_id], "invalid"),
            ("cnv_x", [sent.message_id], "not_found"),
        ):
            with pytest.raises(Refused) as refused:
                await tell(desk).split(desk.tenant, conversation_id, ids)
            assert refused.value.code == code

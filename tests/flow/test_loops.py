"""Loops and storms: every automatic chain ends, and nobody is answered by a machine of ours."""

import email
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.flow.refusal import Refused
from gateway.flow.renewal import Renewal
from gateway.ports.lists import Page
from gateway.rules.automation import MOST_ROBOT_MAILS
from tests.flow.desk import open_desk
from tests.flow.test_answer_journey import address, answer, sent_mail

pytestmark = pytest.mark.anyio

ROBOTS = [
    "Auto-Submitted: auto-replied\n",
    "Auto-Submitted: auto-generated (rejected)\n",
    "Precedence: bulk\n",
    "Precedence: list\nList-Id: <x.client.example>\n",
    "Precedence: junk\n",
    "Precedence: auto_reply\n",
    "X-Auto-Response-Suppress: All\n",
    "X-Loop: mail.example.com\n",
]


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def outgoing(desk):
    """Return how many deliveries there are, of whatever message."""
    found = await desk.read(lambda work: work.deliveries.page(desk.tenant.id, Page(100)))
    return len(found.items)


async def expired(desk):
    """Return an invoice that was sent, and its link, which has expired."""
    sent = await desk.invoice()
    conversation_id = sent.invoice.conversation_id

    def job(work):
        (person,) = work.conversations.participants(desk.tenant.id, conversation_id)
        past = desk.clock.now() - timedelta(minutes=1)
        work.conversations.change_participant(replace(person, link_expires_at=past))

    await desk.context.store.write(job)
    return sent, sent.view_url.rpartition("/")[2]


@pytest.mark.parametrize("extra", ROBOTS)
async def test_a48_a49_nothing_leaves_in_answer_to_a_machine(tmp_path, extra):
    async with open_desk(tmp_path) as desk:
        _, _, mail = await sent_mail(desk)
        before = await outgoing(desk)
        shown = await desk.message(await desk.receive(answer(mail, extra=extra), address(mail)))
        assert shown.text.strip() == "Thank you!"
        assert await outgoing(desk) == before


async def test_a49_nothing_leaves_in_answer_to_the_null_sender_or_to_ourselves(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, _, mail = await sent_mail(desk)
        before = await outgoing(desk)
        own = answer(mail, sender=address(mail), number=2)
        for raw, sender in ((answer(mail), ""), (own, address(mail))):
            assert isinstance(await desk.receive(raw, address(mail), sender=sender), str)
        assert await outgoing(desk) == before


async def test_a31_a_stranger_who_writes_to_the_company_gets_no_mail(tmp_path):
    async with open_desk(tmp_path) as desk:
        raw = b"From: x@stranger.example\nMessage-ID: <1@stranger.example>\n\nHello\n"
        assert isinstance(await desk.receive(raw, "acme-sro@mail.example.com"), str)
        assert await outgoing(desk) == 0


async def test_a51_a_vacation_robot_is_deferred_people_are_not(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, _, mail = await sent_mail(desk)
        before = await outgoing(desk)
        robot = "Auto-Submitted: auto-replied\n"
        answered = [
            await desk.receive(answer(mail, extra=robot, number=number), address(mail))
            for number in range(MOST_ROBOT_MAILS + 3)
        ]
        assert [one.code for one in answered[MOST_ROBOT_MAILS:]] == [450] * 3
        assert all(isinstance(one, str) for one in answered[:MOST_ROBOT_MAILS])
        person = await desk.receive(answer(mail, number=100), address(mail))
        assert (await desk.message(person)).automatic is None
        desk.clock.pass_by(hours=3)
        later = await desk.receive(answer(mail, extra=robot, number=101), address(mail))
        assert isinstance(later, str)
        assert await outgoing(desk) == before


async def test_f47_a_mail_of_ours_that_comes_back_is_kept_and_wakes_nobody(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, delivery, mail = await sent_mail(desk)
        echo = await desk.raw(delivery)
        message = await desk.message(await desk.receive(echo, address(mail)))
        conversation = await desk.conversation(sent.invoice.conversation_id)
        assert (message.kind, message.automatic, message.visible) == ("echo", "auto_reply", False)
        assert (conversation.unread, conversation.status) == (0, "waiting")


async def test_a_message_id_that_only_looks_like_ours_is_no_echo(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, _, mail = await sent_mail(desk)
        ours = mail["Message-ID"].strip("<>")
        forged = ours[:-30] + ("a" if ours[-30] != "a" else "b") + ours[-29:]
        raw = answer(mail).replace(b"answer-1@client.example", forged.encode())
        message = await desk.message(await desk.receive(raw, address(mail)))
        assert (message.kind, message.visible) == ("message", True)


async def test_our_automatic_mail_says_so_and_comes_once_a_day(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, token = await expired(desk)
        renewal = Renewal(desk.context)
        await renewal.renew(token, "Here is your new link.")
        message = (await desk.messages(sent.invoice.conversation_id))[-1]
        (delivery,) = await desk.deliveries(message.id)
        mail = email.message_from_bytes(await desk.raw(delivery))
        assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == (
            "auto-generated",
            "All",
        )
        desk.clock.pass_by(hours=23)
        with pytest.raises(Refused, match="within the last day"):
            await renewal.renew(token, "Again")
        desk.clock.pass_by(hours=2)
        await renewal.renew(token, "Again")

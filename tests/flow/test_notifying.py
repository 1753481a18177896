"""A company's people hear of messages by mail, and answer by mail if they are they for certain."""

import email
from dataclasses import replace

import pytest

from gateway.flow.notifying import NOTIFIED, Notices
from gateway.flow.staff_answers import DRAFT, SENT, STAFF, StaffAnswers
from gateway.ports.lists import Page
from gateway.ports.verifier import Authentication
from tests.flow.desk import open_desk
from tests.flow.test_answer_journey import address, answer, sent_mail
from tests.flow.test_verifying import Scripted, verifies, verify

pytestmark = pytest.mark.anyio
TEAM = "eva@acme.example"
LISTED = Authentication(verdict="pass", author="Eva@acme.example")
OTHER = Authentication(verdict="pass", author="eve@evil.example")
FAILED = Authentication(verdict="fail", author=TEAM)


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def told(desk):
    """Let the company's people be told of an answer; returns its id, and the mails to them."""
    desk.tenant = await desk.companies.change(desk.tenant.id, {"notify_address": TEAM})
    _, _, mail = await sent_mail(desk)
    verifies(desk)
    message_id = await desk.receive(answer(mail, text="Is the chair blue?"), address(mail))
    await Notices(desk.context).work_off()
    return message_id, mail


async def of_kind(desk, conversation_id, kind):
    listed = await desk.read(
        lambda work: work.messages.of_conversation(desk.tenant.id, conversation_id, Page(100))
    )
    return [one for one in listed.items if one.kind == kind]


async def notices(desk, message_id):
    conversation_id = (await desk.message(message_id)).conversation_id
    mails = []
    for line in await of_kind(desk, conversation_id, NOTIFIED):
        (delivery,) = await desk.deliveries(line.id)
        mails.append((delivery, email.message_from_bytes(await desk.raw(delivery))))
    return mails


class OfStaff(Scripted):
    """Answers about the people's mail; of any other mail nothing is known."""

    async def verify(self, mail):
        if b"staff-1@" in mail.source:
            return await super().verify(mail)
        return Authentication()


async def verified(desk, found):
    """Verify what waits, the people's mail with this outcome, and send what may be sent."""
    await verify(desk, OfStaff(found))
    return await StaffAnswers(desk.context, desk.conversing).work_off()


async def answered(desk, notice, sender=TEAM, **more):
    """Take an answer to a notification; returns its id."""
    verifies(desk)
    return await desk.receive(
        staff_answer(notice, sender=sender, **more), address(notice), sender=sender
    )


def staff_answer(notice, *, sender=TEAM, text="Yes, it is.", extra=""):
    return (
        f"From: Eva <{sender}>\nTo: {notice['Reply-To']}\nSubject: Re: x\n"
        f"Message-ID: <staff-1@acme.example>\n{extra}\n{text}\n"
    ).encode()


async def test_people_are_told_of_an_answer_once_and_can_answer_it(tmp_path):
    async with open_desk(tmp_path) as desk:
        message_id, _ = await told(desk)
        assert await Notices(desk.context).work_off() == 0
        ((delivery, notice),) = await notices(desk, message_id)
        assert (delivery.recipient.address, delivery.sender) == (TEAM, "")
        assert "Is the chair blue?" in notice.get_payload()
        assert f"/inbox/{(await desk.message(message_id)).conversation_id}" in notice.get_payload()
        assert email.utils.parseaddr(notice["From"])[0] == "Jana (via Acme s.r.o.)"
        assert notice["Auto-Submitted"] == "auto-generated"
        local = address(notice).partition("@")[0]
        assert len(local) <= 64


async def test_what_they_are_told_is_in_our_name_alone_so_that_no_seal_is_wanted(tmp_path):
    """Nothing of the customer's mail leaves that its own signatures would have to cover."""
    async with open_desk(tmp_path) as desk:
        message_id, _ = await told(desk)
        ((delivery, notice),) = await notices(desk, message_id)
        author = email.utils.parseaddr(notice["From"])[1]
        assert author == f"postmaster@{desk.context.names.sender}"
        assert delivery.sender == ""
        received = {"dkim-signature", "authentication-results", "received", "sender", "resent-from"}
        assert not received & {name.lower() for name in notice.keys()}  # noqa: SIM118 (no mapping)


async def test_nobody_is_told_without_an_address_or_of_automatic_mail(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, _, mail = await sent_mail(desk)
        await desk.receive(answer(mail), address(mail))
        assert await Notices(desk.context).work_off() == 0
        desk.tenant = await desk.companies.change(desk.tenant.id, {"notify_address": TEAM})
        away = answer(mail, number=2, extra="Auto-Submitted: auto-replied\n")
        await desk.receive(away, address(mail))
        assert await Notices(desk.context).work_off() == 0


async def test_a_verified_answer_of_the_listed_address_speaks_for_the_company(tmp_path):
    async with open_desk(tmp_path) as desk:
        message_id, _ = await told(desk)
        ((_, notice),) = await notices(desk, message_id)
        note_id = await answered(desk, notice)
        note = await desk.message(note_id)
        assert (note.direction, note.visible, note.kind) == ("note", False, STAFF)
        assert await verified(desk, LISTED) == 1
        assert (await desk.message(note_id)).kind == SENT
        sent = [
            one
            for one in await of_kind(desk, note.conversation_id, "message")
            if one.direction == "out"
        ]
        assert [(one.text, one.author) for one in sent] == [("Yes, it is.", "Eva")]
        (delivery,) = await desk.deliveries(sent[0].id)
        assert delivery.recipient.address == "jana@client.example"
        assert await StaffAnswers(desk.context, desk.conversing).work_off() == 0


@pytest.mark.parametrize(
    ("sender", "found", "extra"),
    [
        pytest.param(TEAM, FAILED, "", id="forged"),
        pytest.param("eve@evil.example", OTHER, "", id="somebody else"),
        pytest.param(TEAM, Authentication(), "", id="nothing known"),
        pytest.param(TEAM, LISTED, "Auto-Submitted: auto-replied\n", id="by a machine"),
    ],
)
async def test_any_other_answer_to_a_staff_token_waits_as_a_draft(tmp_path, sender, found, extra):
    async with open_desk(tmp_path) as desk:
        message_id, _ = await told(desk)
        ((_, notice),) = await notices(desk, message_id)
        note_id = await answered(desk, notice, sender, extra=extra)
        before = await desk.conversation((await desk.message(note_id)).conversation_id)
        assert await verified(desk, found) == 0
        note = await desk.message(note_id)
        assert (note.kind, note.direction, note.visible) == (DRAFT, "note", False)
        after = await desk.conversation(note.conversation_id)
        assert (after.unread - before.unread, after.status) == (0 if extra else 1, "open")
        out = await of_kind(desk, note.conversation_id, "message")
        assert [one for one in out if one.direction == "out"] == []


async def test_without_verification_every_answer_is_a_draft(tmp_path):
    async with open_desk(tmp_path) as desk:
        message_id, _ = await told(desk)
        ((_, notice),) = await notices(desk, message_id)
        note_id = await desk.receive(staff_answer(notice), address(notice), sender=TEAM)
        assert (await desk.message(note_id)).kind == DRAFT


async def test_a_customers_token_does_not_stand_in_for_a_staff_token(tmp_path):
    async with open_desk(tmp_path) as desk:
        message_id, mail = await told(desk)
        raw = answer(mail, sender=TEAM, number=3)
        found = await desk.message(await desk.receive(raw, address(mail), sender=TEAM))
        assert (found.direction, found.sender_expected) == ("in", False)
        assert replace(found).kind == "message"
        assert message_id != found.id


async def test_an_altered_staff_token_is_refused(tmp_path):
    async with open_desk(tmp_path) as desk:
        message_id, _ = await told(desk)
        ((_, notice),) = await notices(desk, message_id)
        good = address(notice)
        local, _, domain = good.rpartition("@")
        for position in (-1, -20, -50):
            swapped = "a" if local[position] != "a" else "b"
            altered = local[:position] + swapped + (local[position + 1 :] if position + 1 else "")
            refusal = await desk.reception.judge(TEAM, (), f"{altered}@{domain}", None)
            assert refusal is not None, position
            assert refusal.code == 550

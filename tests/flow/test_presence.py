"""A customer who looks at the chat window is shown an answer there, and gets no mail of it."""

from datetime import timedelta

from gateway.flow.drafts import AnswerDraft
from tests.flow.desk import open_desk
from tests.smtp.loops import in_loop


async def at_the_page(desk):
    """An invoice whose customer looks at its page; the invoice's own mail has left."""
    sent = await desk.invoice()
    await desk.deliver()
    whose = await desk.visits.whose(sent.view_url.rpartition("/")[2])
    return sent.invoice.conversation_id, desk.presence.arrive(*whose), whose


async def answered(desk, conversation_id, **more):
    message = await desk.conversing.answer(
        desk.tenant, conversation_id, AnswerDraft("Yes, it is."), **more
    )
    (delivery,) = await desk.deliveries(message.id)
    return message, delivery


async def state_of(desk, message):
    (delivery,) = await desk.deliveries(message.id)
    return delivery.state


@in_loop
async def test_a_mail_to_somebody_who_is_there_waits_and_is_not_needed_once_shown(tmp_path):
    async with open_desk(tmp_path) as desk:
        place, stay, _ = await at_the_page(desk)
        message, delivery = await answered(desk, place)
        assert delivery.next_attempt_at == desk.clock.now() + timedelta(seconds=60)
        assert (await desk.deliver())[0] == []
        assert stay.due(desk.clock.now()) == [message.id]
        await desk.presence.shown(stay, [message.id])
        assert (await state_of(desk, message), stay.due(desk.clock.now())) == ("shown_in_chat", [])
        assert (await desk.events())[-1].type == "conversation.updated"


@in_loop
async def test_a_mail_to_somebody_who_left_before_it_was_shown_leaves_at_once(tmp_path):
    async with open_desk(tmp_path) as desk:
        place, stay, whose = await at_the_page(desk)
        message, _ = await answered(desk, place)
        missed = desk.presence.leave(stay)
        assert (missed, desk.presence.is_here(*whose)) == ([message.id], False)
        await desk.presence.missed(stay, missed)
        await desk.deliver()
        assert await state_of(desk, message) == "delivered"


@in_loop
async def test_another_open_page_of_the_same_person_goes_on_waiting(tmp_path):
    async with open_desk(tmp_path) as desk:
        place, stay, whose = await at_the_page(desk)
        other = desk.presence.arrive(*whose)
        message, _ = await answered(desk, place)
        assert desk.presence.leave(stay) == []
        await desk.presence.shown(other, other.due(desk.clock.now()))
        assert await state_of(desk, message) == "shown_in_chat"


@in_loop
async def test_nobody_there_means_no_waiting_and_others_mail_is_not_touched(tmp_path):
    async with open_desk(tmp_path) as desk:
        place, stay, _ = await at_the_page(desk)
        other = await desk.invoice("2026-0143")
        _, delivery = await answered(desk, other.invoice.conversation_id)
        assert delivery.next_attempt_at == desk.clock.now()
        message, _ = await answered(desk, place)
        stranger = desk.presence.arrive(desk.tenant.id, stay.ref + 1)
        await desk.presence.shown(stranger, [message.id])
        assert await state_of(desk, message) == "queued"


@in_loop
async def test_an_answer_that_may_be_taken_back_is_shown_when_it_may_not_any_more(tmp_path):
    async with open_desk(tmp_path) as desk:
        place, stay, _ = await at_the_page(desk)
        message, delivery = await answered(desk, place, hold=timedelta(seconds=10))
        now = desk.clock.now()
        assert delivery.next_attempt_at == now + timedelta(seconds=70)
        assert stay.due(now) == []
        assert stay.due(now + timedelta(seconds=10)) == [message.id]


@in_loop
async def test_a_mail_that_left_already_stays_what_it_is(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice()
        whose = await desk.visits.whose(sent.view_url.rpartition("/")[2])
        await desk.deliver()
        message, _ = await answered(desk, sent.invoice.conversation_id)
        await desk.deliver()
        stay = desk.presence.arrive(*whose)
        await desk.presence.shown(stay, [message.id])
        assert await state_of(desk, message) == "delivered"

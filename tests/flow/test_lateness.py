"""What a company hears of mail that waits long."""

from datetime import timedelta

import pytest

from gateway.flow.lateness import LateNotices
from gateway.mail.replies import Reply
from gateway.rules.outcome import Stage
from tests.flow.desk import POLICY, open_desk

AWAY = Reply(451, "4.4.1", "no answer from the mailbox server")
HOURS = timedelta(hours=4)
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


def notices(desk):
    return LateNotices(desk.context, HOURS, POLICY)


async def late_events(desk):
    return [one for one in await desk.events() if one.data.get("late")]


async def test_after_four_hours_the_company_is_told_once(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice()
        await desk.deliver((Stage.RCPT, AWAY))
        assert await notices(desk).tell() == 0
        desk.clock.pass_by(hours=4)
        assert await notices(desk).tell() == 1
        assert await notices(desk).tell() == 0
        (told,) = await late_events(desk)
        assert told.type == "message.deferred"
        assert told.data["recipient"] == "jana@client.example"
        assert told.data["reason"]["verbatim"] == str(AWAY)
        line = (await desk.messages(sent.invoice.conversation_id))[-1]
        assert line.kind == "late"
        assert line.channel == "system"
        assert not line.visible
        assert "jana@client.example has not been delivered yet" in line.text
        assert (await desk.conversation(sent.invoice.conversation_id)).unread == 1


async def test_what_arrived_or_is_held_is_not_late(tmp_path):
    async with open_desk(tmp_path) as desk:
        await desk.invoice()
        await desk.deliver()
        held = await desk.invoice("2026-0143")
        (delivery,) = await desk.deliveries(held.message_id)
        await desk.dispatch.hold(None, delivery.id)
        desk.clock.pass_by(hours=4)
        assert await notices(desk).tell() == 0
        await desk.dispatch.release(None, delivery.id)
        assert await notices(desk).tell() == 1


async def test_more_than_a_page_is_told_of(tmp_path):
    async with open_desk(tmp_path) as desk:
        for number in range(103):
            await desk.invoice(f"2026-{number}", pdf=None)
        desk.clock.pass_by(hours=4)
        assert await notices(desk).tell() == 103


async def test_three_full_mailboxes_within_a_week_stop_the_address(tmp_path):
    full = Reply(552, "5.2.2", "mailbox full")
    async with open_desk(tmp_path) as desk:
        for number in range(3):
            sent = await desk.invoice(f"2026-{number}")
            await desk.deliver((Stage.RCPT, full))
            state = (await desk.deliveries(sent.message_id))[0].state
            assert state == "bounced"
        sent = await desk.invoice("2026-9")
        (stopped,) = await desk.deliveries(sent.message_id)
        assert (stopped.state, stopped.reason.key) == ("suppressed", "mailbox_full")


async def test_a_suppressed_one_is_sent_anyway_once(tmp_path):
    gone = Reply(550, "5.1.1", "no such user")
    async with open_desk(tmp_path) as desk:
        await desk.invoice()
        await desk.deliver((Stage.RCPT, gone))
        again = await desk.invoice("2026-2")
        (stopped,) = await desk.deliveries(again.message_id)
        assert stopped.state == "suppressed"
        await desk.dispatch.retry(desk.tenant.id, stopped.id)
        ((ended,), _) = await desk.deliver()
        assert ended.state == "delivered"
        third = await desk.invoice("2026-3")
        assert (await desk.deliveries(third.message_id))[0].state == "suppressed"


async def test_blame_on_us_stops_nobody(tmp_path):
    async with open_desk(tmp_path) as desk:
        for reply in (Reply(550, "5.7.1", "blocked"), Reply(550, "5.7.26", "unauthenticated")):
            sent = await desk.invoice(reply.enhanced)
            await desk.deliver((Stage.RCPT, reply))
            (delivery,) = await desk.deliveries(sent.message_id)
            assert delivery.state == "bounced"
            assert (await desk.conversation(sent.invoice.conversation_id)).failed
        assert (
            await desk.read(
                lambda work: work.suppressions.get(desk.tenant.id, "jana@client.example")
            )
            is None
        )

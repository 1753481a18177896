"""An admin's rules for refusals hold in both directions: replies and reports."""

import pytest

from gateway.mail.replies import Reply
from gateway.rules.bounce_rules import BounceRule
from gateway.rules.outcome import Stage
from tests.fakes import TAKEN
from tests.flow.desk import open_desk
from tests.flow.test_answer_journey import DSN

pytestmark = pytest.mark.anyio

RULES = (BounceRule(("error z99",), "mailbox_off", "soft"),)


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_a_report_is_read_by_the_admin_s_rules(tmp_path):
    async with open_desk(tmp_path) as desk:
        desk.context.refusals.rules = RULES
        sent = await desk.invoice()
        (delivery,) = await desk.deliveries(sent.message_id)
        await desk.deliver(TAKEN)
        raw = DSN.format(
            to=delivery.sender, recipient="jana@client.example", status="5.0.0", words="Error Z99"
        ).encode()
        message = await desk.message(await desk.receive(raw, delivery.sender, sender=""))
        (bounced,) = await desk.deliveries(sent.message_id)
        assert (bounced.state, bounced.reason.key) == ("bounced", "mailbox_off")
        assert (message.bounces[0]["kind"], message.bounces[0]["reason"]) == ("soft", "mailbox_off")


async def test_a_reply_is_judged_by_the_admin_s_rules_and_a_soft_one_suppresses_nobody(tmp_path):
    async with open_desk(tmp_path) as desk:
        desk.context.refusals.rules = RULES
        await desk.invoice()
        refused = (Stage.RCPT, Reply(550, "5.2.1", "Error Z99"))
        (ended,), _ = await desk.deliver(refused)
        found = await desk.read(
            lambda work: work.suppressions.get(desk.tenant.id, "jana@client.example")
        )
        assert (ended.state, ended.reason.key, found) == ("bounced", "mailbox_off", None)

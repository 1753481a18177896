"""A company hears by mail of a webhook that was switched off, once and marked as automatic."""

import email

import pytest

from gateway.flow.hook_notices import NOTIFIED, HookNotices
from gateway.ports.correspondence import ConversationFilter
from gateway.ports.lists import Page
from gateway.rules.hooks import Why
from tests.hooks.desk import open_hooks

pytestmark = pytest.mark.anyio
TEAM = "eva@acme.example"


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def switched_off(hooks, notify_address):
    """Let an endpoint answer 410; returns the mails that were written, and how many."""
    changes = {"notify_address": notify_address}
    await hooks.desk.companies.change(hooks.tenant_id, changes)
    webhook, _ = await hooks.add("https://hooks.acme.example/secret-path")
    await hooks.tell("invoice.sent")
    await hooks.settle()
    assert (await hooks.get(webhook.id)).disabled is Why.GONE
    notices = HookNotices(hooks.context)
    written = [await notices.work_off(), await notices.work_off()]
    return written, webhook


async def mails(hooks):
    listed = await hooks.desk.read(
        lambda work: work.conversations.page(hooks.tenant_id, ConversationFilter(), Page(100))
    )
    found = []
    for conversation in listed.items:
        for line in await hooks.desk.messages(conversation.id):
            if line.kind == NOTIFIED:
                (delivery,) = await hooks.desk.deliveries(line.id)
                found.append((delivery, await hooks.desk.raw(delivery)))
    return found


async def test_f48_a_company_hears_once_that_its_webhook_was_switched_off(tmp_path):
    async with open_hooks(tmp_path, 410) as hooks:
        written, webhook = await switched_off(hooks, TEAM)
        ((delivery, raw),) = await mails(hooks)
        mail = email.message_from_bytes(raw)
        assert written == [1, 0]
        assert (delivery.recipient.address, delivery.sender, mail["To"]) == (TEAM, "", TEAM)
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Subject"] == "Webhook to hooks.acme.example switched off"
        text = mail.get_payload(decode=True).decode()
        assert webhook.id in text
        assert "410" in text
        assert "secret-path" not in text


@pytest.mark.parametrize("address", [None, "acme-sro@mail.example.com"])
async def test_without_an_address_that_can_be_told_nothing_is_written(tmp_path, address):
    async with open_hooks(tmp_path, 410) as hooks:
        written, _ = await switched_off(hooks, address)
        assert (written, await mails(hooks)) == ([0, 0], [])

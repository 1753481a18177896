"""Who is reminded of an invoice, when, and what keeps it back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest

from gateway.flow.drafts import PaymentDraft
from gateway.flow.mail_accounts import Change
from gateway.flow.refusal import Refused
from gateway.flow.reminders import Reminders, ReminderWishes
from gateway.rules.payments import day_of
from gateway.rules.reminders import ReminderRules, working_days_after
from tests.fakes import NO_SUCH_USER
from tests.flow.desk import open_desk

RULES = ReminderRules(before=(3,), on_due=True, after=(7,))
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def set_rules(desk, rules=RULES):
    await desk.accounts.change(desk.tenant, Change(reminders=rules))
    desk.tenant = await desk.read(lambda work: work.tenants.get(desk.tenant.id))


async def due_in(desk, days, **changes):
    """Send an invoice that is due in so many days, at ten in the morning."""
    today = desk.clock.now()
    desk.clock.at = datetime(today.year, today.month, today.day, 10, tzinfo=UTC)
    due_on = day_of(desk.clock.now(), "UTC") + timedelta(days=days)
    sent = await desk.invoice(due_on=due_on, **changes)
    await desk.deliver()
    return sent


async def remind(desk):
    return await Reminders(desk.context, desk.quota).remind_all()


async def reminders(desk, sent):
    """Return the reminders in the conversation as mails."""
    found = []
    for message in await desk.messages(sent.invoice.conversation_id):
        if message.kind == "reminder":
            (delivery,) = await desk.deliveries(message.id)
            raw = await desk.raw(delivery)
            found.append(message_from_bytes(raw, policy=policy.default))
    return found


async def test_a_company_that_set_no_rules_reminds_nobody(tmp_path):
    async with open_desk(tmp_path) as desk:
        await due_in(desk, -7)
        assert await remind(desk) == 0


async def test_each_day_of_the_rules_has_one_reminder_in_the_conversation(tmp_path):
    async with open_desk(tmp_path) as desk:
        await set_rules(desk)
        sent = await due_in(desk, 5)
        counts = []
        for _ in range(14):
            counts.append(await remind(desk))
            assert await remind(desk) == 0
            await desk.deliver()
            desk.clock.pass_by(days=1)
        assert [day for day, count in enumerate(counts) if count] == [2, 5, 12]
        first, _, last = await reminders(desk, sent)
        assert first["Subject"].startswith("Reminder")
        assert "overdue" in last["Subject"]
        original = await desk.message(sent.message_id)
        assert original.message_id in first["References"]
        assert first["Auto-Submitted"] == "auto-generated"
        assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_they_leave_in_the_companys_office_hours(tmp_path):
    async with open_desk(tmp_path) as desk:
        await set_rules(desk)
        await due_in(desk, 1)
        desk.clock.pass_by(days=1)
        desk.clock.at = desk.clock.at.replace(hour=8, minute=59)
        assert await remind(desk) == 0
        desk.clock.pass_by(minutes=1)
        assert await remind(desk) == 1


async def test_what_is_paid_or_cancelled_is_not_reminded_of(tmp_path):
    async with open_desk(tmp_path) as desk:
        await set_rules(desk)
        paid, cancelled = await due_in(desk, 0), await due_in(desk, 0, number="2")
        await desk.billing.mark_paid(desk.tenant, paid.invoice.id, PaymentDraft())
        await desk.billing.cancel(desk.tenant, cancelled.invoice.id)
        assert await remind(desk) == 0


async def test_a_claim_of_payment_keeps_them_back_for_five_working_days(tmp_path):
    async with open_desk(tmp_path) as desk:
        await set_rules(desk, ReminderRules(after=tuple(range(1, 10))))
        sent = await due_in(desk, -1)
        token = sent.view_url.rpartition("/")[2]
        await desk.visits.claim(token, sent.invoice.id, PaymentDraft())
        today = day_of(desk.clock.now(), "UTC")
        days = (working_days_after(today, 5) - today).days
        counts = []
        for _ in range(days + 1):
            counts.append(await remind(desk))
            desk.clock.pass_by(days=1)
        assert counts == [*[0] * days, 1]


async def test_a_promise_keeps_them_back_through_its_day(tmp_path):
    async with open_desk(tmp_path) as desk:
        await set_rules(desk, ReminderRules(after=(1, 2, 3, 4)))
        sent = await due_in(desk, -1)
        promised = day_of(desk.clock.now(), "UTC") + timedelta(days=1)
        changes = {"promised_on": promised}
        await desk.billing.change(desk.tenant, sent.invoice.id, changes)
        counts = []
        for _ in range(3):
            counts.append(await remind(desk))
            desk.clock.pass_by(days=1)
        assert counts == [0, 0, 1]


async def test_a_mail_that_bounced_is_not_followed_by_reminders(tmp_path):
    async with open_desk(tmp_path) as desk:
        await set_rules(desk)
        today = day_of(desk.clock.now(), "UTC")
        await desk.invoice(due_on=today)
        await desk.deliver(NO_SUCH_USER)
        desk.clock.at = desk.clock.at.replace(hour=10)
        assert await remind(desk) == 0


async def test_who_is_away_is_reminded_when_they_are_back(tmp_path):
    async with open_desk(tmp_path) as desk:
        await set_rules(desk, ReminderRules(after=(1, 2, 3, 4, 5)))
        sent = await due_in(desk, -1)
        back = desk.clock.now() + timedelta(days=2)
        message = await desk.message(sent.message_id)
        raw = (
            f"From: Jana <jana@client.example>\nTo: x@y.example\nSubject: Away\n"
            f"Date: {desk.clock.now():%a, %d %b %Y %H:%M:%S} +0000\n"
            f"In-Reply-To: <{message.message_id}>\nAuto-Submitted: auto-replied\n"
            f"Message-ID: <away@client.example>\n\n"
            f"I am out of office and back on {back:%d %B %Y}.\n"
        ).encode()
        person = (
            await desk.read(
                lambda work: work.conversations.participants(
                    desk.tenant.id, sent.invoice.conversation_id
                )
            )
        )[0]
        to = desk.context.names.reply_mailbox(desk.context.keys, desk.tenant, person.ref).address
        await desk.receive(raw, to)
        counts = []
        for _ in range(3):
            counts.append(await remind(desk))
            desk.clock.pass_by(days=1)
        assert counts == [0, 0, 1]


async def test_one_who_wants_none_gets_none_until_they_want_them_again(tmp_path):
    async with open_desk(tmp_path) as desk:
        await set_rules(desk, ReminderRules(after=(1, 2, 3)))
        sent = await due_in(desk, -1)
        assert await remind(desk) == 1
        (mail,) = await reminders(desk, sent)
        token = mail["List-Unsubscribe"].strip("<>").rpartition("/")[2]
        wishes = ReminderWishes(desk.context)
        assert not (await wishes.of(token)).stopped
        assert (await wishes.stop(token)).stopped
        desk.clock.pass_by(days=1)
        assert await remind(desk) == 0
        with pytest.raises(Refused, match="wants no reminders"):
            await desk.submissions.remind(desk.tenant, sent.invoice.id)
        await wishes.start(token)
        assert await remind(desk) == 1


async def test_a_link_of_another_kind_stops_nothing(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await due_in(desk, 0)
        for token in ("", "nonsense", sent.view_url.rpartition("/")[2]):
            with pytest.raises(Refused):
                await ReminderWishes(desk.context).stop(token)


async def test_by_hand_it_goes_at_once_and_says_so_as_a_person_did_it(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await due_in(desk, 30)
        reminded = await desk.submissions.remind(desk.tenant, sent.invoice.id)
        assert reminded.message_id != sent.message_id
        (mail,) = await reminders(desk, sent)
        assert mail["Auto-Submitted"] is None
        await desk.billing.cancel(desk.tenant, sent.invoice.id)
        with pytest.raises(Refused, match="was cancelled"):
            await desk.submissions.remind(desk.tenant, sent.invoice.id)


async def test_of_two_processes_one_sends_it(tmp_path):
    async with open_desk(tmp_path) as desk:
        await set_rules(desk)
        sent = await due_in(desk, 0)
        one, other = (Reminders(desk.context, desk.quota) for _ in range(2))
        today = day_of(desk.clock.now(), "UTC")
        invoice = replace(sent.invoice)
        first = await one._remind(desk.tenant, invoice, today)
        second = await other._remind(desk.tenant, invoice, today)
        assert (first, second) == (True, False)
        assert len(await reminders(desk, sent)) == 1

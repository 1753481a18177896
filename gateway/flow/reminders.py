"""Reminders by companies' rules, and whose wish to get none is kept."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from gateway.flow.context import Context
from gateway.flow.people import history
from gateway.flow.quota import Quota
from gateway.flow.refusal import Refused, not_found
from gateway.flow.resending import find_known, no_reminders_fact, remind
from gateway.mail.errors import Fault
from gateway.ports.store import Work
from gateway.rules.model import Invoice, Participant, Tenant
from gateway.rules.payments import day_of
from gateway.rules.reminders import (
    GRACE_DAYS,
    claimed_until,
    promised_until,
    reminder_due,
    rules_of,
)
from gateway.rules.tokens import read_reminders_token

log = structlog.get_logger()

FIRST_HOUR, LAST_HOUR = 9, 18
"""Reminders leave between these hours of the company's day."""
_LOOK_EVERY = timedelta(minutes=10)
_AT_ONCE = 50


class _SentAlready(Exception):  # noqa: N818 (it undoes the transaction that came second)
    """Another process sent it in the meantime."""


class Reminders:
    """Looks whom the companies' rules want to be reminded today."""

    def __init__(self, context: Context, quota: Quota) -> None:
        """Work on these ports; `quota` bounds what a company sends."""
        self._context = context
        self._quota = quota

    async def run(self) -> None:
        """Remind until cancelled."""
        while True:
            try:
                await self.remind_all()
            except Fault as error:
                log.warning("reminders.not_sent", why=str(error))
            await asyncio.sleep(_LOOK_EVERY.total_seconds())

    async def remind_all(self) -> int:
        """Send every reminder that is due now; return how many. Raises Fault."""
        now = self._context.clock.now()
        tenants = await self._context.store.read(lambda work: work.tenants.all())
        sent = 0
        for tenant in tenants:
            if rules_of(tenant).offsets and _is_office_hour(now, tenant.timezone):
                sent += await self._remind_company(tenant, now)
        return sent

    async def _remind_company(self, tenant: Tenant, now: datetime) -> int:
        offsets, today = rules_of(tenant).offsets, day_of(now, tenant.timezone)
        first = today - timedelta(days=offsets[-1] + GRACE_DAYS)
        last = today - timedelta(days=offsets[0])
        sent = after = 0
        while True:
            found = await self._context.store.read(
                lambda work, after=after: work.invoices.due_between(  # type: ignore[misc]
                    tenant.id, first, last, after, _AT_ONCE
                )
            )
            for after, invoice in found:  # noqa: B007 (the last position is where to go on)
                sent += await self._remind(tenant, invoice, today)
            if len(found) < _AT_ONCE:
                return sent

    async def _remind(self, tenant: Tenant, invoice: Invoice, today: date) -> bool:
        rules = rules_of(tenant)

        def look(work: Work) -> int | None:
            sent = {day for day in rules.offsets if work.facts.get(_fact(invoice, day)) is not None}
            day = reminder_due(rules, invoice, today, sent)
            if day is None or _waits_for(work, tenant, invoice, today):
                return None
            return day

        day = await self._context.store.read(look)
        if day is None:
            return False

        def note(work: Work, now: datetime) -> None:
            name = _fact(invoice, day)
            if work.facts.get(name) is not None:
                raise _SentAlready
            work.facts.put(name, now.isoformat())

        try:
            known = await find_known(self._context, tenant, invoice.id)
            self._quota.take(tenant.id, len(known.to), self._context.clock.now())
            await remind(self._context, tenant, known, also=note, is_automatic=True)
        except Refused as refused:
            log.info("reminder.not_sent", invoice=invoice.id, why=refused.code)
            return False
        except _SentAlready:
            return False
        log.info("reminder.sent", invoice=invoice.id, day=day)
        return True


def _waits_for(work: Work, tenant: Tenant, invoice: Invoice, today: date) -> str:
    """Return why a reminder is not to go out now, "" if nothing stands against it."""
    zone = tenant.timezone
    claims = [
        day_of(one.created_at, zone)
        for one in invoice.payments
        if one.by == "customer" and not one.confirmed
    ]
    claimed, promised = claimed_until(claims), promised_until(invoice)
    if claimed is not None and today < claimed:
        return "claim"
    if promised is not None and today < promised:
        return "promise"
    conversation = work.conversations.get(tenant.id, invoice.conversation_id)
    if conversation is None or conversation.failed:
        return "bounce"
    address = str(invoice.customer["email"]).lower()
    if work.suppressions.get(tenant.id, address) is not None:
        return "bounce"
    away = [
        str(message.suggestions["returns_on"])
        for message in history(work, conversation)
        if message.automatic == "auto_reply" and (message.suggestions or {}).get("returns_on")
    ]
    if away and today.isoformat() < away[-1]:
        return "away"
    return ""


def _fact(invoice: Invoice, day: int) -> str:
    return f"reminded:{invoice.id}:{day}"


def _is_office_hour(now: datetime, timezone: str) -> bool:
    try:
        hour = now.astimezone(ZoneInfo(timezone)).hour
    except (ZoneInfoNotFoundError, ValueError):
        hour = now.hour
    return FIRST_HOUR <= hour < LAST_HOUR


@dataclass(frozen=True, slots=True)
class Reminded:
    """Who holds a link that stops reminders. stopped: they get none."""

    tenant: Tenant
    person: Participant
    stopped: bool
    locale: str | None


class ReminderWishes:
    """Keeps who wants no reminders. Each raises Refused NOT_FOUND for links that are none."""

    def __init__(self, context: Context) -> None:
        """Work on these ports."""
        self._context = context

    async def of(self, token: str) -> Reminded:
        """Return whose link this is; changes nothing."""
        return await self._context.store.read(self._found(token))

    async def stop(self, token: str) -> Reminded:
        """Let the person get no more reminders from the company; invoices still come."""
        return await self._set(token, stopped=True)

    async def start(self, token: str) -> Reminded:
        """Let the person get reminders again."""
        return await self._set(token, stopped=False)

    async def _set(self, token: str, *, stopped: bool) -> Reminded:
        found, now = self._found(token), self._context.clock.now()

        def store(work: Work) -> Reminded:
            reminded = found(work)
            name = no_reminders_fact(reminded.tenant.id, reminded.person.mailbox.address)
            if stopped:
                work.facts.put(name, now.isoformat())
            else:
                work.facts.remove(name)
            return found(work)

        reminded = await self._context.store.write(store)
        log.info("reminders.wish", tenant=reminded.tenant.id, stopped=stopped)
        return reminded

    def _found(self, token: str) -> Callable[[Work], Reminded]:
        ref = read_reminders_token(self._context.keys, token)
        if ref is None:
            raise not_found("link")

        def look(work: Work) -> Reminded:
            tenant = work.tenants.by_number(ref.tenant_number)
            person = work.conversations.participant(tenant.id, ref.ref) if tenant else None
            if tenant is None or person is None:
                raise not_found("link")
            name = no_reminders_fact(tenant.id, person.mailbox.address)
            conversation = work.conversations.get(tenant.id, person.conversation_id)
            locale = conversation.locale if conversation else None
            return Reminded(tenant, person, work.facts.get(name) is not None, locale)

        return look

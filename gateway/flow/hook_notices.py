"""A company hears by mail that one of its webhooks was switched off: once, at notify_address.

It is noted in the transaction that switches it off; a task writes the mail from the note.
"""

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog

from gateway.flow.context import Context
from gateway.flow.notifying import TOPIC
from gateway.flow.outbox import Packed, post
from gateway.flow.own_mail import OwnMail, author_of, pack_own
from gateway.mail.compose import Outgoing, compose
from gateway.mail.errors import Fault, MailError
from gateway.mail.mailbox import Mailbox
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.automation import OWN_FIELDS
from gateway.rules.model import Conversation, ConversationStatus, Event, Tenant
from gateway.rules.names import split_address

log = structlog.get_logger()

NOTIFIED = "webhook_off"
"""The kind of the line that stands for such a mail."""
_PREFIX = "webhook off:"
_AT_ONCE = 50
_LOOK_EVERY = timedelta(minutes=1)


def order_hook_notice(work: Work, event: Event) -> None:
    """Note that a company is to hear of a `webhook.disabled`; in the caller's transaction."""
    tenant = work.tenants.get(event.tenant_id)
    if tenant is not None and tenant.notify_address:
        work.facts.put(f"{_PREFIX}{event.id}", tenant.id)
        work.wake(TOPIC)


class HookNotices:
    """Writes what was ordered."""

    def __init__(self, context: Context) -> None:
        """Work on these ports."""
        self._context = context

    async def run(self) -> None:
        """Write until cancelled."""
        seen = 0
        while True:
            try:
                await self.write()
            except Fault as error:
                log.warning("hook_notices.not_written", why=str(error))
            seen = await self._context.store.wait(TOPIC, seen, _LOOK_EVERY.total_seconds())

    async def write(self) -> int:
        """Write all that is ordered now; return how many it was. Raises Fault."""
        written = 0
        while True:
            notes = await self._context.store.read(lambda work: work.facts.under(_PREFIX, _AT_ONCE))
            for name, tenant_id in notes.items():
                written += await self._write(name, tenant_id)
            if len(notes) < _AT_ONCE:
                return written
            await asyncio.sleep(0)

    async def _write(self, name: str, tenant_id: str) -> bool:
        context, now = self._context, self._context.clock.now()
        event_id = name.removeprefix(_PREFIX)

        def look(work: Work) -> tuple[Tenant | None, Event | None]:
            return work.tenants.get(tenant_id), work.events.get(tenant_id, event_id)

        tenant, event = await context.store.read(look)
        place = Conversation(
            id=context.new_id(ids.CONVERSATION, now),
            tenant_id=tenant_id,
            subject="Webhook switched off",
            customer=author_of(context),
            created_at=now,
            updated_at=now,
            status=ConversationStatus.CLOSED,
        )
        packed = await self._packed(tenant, event, place) if tenant and event else None

        def store(work: Work) -> bool:
            if not work.facts.remove(name):
                return False  # another process did it
            if packed is not None:
                work.conversations.add(place)
                post(context, work, packed, now)
            return packed is not None

        return await context.store.write(store)

    async def _packed(self, tenant: Tenant, event: Event, place: Conversation) -> Packed | None:
        """Return the mail, ready to be posted; None where it could reach nobody."""
        context, now = self._context, self._context.clock.now()
        names, to = context.names, Mailbox("", tenant.notify_address or "")
        domain = split_address(to.address)[1]
        if not domain or names.owns(domain):
            return None
        line_id = context.new_id(ids.MESSAGE, now)
        header_id = names.message_id(context.keys, tenant, line_id)
        host = urlsplit(str(event.data.get("url", ""))).hostname or "an unknown host"
        author = author_of(context)
        mail = Outgoing(
            from_=author,
            to=(to,),
            reply_to=(),
            subject=f"Webhook to {host} switched off",
            date=now,
            message_id=header_id,
            text=_text(context, tenant, event, host),
            extra=OWN_FIELDS,
        )
        try:
            raw = await asyncio.to_thread(compose, mail)
        except MailError as error:
            log.warning("hook_notices.not_composed", id=event.id, why=str(error))
            return None
        own = OwnMail(
            tenant=tenant,
            conversation_id=place.id,
            message_id=line_id,
            header_id=header_id,
            from_=author,
            to=to,
            raw=raw,
            kind=NOTIFIED,
            line=f"The webhook to {host} was switched off. {to.address} was told.",
            about=f"webhook off: {event.id}",
        )
        return await pack_own(context, own, now)


def _text(context: Context, tenant: Tenant, event: Event, host: str) -> str:
    about: dict[str, Any] = dict(event.data)
    why = (
        "It answered 410: it wants no more events."
        if about.get("reason") == "gone"
        else f"Nothing was accepted since {about.get('failing_since')}."
    )
    last = f"status {about['status']}" if about.get("status") else about.get("error") or "no answer"
    return (
        f"A webhook of {tenant.name} to {host} was switched off.\n{why}\n"
        f"Its last answer: {last}\n\n"
        f"Events are kept. Once it is switched on again, it gets what happened in the meantime:\n"
        f"{context.names.public_url}/inbox/webhooks\n\n"
        f"-- \nWebhook {about.get('webhook_id')}. This mail was written by a machine, once.\n"
    )

"""A company hears by mail that one of its webhooks was switched off: once, at notify_address.

It is noted in the transaction that switches it off; a task writes the mail from the note.
"""

from typing import Any
from urllib.parse import urlsplit

from gateway.flow.context import Context
from gateway.flow.notes import NoteTask
from gateway.flow.outbox import Packed, post
from gateway.flow.own_mail import OwnLetter, author_of, leads_out, own_place, pack_letter
from gateway.mail.mailbox import Mailbox
from gateway.ports.store import Work
from gateway.rules.model import Conversation, Event, Tenant

NOTIFIED = "webhook_off"
"""The kind of the line that stands for such a mail."""


def order_hook_notice(work: Work, event: Event) -> None:
    """Note that a company is to hear of a `webhook.disabled`; in the caller's transaction."""
    tenant = work.tenants.get(event.tenant_id)
    if tenant is not None and tenant.notify_address:
        HookNotices.order(work, event.id, tenant.id)


class HookNotices(NoteTask):
    """Writes what was ordered. A note: the event's id, and the company's."""

    prefix = "webhook off:"

    async def do(self, name: str, value: str) -> bool:
        """Write the mail about an event."""
        context, now = self._context, self._context.clock.now()

        def look(work: Work) -> tuple[Tenant | None, Event | None]:
            return work.tenants.get(value), work.events.get(value, name)

        tenant, event = await context.store.read(look)
        place = own_place(context, value, "Webhook switched off", now)
        packed = await self._packed(tenant, event, place) if tenant and event else None

        def store(work: Work) -> bool:
            if not self.take(work, name):
                return False  # another process did it
            if packed is not None:
                work.conversations.add(place)
                post(context, work, packed, now)
            return packed is not None

        return await context.store.write(store)

    async def _packed(self, tenant: Tenant, event: Event, place: Conversation) -> Packed | None:
        """Return the mail, ready to be posted; None where it could reach nobody."""
        context, to = self._context, Mailbox("", tenant.notify_address or "")
        if not leads_out(context, to.address):
            return None
        host = urlsplit(str(event.data.get("url", ""))).hostname or "an unknown host"
        letter = OwnLetter(
            tenant=tenant,
            conversation_id=place.id,
            from_=author_of(context),
            to=to,
            subject=f"Webhook to {host} switched off",
            text=_text(context, tenant, event, host),
            kind=NOTIFIED,
            line=f"The webhook to {host} was switched off. {to.address} was told.",
            about=f"webhook off: {event.id}",
        )
        return await pack_letter(context, letter, context.clock.now())


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

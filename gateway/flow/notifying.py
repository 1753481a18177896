"""A company's people hear of each message by mail, and may answer it by mail (contract §4).

What is to be told is noted in the transaction that stored the message; a task writes the
mails from the notes. Their Reply-To is a token that lets an answer speak for the company,
if it comes from the listed address for certain.
"""

from dataclasses import replace
from datetime import timedelta

import structlog

from gateway.flow.context import Context
from gateway.flow.notes import NoteTask
from gateway.flow.outbox import Packed, post
from gateway.flow.own_mail import OwnLetter, author_of, leads_out, pack_letter
from gateway.flow.quota import Quota
from gateway.flow.refusal import Refused
from gateway.mail.mailbox import Mailbox
from gateway.ports.store import Work
from gateway.rules.model import Channel, Direction, Message, Tenant

log = structlog.get_logger()

NOTIFIED = "notified"
"""The kind of the line that stands for such a mail."""
_MOST_AN_HOUR = 200
_MOST_TEXT = 50_000


def order_notice(work: Work, message: Message) -> None:
    """Note that the company's people are to hear of a message; in the caller's transaction."""
    by_person = message.direction is Direction.IN and message.automatic is None
    if not by_person or message.channel not in {Channel.EMAIL, Channel.CHAT}:
        return
    tenant = work.tenants.get(message.tenant_id)
    if tenant is not None and tenant.notify_address:
        Notices.order(work, message.id, tenant.id)


class Notices(NoteTask):
    """Writes what was ordered. A note: the message's id, and the company's."""

    prefix = "notify:"

    def __init__(self, context: Context) -> None:
        """Work on these ports."""
        super().__init__(context)
        self._quota = Quota(_MOST_AN_HOUR, timedelta(hours=1))

    async def do(self, name: str, value: str) -> bool:
        """Write the mail about a message."""
        context, now = self._context, self._context.clock.now()

        def look(work: Work) -> tuple[Tenant | None, Message | None]:
            return work.tenants.get(value), work.messages.get(value, name)

        tenant, message = await context.store.read(look)
        packed = await self._packed(tenant, message) if tenant and message else None

        def store(work: Work) -> bool:
            if not self.take(work, name):
                return False  # another process did it
            if packed is not None:
                post(context, work, packed, now)
            return packed is not None

        return await context.store.write(store)

    async def _packed(self, tenant: Tenant, message: Message) -> Packed | None:
        """Return the mail, ready to be posted; None where it could reach nobody, or too many."""
        context, now = self._context, self._context.clock.now()
        to = Mailbox("", tenant.notify_address or "")
        if not leads_out(context, to.address):
            return None
        try:
            self._quota.take(tenant.id, 1, now)
        except Refused:
            log.warning("notices.too_many", tenant=tenant.id, most=_MOST_AN_HOUR)
            return None
        who = message.from_.name or message.from_.address
        letter = OwnLetter(
            tenant=tenant,
            conversation_id=message.conversation_id,
            from_=replace(author_of(context), name=f"{who} (via {tenant.name})"),
            to=to,
            reply_to=(context.names.staff_mailbox(context.keys, tenant, message.id),),
            subject=message.subject or f"Message of {who}",
            text=_text(context, tenant, message, who),
            kind=NOTIFIED,
            line=f"Sent on to {to.address}.",
            about=f"notified of {message.id}",
        )
        return await pack_letter(context, letter, now)


def _text(context: Context, tenant: Tenant, message: Message, who: str) -> str:
    """Return the mail's text: what was written first, then what can be done with it."""
    way = "in the chat" if message.channel is Channel.CHAT else "by email"
    parts = [message.text[:_MOST_TEXT].rstrip() or "(no text)"]
    if message.attachments:
        files = ", ".join(attachment.filename for attachment in message.attachments)
        parts.append(f"Files: {files}")
    parts.append(
        f"-- \n{who} <{message.from_.address}> wrote this {way} to {tenant.name}.\n"
        f"Answer this mail and it goes to them as {tenant.name}'s answer, if your mail can be\n"
        "verified; else it waits in the Inbox.\n"
        f"{context.names.public_url}/inbox/{message.conversation_id}"
    )
    return "\n\n".join(parts) + "\n"

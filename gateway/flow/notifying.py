"""A company's people hear of each message by mail, and may answer it by mail (contract §4).

What is to be told is noted in the transaction that stored the message; a task writes the
mails from the notes. Their Reply-To is a token that lets an answer speak for the company,
if it comes from the listed address for certain.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta

import structlog

from gateway.flow.context import Context
from gateway.flow.outbox import Packed, post
from gateway.flow.own_mail import OwnMail, author_of, pack_own
from gateway.flow.quota import Quota
from gateway.flow.refusal import Refused
from gateway.mail.compose import Outgoing, compose
from gateway.mail.errors import Fault, MailError
from gateway.mail.mailbox import Mailbox
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.automation import OWN_FIELDS
from gateway.rules.model import Channel, Direction, Message, Tenant
from gateway.rules.names import split_address

log = structlog.get_logger()

NOTIFIED = "notified"
"""The kind of the line that stands for such a mail."""
TOPIC = "notices"
_PREFIX = "notify:"
_AT_ONCE = 50
_LOOK_EVERY = timedelta(minutes=1)
_MOST_AN_HOUR = 200
_MOST_TEXT = 50_000


def order_notice(work: Work, message: Message) -> None:
    """Note that the company's people are to hear of a message; in the caller's transaction."""
    by_person = message.direction is Direction.IN and message.automatic is None
    if not by_person or message.channel not in {Channel.EMAIL, Channel.CHAT}:
        return
    tenant = work.tenants.get(message.tenant_id)
    if tenant is not None and tenant.notify_address:
        work.facts.put(f"{_PREFIX}{message.id}", tenant.id)
        work.wake(TOPIC)


class Notices:
    """Writes what was ordered."""

    def __init__(self, context: Context) -> None:
        """Work on these ports."""
        self._context = context
        self._quota = Quota(_MOST_AN_HOUR, timedelta(hours=1))

    async def run(self) -> None:
        """Write until cancelled."""
        seen = 0
        while True:
            try:
                await self.write()
            except Fault as error:
                log.warning("notices.not_written", why=str(error))
            seconds = _LOOK_EVERY.total_seconds()
            seen = await self._context.store.wait(TOPIC, seen, seconds)

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
        message_id = name.removeprefix(_PREFIX)

        def look(work: Work) -> tuple[Tenant | None, Message | None]:
            return work.tenants.get(tenant_id), work.messages.get(tenant_id, message_id)

        tenant, message = await context.store.read(look)
        packed = await self._packed(tenant, message) if tenant and message else None

        def store(work: Work) -> bool:
            if not work.facts.remove(name):
                return False  # another process did it
            if packed is not None:
                post(context, work, packed, now)
            return packed is not None

        return await context.store.write(store)

    async def _packed(self, tenant: Tenant, message: Message) -> Packed | None:
        """Return the mail, ready to be posted; None where it could reach nobody, or too many."""
        context, now = self._context, self._context.clock.now()
        names, to = context.names, Mailbox("", tenant.notify_address or "")
        domain = split_address(to.address)[1]
        if not domain or names.owns(domain):
            return None
        try:
            self._quota.take(tenant.id, 1, now)
        except Refused:
            log.warning("notices.too_many", tenant=tenant.id, most=_MOST_AN_HOUR)
            return None
        line_id = context.new_id(ids.MESSAGE, now)
        header_id = names.message_id(context.keys, tenant, line_id)
        who = message.from_.name or message.from_.address
        author = replace(author_of(context), name=f"{who} (via {tenant.name})")
        mail = Outgoing(
            from_=author,
            to=(to,),
            reply_to=(names.staff_mailbox(context.keys, tenant, message.id),),
            subject=message.subject or f"Message of {who}",
            date=now,
            message_id=header_id,
            text=_text(context, tenant, message, who),
            extra=OWN_FIELDS,
        )
        try:
            raw = await asyncio.to_thread(compose, mail)
        except MailError as error:
            log.warning("notices.not_composed", id=message.id, why=str(error))
            return None
        own = OwnMail(
            tenant=tenant,
            conversation_id=message.conversation_id,
            message_id=line_id,
            header_id=header_id,
            from_=author,
            to=to,
            raw=raw,
            kind=NOTIFIED,
            line=f"Sent on to {to.address}.",
            about=f"notified of {message.id}",
        )
        return await pack_own(context, own, now)


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

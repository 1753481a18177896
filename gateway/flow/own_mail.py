"""Mail that the gateway itself writes, to whoever runs or feeds it: by the null reverse-path.

Nobody's server may answer it, so that no loop can begin. A line stands for it in its
conversation, for the company alone.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway.flow.context import Context
from gateway.flow.outbox import Packed
from gateway.mail.compose import Outgoing, compose
from gateway.mail.errors import MailError
from gateway.mail.mailbox import Mailbox
from gateway.rules import ids
from gateway.rules.automation import OWN_FIELDS
from gateway.rules.model import (
    Channel,
    Conversation,
    ConversationStatus,
    Delivery,
    Direction,
    Message,
    Tenant,
    Threading,
)
from gateway.rules.names import split_address

log = structlog.get_logger()

NO_REPORT = ("NEVER",)
"""No report about a report (RFC 3461, section 4.1)."""


@dataclass(frozen=True, slots=True)
class OwnMail:
    """A mail and the line that stands for it.

    message_id: the line's id; header_id: the mail's Message-ID, without brackets.
    raw: the mail. line: what the company reads. about: what it is about, for the evidence.
    """

    tenant: Tenant
    conversation_id: str
    message_id: str
    header_id: str
    from_: Mailbox
    to: Mailbox
    raw: bytes
    kind: str
    line: str
    about: str


def author_of(context: Context) -> Mailbox:
    """Return who such mail is from."""
    return Mailbox("Mail gateway", f"postmaster@{context.names.sender}")


async def pack_own(context: Context, mail: OwnMail, now: datetime) -> Packed:
    """Keep the bytes; return line and delivery, ready to be posted. Raises Fault."""
    tenant = mail.tenant
    kept = await context.blobs.keep(tenant.id, mail.raw)
    way = context.ways.way(split_address(mail.to.address)[1].lower())
    message = Message(
        id=mail.message_id,
        tenant_id=tenant.id,
        conversation_id=mail.conversation_id,
        direction=Direction.NOTE,
        channel=Channel.SYSTEM,
        from_=mail.from_,
        to=(mail.to,),
        subject="",
        received_at=now,
        date=now,
        message_id=mail.header_id,
        text=mail.line,
        full_text=mail.line,
        threading=Threading("conversation", mail.about),
        visible=False,
        kind=mail.kind,
        raw_sha256=kept.sha256,
        raw_size=kept.size,
    )
    copy = Delivery(
        id=context.new_id(ids.DELIVERY, now),
        tenant_id=tenant.id,
        message_id=mail.message_id,
        conversation_id=mail.conversation_id,
        recipient=mail.to,
        state="held" if way.held else "queued",
        sender="",
        route=way.name,
        raw_sha256=kept.sha256,
        raw_size=kept.size,
        queued_at=now,
        next_attempt_at=None if way.held else now,
        notify=NO_REPORT,
    )
    return Packed(message, (copy,), (kept,))


@dataclass(frozen=True, slots=True)
class OwnLetter:
    """A plain mail that the gateway writes. Fields as in `OwnMail` and `mail.compose.Outgoing`."""

    tenant: Tenant
    conversation_id: str
    from_: Mailbox
    to: Mailbox
    subject: str
    text: str
    kind: str
    line: str
    about: str
    reply_to: tuple[Mailbox, ...] = ()
    attachments: tuple[tuple[str, str, bytes], ...] = ()


async def pack_letter(context: Context, letter: OwnLetter, now: datetime) -> Packed | None:
    """Compose a letter; return it ready to be posted, None if no mail can be made of it.

    Raises Fault.
    """
    line_id = context.new_id(ids.MESSAGE, now)
    header_id = context.names.message_id(context.keys, letter.tenant, line_id)
    mail = Outgoing(
        from_=letter.from_,
        to=(letter.to,),
        reply_to=letter.reply_to,
        subject=letter.subject,
        date=now,
        message_id=header_id,
        text=letter.text,
        extra=OWN_FIELDS,
        attachments=letter.attachments,
    )
    try:
        raw = await asyncio.to_thread(compose, mail)
    except MailError as error:
        log.warning("own_mail.not_composed", about=letter.about, why=str(error))
        return None
    own = OwnMail(
        tenant=letter.tenant,
        conversation_id=letter.conversation_id,
        message_id=line_id,
        header_id=header_id,
        from_=letter.from_,
        to=letter.to,
        raw=raw,
        kind=letter.kind,
        line=letter.line,
        about=letter.about,
    )
    return await pack_own(context, own, now)


def leads_out(context: Context, address: str) -> bool:
    """Say whether an address is one, and not one of ours, where mail would come back."""
    domain = split_address(address)[1].lower()
    return bool(domain) and not context.names.owns(domain)


def own_place(context: Context, tenant_id: str, subject: str, now: datetime) -> Conversation:
    """Return a new conversation for lines that stand in no customer's; it asks for nothing."""
    return Conversation(
        id=context.new_id(ids.CONVERSATION, now),
        tenant_id=tenant_id,
        subject=subject,
        customer=author_of(context),
        created_at=now,
        updated_at=now,
        status=ConversationStatus.CLOSED,
    )

"""Mail that the gateway itself writes, to whoever runs or feeds it: by the null reverse-path.

Nobody's server may answer it, so that no loop can begin. A line stands for it in its
conversation, for the company alone.
"""

from dataclasses import dataclass
from datetime import datetime

from gateway.flow.context import Context
from gateway.flow.outbox import Packed
from gateway.mail.mailbox import Mailbox
from gateway.rules import ids
from gateway.rules.model import Channel, Delivery, Direction, Message, Tenant, Threading
from gateway.rules.names import split_address

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

"""Submitted mail that is no invoice: sent with its content unchanged, in its conversation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from gateway.flow.context import Context
from gateway.flow.outbox import Addressee, Parcel
from gateway.flow.outgoing import Errand, send
from gateway.flow.people import Circle
from gateway.flow.placing import clues_of, find_place
from gateway.flow.quota import Quota
from gateway.flow.reading_in import keep_documents
from gateway.mail.envelope import Envelope
from gateway.mail.fields import mailbox_text
from gateway.mail.mailbox import Mailbox
from gateway.mail.reading import Reading
from gateway.mail.recode import recode
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.labels import NO_LABELS, Labels
from gateway.rules.model import (
    Channel,
    Direction,
    Message,
    Participant,
    Tenant,
    Threading,
)


@dataclass(frozen=True, slots=True)
class Submitted:
    """A mail as a service submitted it, and as it reads.

    labels: what was said of it beside. leaves_at: when it is to leave, None: at once.
    """

    envelope: Envelope
    raw: bytes
    reading: Reading
    labels: Labels = NO_LABELS
    leaves_at: datetime | None = None


async def forward(
    context: Context,
    tenant: Tenant,
    submitted: Submitted,
    *,
    quota: Quota,
    also: Callable[[Work, str], None],
) -> str:
    """Queue it and return the message's id. also: what else the transaction stores.

    From stays, Reply-To becomes our token address, the Message-ID becomes ours.

    Raises MailError if it can't be said in 7 bits, Refused, Fault.
    """
    now = context.clock.now()
    envelope, raw, reading = submitted.envelope, submitted.raw, submitted.reading
    quota.take(tenant.id, len(envelope.recipients), now)
    named = {box.address.lower(): box.name for box in (*reading.to, *reading.cc)}
    to = tuple(
        Mailbox(named.get(recipient.address.lower(), ""), recipient.address)
        for recipient in envelope.recipients
    )
    wishes = {recipient.address.lower(): recipient for recipient in envelope.recipients}
    message_id = context.new_id(ids.MESSAGE, now)
    attachments, kept = await keep_documents(context, tenant.id, message_id, reading, now)
    seen = clues_of(context, reading, ())
    placed = await context.store.read(
        lambda work: find_place(context, work, tenant, reading, (), seen=seen)
    )
    our_id = context.names.message_id(context.keys, tenant, message_id)
    defaults = (("Date", format_datetime(now)),)
    author = reading.from_[0]
    address = context.names.author_address(tenant)
    # A service may name the gateway's address where the company has one of its own, or the reverse.
    renamed = author.address.lower() != address.lower()
    author = Mailbox(author.name, address) if renamed else author
    changed = (("From", mailbox_text(author)),) if renamed else ()

    def make(circle: Circle, past: Sequence[Message]) -> Parcel:
        _ = past

        def build(person: Participant) -> bytes:
            reply_to = context.names.reply_mailbox(context.keys, tenant, person.ref)
            headers = (
                ("Reply-To", mailbox_text(reply_to)),
                ("Message-ID", f"<{our_id}>"),
                *changed,
            )
            return recode(raw, set_headers=headers, defaults=defaults)

        message = Message(
            id=message_id,
            tenant_id=tenant.id,
            conversation_id=circle.conversation.id,
            direction=Direction.OUT,
            channel=Channel.EMAIL,
            from_=author,
            to=reading.to,
            cc=reading.cc,
            subject=reading.subject,
            received_at=now,
            date=reading.date or now,
            message_id=our_id,
            submitted_message_id=reading.message_id or None,
            in_reply_to=reading.in_reply_to,
            references=reading.references,
            text=reading.text,
            quoted_text=reading.quoted_text,
            signature=reading.signature,
            full_text=reading.full_text,
            html=reading.html,
            threading=Threading(placed.place.rule, placed.place.evidence),
            labels=submitted.labels,
            attachments=attachments,
        )
        addressees = []
        for person in circle.people:
            wish = wishes.get(person.mailbox.address.lower())
            notify, orcpt = (wish.notify, wish.orcpt) if wish else ((), None)
            addressees.append(Addressee(person, notify, orcpt))
        return Parcel(
            tenant,
            message,
            tuple(addressees),
            build,
            len(raw),
            envelope.ret,
            envelope.envid,
            leaves_at=submitted.leaves_at,
            queued_at=submitted.leaves_at,
            submitter=envelope.sender,
        )

    errand = Errand(
        tenant,
        to,
        make,
        conversation_id=placed.conversation.id if placed.conversation else None,
        subject=reading.subject,
        kept=kept,
        also=lambda work, _circle, message: also(work, message.id),
    )
    return (await send(context, errand, now))[1].id

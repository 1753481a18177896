"""Our events with the mail that they are about, as the formats of mail services tell of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.flow.contents import whole
from gateway.flow.context import Context
from gateway.flow.received import received_copy
from gateway.flow.refusal import Refused
from gateway.mail.encoded_words import header_text
from gateway.mail.envelope import Envelope
from gateway.mail.headers import read_head
from gateway.mail.mailbox import Mailbox
from gateway.ports.store import Work
from gateway.rules import events
from gateway.rules.hooks import TEST
from gateway.rules.model import Attachment, Event, Message
from gateway.rules.names import split_address
from gateway.rules.testing import is_test
from webhooks.mail import Arrival, Fate, File, Outcome, Party

MOST_OCTETS = 10 * 1024 * 1024
"""Of all attachments that go along with one event; those beyond it are named alone."""
_HEAD_OCTETS = 256 * 1024
_HEAD_FIELDS = 1000
_OUTCOMES = {
    events.MESSAGE_QUEUED: Outcome.QUEUED,
    events.MESSAGE_DELIVERED: Outcome.DELIVERED,
    events.MESSAGE_DEFERRED: Outcome.DEFERRED,
    events.MESSAGE_BOUNCED: Outcome.BOUNCED,
    events.MESSAGE_COMPLAINED: Outcome.COMPLAINED,
}
_BY_STATE = {"expired": Outcome.EXPIRED, "suppressed": Outcome.SUPPRESSED}


async def told(context: Context, event: Event) -> Arrival | Fate:
    """Return what an event tells of. Of a message that was erased, what the event itself says.

    The event is one of the types that such formats have, or a test. Raises Fault.
    """
    if event.type == TEST:
        return _example(context, event)
    if event.type == events.MESSAGE_RECEIVED:
        return await _arrival(context, event)
    return await _fate(context, event)


def _example(context: Context, event: Event) -> Arrival:
    author = Party(f"postmaster@{context.names.sender}", "Mail gateway")
    text = "This is a test of the webhook. No such mail came.\n"
    return Arrival(
        id=event.id,
        at=event.timestamp,
        sender=author.address,
        recipient=author.address,
        from_=author,
        to=(author,),
        subject="Test of the webhook",
        date=event.timestamp,
        text=text,
        stripped_text=text,
    )


async def _arrival(context: Context, event: Event) -> Arrival:
    about = event.data
    message_id = str(about.get("message_id", ""))

    def look(work: Work) -> tuple[Message | None, Envelope | None]:
        message = work.messages.get(event.tenant_id, message_id)
        inbound = work.spool.get(message_id)
        return message, inbound.envelope if inbound is not None else None

    message, envelope = await context.store.read(look)
    if message is None:
        author = _as_mapping(about.get("from"))
        from_ = Party(str(author.get("address") or ""), str(author.get("name") or ""))
        return Arrival(
            id=message_id,
            at=event.timestamp,
            sender=from_.address,
            recipient="",
            from_=from_,
            subject=str(about.get("subject") or ""),
        )
    return Arrival(
        id=message.id,
        at=message.received_at,
        sender=message.from_.address if envelope is None else envelope.sender,
        recipient=_recipient(context, message, envelope),
        from_=_party(message.from_),
        to=_parties(message.to),
        cc=_parties(message.cc),
        reply_to=_parties(message.reply_to),
        subject=message.subject,
        date=message.date,
        headers=await _headers(context, message),
        text=message.full_text or message.text,
        html=message.html or "",
        stripped_text=message.text,
        signature=message.signature,
        files=await _files(context, message),
    )


def _recipient(context: Context, message: Message, envelope: Envelope | None) -> str:
    """Return the address of ours that it came to; of several, the one that the header names."""
    if envelope is not None and len(envelope.recipients) == 1:
        return envelope.recipients[0].address
    named = [box.address for box in (*message.to, *message.cc)]
    own = [one for one in named if context.names.owns(split_address(one)[1].lower())]
    return next(iter(own or named), "")


async def _headers(context: Context, message: Message) -> tuple[tuple[str, str], ...]:
    if not message.raw_sha256:
        return ()
    head = b""
    try:
        _, pieces = await received_copy(context, message)
        async for piece in pieces:
            head += piece
            if len(head) >= _HEAD_OCTETS or b"\n\r\n" in head or b"\n\n" in head:
                break
    except Refused:
        return ()
    fields = read_head(head, 0, len(head), octets=_HEAD_OCTETS, fields=_HEAD_FIELDS).fields
    return tuple((name, header_text(value)) for name, value in fields)


async def _files(context: Context, message: Message) -> tuple[File, ...]:
    left, files = MOST_OCTETS, []
    for attachment in message.attachments:
        content = None
        if attachment.size <= left:
            content = await _content(context, attachment)
            left -= len(content or b"")
        files.append(
            File(
                attachment.filename,
                attachment.content_type,
                attachment.size,
                content,
                attachment.content_id or "",
            )
        )
    return tuple(files)


async def _content(context: Context, attachment: Attachment) -> bytes | None:
    try:
        return await whole(context, attachment.tenant_id, attachment.sha256)
    except Refused:
        return None


@dataclass(frozen=True, slots=True)
class _Sent:
    """What the store knows of a message that was sent."""

    message: Message | None
    suppressed: bool


async def _fate(context: Context, event: Event) -> Fate:
    about, reason = event.data, _as_mapping(event.data.get("reason"))
    message_id, recipient = str(about.get("message_id", "")), str(about.get("recipient", ""))

    def look(work: Work) -> _Sent:
        return _Sent(
            work.messages.get(event.tenant_id, message_id),
            work.suppressions.get(event.tenant_id, recipient.lower()) is not None,
        )

    sent = await context.store.read(look)
    message = sent.message
    outcome = _OUTCOMES[event.type]
    if outcome is Outcome.BOUNCED:
        outcome = _BY_STATE.get(str(about.get("state")), outcome)
    code = reason.get("code")
    return Fate(
        event_id=event.id,
        number=event.sequence,
        at=event.timestamp,
        outcome=outcome,
        message_id=message_id,
        header_id=(message.message_id or "") if message else "",
        recipient=recipient,
        from_=_party(message.from_) if message else Party(""),
        subject=message.subject if message else "",
        code=code if isinstance(code, int) else None,
        enhanced=str(reason.get("enhanced") or ""),
        answer=str(reason.get("verbatim") or ""),
        plain=str(reason.get("plain") or ""),
        inactive=sent.suppressed,
        is_test=is_test(event.tenant_id),
        tags=message.labels.tags if message else (),
        metadata=message.labels.metadata if message else {},
    )


def _party(box: Mailbox) -> Party:
    return Party(box.address, box.name)


def _parties(boxes: tuple[Mailbox, ...]) -> tuple[Party, ...]:
    return tuple(_party(box) for box in boxes)


def _as_mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

"""A read mail turned into the message that the store keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from gateway.flow.context import Context
from gateway.flow.placing import Placed, Writer
from gateway.flow.report import bounces_of
from gateway.mail.mailbox import Mailbox
from gateway.mail.reading import Reading
from gateway.ports.correspondence import Kept
from gateway.ports.queues import Inbound
from gateway.ports.reception import Content
from gateway.ports.verifier import PENDING, Authentication
from gateway.rules import ids
from gateway.rules.bounce_rules import BounceRule
from gateway.rules.model import Attachment, Channel, Conversation, Direction, Message, Threading

_REPORTS = frozenset({"bounce", "delay", "report"})
UNVERIFIED: Mapping[str, Any] = Authentication().shown()
_NO_SUGGESTIONS: Mapping[str, Any] = {}
_PENDING: Mapping[str, Any] = Authentication(verdict=PENDING).shown()


async def keep_documents(
    context: Context, tenant_id: str, message_id: str, reading: Reading, at: datetime
) -> tuple[tuple[Attachment, ...], tuple[Kept, ...]]:
    """Keep the documents of a mail; return its attachments and their bytes. Raises Fault."""
    attachments, kepts = [], []
    for found in reading.attachments:
        content = Content(found.size, b"", found.content, found.path)
        kept = await context.blobs.keep(tenant_id, content)
        kepts.append(kept)
        attachments.append(
            Attachment(
                id=context.new_id(ids.ATTACHMENT, at),
                tenant_id=tenant_id,
                message_id=message_id,
                filename=found.filename,
                content_type=found.content_type,
                size=kept.size,
                sha256=kept.sha256,
                inline=found.inline,
                content_id=found.content_id,
                document=asdict(found.document) if found.document else None,
            )
        )
    return tuple(attachments), tuple(kepts)


def sender_of(inbound: Inbound, reading: Reading) -> Mailbox:
    """Return the first mailbox of From, or the reverse-path where there is none."""
    return reading.from_[0] if reading.from_ else Mailbox("", inbound.envelope.sender)


def message_of(
    inbound: Inbound,
    reading: Reading,
    placed: Placed,
    *,
    conversation: Conversation,
    writer: Writer,
    attachments: tuple[Attachment, ...],
    verify: bool = False,
    rules: Sequence[BounceRule] = (),
    suggestions: Mapping[str, Any] = _NO_SUGGESTIONS,
) -> Message:
    """Return the message. Reports and what strangers write is kept from the customer's page.

    verify: its sender is going to be verified.
    rules: the admin's, for what a report's words mean.
    suggestions: as `suggesting.suggestions_of` gives them.
    """
    is_report = reading.automatic in _REPORTS or placed.delivery is not None
    approved = writer.person is not None and writer.person.approved
    return Message(
        id=inbound.id,
        tenant_id=inbound.tenant_id,
        conversation_id=conversation.id,
        direction=Direction.IN,
        channel=Channel.EMAIL,
        from_=sender_of(inbound, reading),
        to=reading.to,
        cc=reading.cc,
        reply_to=reading.reply_to,
        subject=reading.subject,
        date=reading.date,
        received_at=inbound.received_at,
        message_id=reading.message_id or None,
        in_reply_to=reading.in_reply_to,
        references=reading.references,
        text=reading.text,
        quoted_text=reading.quoted_text,
        signature=reading.signature,
        full_text=reading.full_text,
        html=reading.html,
        forwarded=forwarded_of(reading),
        authentication=_PENDING if verify else UNVERIFIED,
        sender_expected=writer.expected or is_report,
        automatic=reading.automatic,
        bounces=bounces_of(reading.report, rules) if reading.report else (),
        suggestions=suggestions,
        threading=Threading(placed.place.rule, placed.place.evidence),
        readable=reading.readable,
        visible=not is_report and (writer.expected or approved),
        author_ref=writer.person.ref if writer.person else None,
        raw_sha256=inbound.raw_sha256,
        raw_size=inbound.raw_size,
        attachments=attachments,
    )


def forwarded_of(reading: Reading) -> Mapping[str, Any] | None:
    """Return what the API shows of a forwarded mail, or None."""
    forwarded = reading.forwarded
    if forwarded is None:
        return None
    return {
        "from": asdict(forwarded.from_) if forwarded.from_ else None,
        "to": [asdict(box) for box in forwarded.to],
        "cc": [asdict(box) for box in forwarded.cc],
        "subject": forwarded.subject,
        "date": forwarded.date,
        "text": forwarded.text,
    }

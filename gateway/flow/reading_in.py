"""A read mail turned into the message that the store keeps."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from gateway.flow.placing import Placed, Writer
from gateway.flow.report import bounces_of
from gateway.mail.mailbox import Mailbox
from gateway.mail.reading import Reading
from gateway.ports.queues import Inbound
from gateway.rules.model import Attachment, Channel, Conversation, Direction, Message, Threading

_REPORTS = frozenset({"bounce", "delay", "report"})
UNVERIFIED: Mapping[str, Any] = {
    "spf": {"result": "none", "domain": None},
    "dkim": [],
    "dmarc": {"result": "none", "policy": None, "domain": None},
    "arc": {"result": "none"},
    "verdict": "none",
}


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
) -> Message:
    """Return the message. Reports and what strangers write is kept from the customer's page."""
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
        forwarded=_forwarded(reading),
        authentication=UNVERIFIED,
        sender_expected=writer.expected or is_report,
        automatic=reading.automatic,
        bounces=bounces_of(reading.report) if reading.report else (),
        threading=Threading(placed.place.rule, placed.place.evidence),
        readable=reading.readable,
        visible=not is_report and (writer.expected or approved),
        author_ref=writer.person.ref if writer.person else None,
        raw_sha256=inbound.raw_sha256,
        raw_size=inbound.raw_size,
        attachments=attachments,
    )


def _forwarded(reading: Reading) -> Mapping[str, Any] | None:
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

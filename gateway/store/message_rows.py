"""Messages and attachments ↔ rows."""

import json
from collections.abc import Sequence
from typing import Any

from gateway.mail.mailbox import Mailbox
from gateway.rules.labels import NO_LABELS, Labels
from gateway.rules.model import Attachment, Channel, Direction, Message, Threading
from gateway.store.rows import (
    from_micros,
    from_pairs,
    key_of,
    maybe_moment,
    to_json,
    to_micros,
    to_pairs,
)
from gateway.store.transaction import Row

_NOTHING = ""


def to_row(message: Message) -> dict[str, Any]:
    """Return all columns but `position`."""
    raw, evidence = message.raw_sha256, message.threading
    return {
        "id": message.id,
        "tenant_id": message.tenant_id,
        "conversation_id": message.conversation_id,
        "direction": message.direction.value,
        "channel": message.channel.value,
        "from_name": message.from_.name,
        "from_address": message.from_.address,
        "subject": message.subject,
        "received_at": to_micros(message.received_at),
        "recipients": _recipients(message),
        "date": to_micros(message.date),
        "message_id": message.message_id,
        "submitted_message_id": message.submitted_message_id,
        "refs": _refs(message),
        "text": message.text,
        "quoted_text": message.quoted_text,
        "signature": message.signature,
        "full_text": message.full_text,
        "html": message.html,
        "automatic": message.automatic,
        "rule": evidence.rule,
        "evidence": evidence.evidence,
        "readable": message.readable,
        "author_ref": message.author_ref,
        "invoice_id": message.invoice_id,
        "raw_sha256": raw,
        "raw_size": message.raw_size,
        "attachments": len(message.attachments),
        "raw_key": None if raw is None else key_of(message.tenant_id, raw),
        **to_standing_row(message),
    }


def to_standing_row(message: Message) -> dict[str, Any]:
    """Return the columns that say what it counts for, and what goes with them."""
    return {
        "details": _details(message),
        "sender_expected": message.sender_expected,
        "visible": message.visible,
        "kind": message.kind,
    }


def from_row(row: Row, attachments: Sequence[Attachment]) -> Message:
    """Return the message of a row with all columns."""
    (
        position,
        id_,
        tenant_id,
        conversation_id,
        direction,
        channel,
        from_name,
        from_address,
        subject,
        received_at,
        recipients,
        date,
        message_id,
        submitted_message_id,
        refs,
        text,
        quoted_text,
        signature,
        full_text,
        html,
        details,
        sender_expected,
        automatic,
        rule,
        evidence,
        readable,
        visible,
        kind,
        author_ref,
        invoice_id,
        raw_sha256,
        raw_size,
        _,
        _,
    ) = row
    to, cc, reply_to = recipients_of(recipients)
    in_reply_to, references = ((), ()) if refs == _NOTHING else json.loads(refs)
    forwarded, authentication, bounces, suggestions, author, labels, facts = _details_of(details)
    return Message(
        id=id_,
        tenant_id=tenant_id,
        conversation_id=conversation_id,
        direction=Direction(direction),
        channel=Channel(channel),
        from_=Mailbox(from_name, from_address),
        subject=subject,
        received_at=from_micros(received_at),
        position=position,
        to=to,
        cc=cc,
        reply_to=reply_to,
        date=maybe_moment(date),
        message_id=message_id,
        submitted_message_id=submitted_message_id,
        in_reply_to=tuple(in_reply_to),
        references=tuple(references),
        text=text,
        quoted_text=quoted_text,
        signature=signature,
        full_text=full_text,
        html=html,
        forwarded=forwarded,
        authentication=authentication,
        sender_expected=bool(sender_expected),
        automatic=automatic,
        bounces=tuple(bounces),
        suggestions=suggestions,
        threading=Threading(rule, evidence),
        readable=bool(readable),
        visible=bool(visible),
        kind=kind,
        author_ref=author_ref,
        author=author,
        labels=Labels(tuple(labels[0]), labels[1]) if labels else NO_LABELS,
        facts=facts,
        invoice_id=invoice_id,
        raw_sha256=raw_sha256,
        raw_size=raw_size,
        attachments=tuple(attachments),
    )


def recipients_of(text: str) -> tuple[tuple[Mailbox, ...], ...]:
    """Return To, Cc and Reply-To of the column `recipients`."""
    if text == _NOTHING:
        return (), (), ()
    to, cc, reply_to = json.loads(text)
    return from_pairs(to), from_pairs(cc), from_pairs(reply_to)


def to_attachment_row(attachment: Attachment) -> dict[str, Any]:
    """Return all columns but `position`."""
    return {
        "id": attachment.id,
        "tenant_id": attachment.tenant_id,
        "message_id": attachment.message_id,
        "filename": attachment.filename,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "inline": attachment.inline,
        "content_id": attachment.content_id,
        "document": to_json(attachment.document) if attachment.document else None,
        "key": key_of(attachment.tenant_id, attachment.sha256),
    }


def from_attachment_row(row: Row) -> Attachment:
    """Return the attachment of a row with all columns."""
    (
        _,
        id_,
        tenant_id,
        message_id,
        filename,
        kind,
        size,
        sha256,
        inline,
        content_id,
        document,
        _,
    ) = row
    return Attachment(
        id=id_,
        tenant_id=tenant_id,
        message_id=message_id,
        filename=filename,
        content_type=kind,
        size=size,
        sha256=sha256,
        inline=bool(inline),
        content_id=content_id,
        document=json.loads(document) if document else None,
    )


def _recipients(message: Message) -> str:
    if not (message.to or message.cc or message.reply_to):
        return _NOTHING
    return to_json((to_pairs(message.to), to_pairs(message.cc), to_pairs(message.reply_to)))


def _refs(message: Message) -> str:
    if not (message.in_reply_to or message.references):
        return _NOTHING
    return to_json((message.in_reply_to, message.references))


def _details(message: Message) -> str:
    said = message.authentication, message.bounces, message.suggestions, message.author
    labels = (message.labels.tags, message.labels.metadata) if message.labels else ()
    if message.facts:
        return to_json((message.forwarded, *said, labels, message.facts))
    if labels:
        return to_json((message.forwarded, *said, labels))
    if not any(said) and message.forwarded is None:
        return _NOTHING
    return to_json((message.forwarded, *said))


def _details_of(text: str) -> tuple[Any, ...]:
    """Return forwarded mail, authentication, bounces ... of `details`, as `_details` wrote them."""
    found = [] if text == _NOTHING else json.loads(text)
    # Rows of earlier versions hold fewer.
    return (*found, *(None, {}, (), {}, "", (), {})[len(found) :])

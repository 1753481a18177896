"""What a company writes, turned into the message that carries it."""

from collections.abc import Sequence
from datetime import datetime

from gateway.flow.context import Context
from gateway.flow.drafts import AnswerDraft
from gateway.flow.people import Circle
from gateway.flow.writing import shown_html
from gateway.rules.model import (
    Attachment,
    Channel,
    Direction,
    Message,
    Tenant,
    Threading,
)
from gateway.rules.replies import answer_subject, references_of


def answer_message(
    context: Context,
    tenant: Tenant,
    circle: Circle,
    past: Sequence[Message],
    draft: AnswerDraft,
    *,
    message_id: str,
    attachments: tuple[Attachment, ...],
    subject: str,
    channel: Channel,
    now: datetime,
) -> Message:
    """Return the message; subject "": the conversation's, with "Re: " before it."""
    in_reply_to, references = references_of(past)
    people = circle.people
    return Message(
        id=message_id,
        tenant_id=tenant.id,
        conversation_id=circle.conversation.id,
        direction=Direction.OUT,
        channel=channel,
        from_=context.names.sender_mailbox(tenant),
        to=(people[0].mailbox,),
        cc=tuple(person.mailbox for person in people[1:]),
        subject=subject or answer_subject(circle.conversation),
        received_at=now,
        date=now,
        message_id=context.names.message_id(context.keys, tenant, message_id),
        in_reply_to=in_reply_to,
        references=references,
        text=draft.text,
        full_text=draft.text,
        html=shown_html(draft.html),
        threading=Threading("new" if circle.is_new else "conversation", "written here"),
        attachments=attachments,
        author=draft.author,
    )


def last_words(past: Sequence[Message]) -> tuple[str, datetime, str] | None:
    """Return who wrote last what the customer has seen, when, and what; None if nobody did.

    past: the messages before, oldest first.
    """
    for message in reversed(past):
        if message.visible and message.text.strip():
            return (
                message.from_.name or message.from_.address,
                message.date or message.received_at,
                message.text,
            )
    return None

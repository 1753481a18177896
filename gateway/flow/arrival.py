"""A message has come into a conversation: the conversation is brought up to date."""

from dataclasses import replace
from datetime import datetime

from gateway.flow.context import Context
from gateway.flow.notifying import order_notice
from gateway.mail.reading import Reading
from gateway.ports.store import Work
from gateway.rules import events
from gateway.rules.automation import ECHO, is_echo
from gateway.rules.model import Conversation, ConversationStatus, Message, Tenant
from gateway.rules.replies import snippet_of

_NOT_FOR_EYES = frozenset({"bounce", "delay", "report"})


def unless_echo(context: Context, tenant: Tenant, reading: Reading, message: Message) -> Message:
    """Return the message; one of ours that came back is kept hidden."""
    if reading.report is not None:
        return message
    if not is_echo(context.names, context.keys, tenant.number, message.message_id or ""):
        return message
    automatic = message.automatic or "auto_reply"
    return replace(message, kind=ECHO, automatic=automatic, visible=False)


def arrived(
    context: Context, work: Work, conversation: Conversation, message: Message, now: datetime
) -> None:
    """Re-open the conversation, count the message as unread, tell of it.

    Automatic mail never re-opens; reports are counted by what they report, echoes not at all.
    """
    is_open = message.automatic is None and conversation.status is not ConversationStatus.SPAM
    for_eyes = message.automatic not in _NOT_FOR_EYES and message.kind != ECHO
    changed = replace(
        conversation,
        status=ConversationStatus.OPEN if is_open else conversation.status,
        unread=conversation.unread + (1 if for_eyes else 0),
        updated_at=now,
    )
    if for_eyes:
        snippet = snippet_of(message.text or message.subject)
        changed = replace(changed, last_message=snippet, last_message_at=now)
    work.conversations.change(changed)
    if conversation.status is not ConversationStatus.SPAM and message.kind != ECHO:
        order_notice(work, message)
    about = events.about_message(message)
    work.events.add(context.event(message.tenant_id, events.MESSAGE_RECEIVED, now, about))
    work.wake("events")

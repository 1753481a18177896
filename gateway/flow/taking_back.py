"""An answer that is held for a moment before it leaves, and taken back within that moment.

The moment is the delivery's own: it is queued for later, so it leaves by itself, after a restart
too. Until then the customer's page does not show the message.
"""

from dataclasses import replace
from datetime import datetime

from gateway.flow.context import Context
from gateway.flow.people import history, latest
from gateway.flow.refusal import Refused, conflict, not_found
from gateway.ports.store import Work
from gateway.rules import events
from gateway.rules.model import ConversationStatus, Direction, Message, Tenant
from gateway.rules.replies import snippet_of
from gateway.rules.states import State, Step, may, step


def is_held(message: Message, now: datetime) -> bool:
    """Say whether a message of the company has not left yet."""
    return message.direction is Direction.OUT and message.received_at > now


def is_shown(message: Message, now: datetime) -> bool:
    """Say whether the customer's page shows a message."""
    return message.visible and not is_held(message, now)


async def take_back(context: Context, tenant: Tenant, message_id: str) -> Message:
    """Take an answer back before it leaves; it stays in the Inbox, marked so.

    Raises Refused: unknown, or it has left already.
    """
    now = context.clock.now()

    def store(work: Work) -> Message:
        message = work.messages.get(tenant.id, message_id)
        if message is None or message.direction is not Direction.OUT:
            raise not_found("message")
        if not is_held(message, now):
            raise _gone()
        for delivery in work.deliveries.of_messages([message.id]).get(message.id, ()):
            state = State(delivery.state)
            if not may(state, Step.CANCEL):
                continue
            cancelled = step(state, Step.CANCEL).value
            if not work.deliveries.change(
                replace(delivery, state=cancelled, next_attempt_at=None, updated_at=now)
            ):
                raise _gone()
        taken = replace(message, visible=False, received_at=now)
        work.messages.change(taken)
        _set_back(context, work, taken, now)
        return taken

    return await context.store.write(store)


def _set_back(context: Context, work: Work, taken: Message, now: datetime) -> None:
    """Show the conversation as it was before the answer."""
    found = work.conversations.get(taken.tenant_id, taken.conversation_id)
    if found is None:
        return
    conversation = latest(work, found)
    said = [m for m in history(work, conversation) if m.visible or m.direction is not Direction.OUT]
    last = said[-1] if said else None
    status = conversation.status
    changed = work.conversations.change(
        replace(
            conversation,
            status=ConversationStatus.OPEN if status is ConversationStatus.WAITING else status,
            last_message=snippet_of(last.text or last.subject) if last else "",
            last_message_at=last.received_at if last else None,
            updated_at=now,
        )
    )
    about = events.about_conversation(changed)
    kind = events.CONVERSATION_UPDATED
    work.events.add(context.event(changed.tenant_id, kind, now, about))
    work.wake("events")


def _gone() -> Refused:
    return conflict("sent", "It has left already, so it can't be taken back.")

"""Tells companies of mail that has waited long: an event and a line in the conversation, once."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from gateway.flow.context import Context
from gateway.flow.people import latest
from gateway.flow.submitter_reports import order_report
from gateway.mail.errors import Fault
from gateway.mail.mailbox import Mailbox
from gateway.ports.store import Work
from gateway.rules import events, ids
from gateway.rules.model import (
    Channel,
    Conversation,
    ConversationStatus,
    Delivery,
    Direction,
    Message,
    Threading,
)
from gateway.rules.retry import RetryPolicy

log = structlog.get_logger()

LATE = "late"
"""The kind of the line that tells of it."""
_LOOK_EVERY = timedelta(minutes=1)
_AT_ONCE = 100


class LateNotices:
    """Looks every minute, since the attempts may lie hours apart."""

    def __init__(self, context: Context, after: timedelta, policy: RetryPolicy) -> None:
        """Tell of what has waited for so long; the policy says how long it may."""
        self._context = context
        self._after = after
        self._policy = policy

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            try:
                await self.tell()
            except Fault as error:
                log.warning("lateness.not_told", why=str(error))
            await asyncio.sleep(_LOOK_EVERY.total_seconds())

    def apply(self, after: timedelta, policy: RetryPolicy) -> None:
        """Go on with another wait and policy."""
        self._after, self._policy = after, policy

    async def tell(self) -> int:
        """Tell of everything that is late now; return how many it was. Raises Fault."""
        told = 0
        while True:
            now = self._context.clock.now()
            before = now - self._after
            found = await self._context.store.read(
                lambda work, before=before: work.deliveries.late(before, _AT_ONCE)  # type: ignore[misc]
            )
            for delivery in found:
                told += await self._tell_of(delivery, now)
            if len(found) < _AT_ONCE:
                return told

    async def _tell_of(self, delivery: Delivery, now: datetime) -> bool:
        context, until = self._context, delivery.queued_at + self._policy.give_up_after

        def store(work: Work) -> bool:
            if not work.deliveries.tell_late(delivery.id, now):
                return False
            about = {**events.about_delivery(delivery, delivery.state), "late": True}
            kind = events.MESSAGE_DEFERRED
            work.events.add(context.event(delivery.tenant_id, kind, now, about))
            conversation = work.conversations.get(delivery.tenant_id, delivery.conversation_id)
            if conversation is not None:
                _write_line(
                    context, work, latest(work, conversation), delivery, until=until, now=now
                )
            order_report(work, delivery, "delayed", until=until)
            work.wake("events")
            return True

        return await context.store.write(store)


def _write_line(
    context: Context,
    work: Work,
    conversation: Conversation,
    delivery: Delivery,
    *,
    until: datetime,
    now: datetime,
) -> None:
    why = f": {delivery.reason.plain}" if delivery.reason else ""
    text = (
        f"The mail to {delivery.recipient.address} has not been delivered yet{why}. "
        f"We go on trying until {until:%Y-%m-%d %H:%M} UTC."
    )
    line = Message(
        id=context.new_id(ids.MESSAGE, now),
        tenant_id=delivery.tenant_id,
        conversation_id=conversation.id,
        direction=Direction.NOTE,
        channel=Channel.SYSTEM,
        from_=Mailbox("", f"postmaster@{context.names.sender}"),
        subject="",
        received_at=now,
        date=now,
        text=text,
        full_text=text,
        threading=Threading("conversation", f"late: {delivery.id}"),
        visible=False,
        kind=LATE,
    )
    work.messages.add(line)
    is_spam = conversation.status is ConversationStatus.SPAM
    changed = replace(
        conversation,
        status=conversation.status if is_spam else ConversationStatus.OPEN,
        unread=conversation.unread + 1,
        updated_at=now,
    )
    work.conversations.change(changed)
    about = events.about_conversation(changed)
    work.events.add(context.event(changed.tenant_id, events.CONVERSATION_UPDATED, now, about))

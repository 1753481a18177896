"""Answers by mail whose sender was not verified: sent or discarded by somebody who is signed in."""

from dataclasses import replace
from datetime import timedelta

from gateway.flow.context import Context
from gateway.flow.converse import Conversing
from gateway.flow.people import Circle
from gateway.flow.refusal import conflict, not_found
from gateway.flow.staff_answers import DISCARDED, DRAFT, SENT, answer_in, is_by_staff
from gateway.ports.store import Work
from gateway.rules import events
from gateway.rules.model import Message, Tenant


class StaffDrafts:
    """Settles drafts, each once."""

    def __init__(self, context: Context, conversing: Conversing) -> None:
        """Work on these ports; `conversing` sends."""
        self._context = context
        self._conversing = conversing

    async def send(
        self, tenant: Tenant, message_id: str, *, author: str, hold: timedelta | None = None
    ) -> Message:
        """Send a draft as the company's answer; returns the answer.

        author: who of the company does so, "" if it is not known.
        hold: how long the answer may be taken back (`flow.taking_back`).

        Raises Refused: unknown, settled already, nothing in it; and Fault.
        """
        draft = await self._context.store.read(lambda work: _draft(work, tenant, message_id))

        def settle(work: Work, _circle: Circle, _answer: Message) -> None:
            # Two who press at once: the second one's answer is undone with its transaction.
            work.messages.change_standing(replace(_draft(work, tenant, message_id), kind=SENT))

        answer = await answer_in(self._context, draft, author)
        return await self._conversing.answer(
            tenant, draft.conversation_id, answer, hold=hold, also=settle
        )

    async def discard(self, tenant: Tenant, message_id: str) -> None:
        """Keep a draft as one that nobody is to send. Raises Refused: unknown, settled already."""
        context, now = self._context, self._context.clock.now()

        def store(work: Work) -> None:
            draft = _draft(work, tenant, message_id)
            work.messages.change_standing(replace(draft, kind=DISCARDED))
            conversation = work.conversations.get(tenant.id, draft.conversation_id)
            if conversation is not None:
                about = events.about_conversation(conversation)
                kind = events.CONVERSATION_UPDATED
                work.events.add(context.event(tenant.id, kind, now, about))
                work.wake("events")

        await context.store.write(store)


def _draft(work: Work, tenant: Tenant, message_id: str) -> Message:
    message = work.messages.get(tenant.id, message_id)
    if message is None or not is_by_staff(message):
        raise not_found("draft")
    if message.kind != DRAFT:
        done = "discarded" if message.kind == DISCARDED else "sent"
        raise conflict("settled", f"This answer was {done} already.")
    return message

"""Who looks at their chat window just now: an answer shown to them there needs no mail.

Known to this process alone, and to nobody after a restart: the mail that waits leaves by itself
when its minute is over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.flow.context import Context
from gateway.ports.store import Work
from gateway.rules import events
from gateway.rules.model import Delivery, Message
from gateway.rules.states import State, Step, step

Change = Callable[[Delivery], Delivery]

WAIT = timedelta(seconds=60)
"""How long a mail waits for a person who is there to be shown its message (contract §8)."""


@dataclass(eq=False, slots=True)
class Stay:
    """A person at an open page. expected: messages to be shown there, and from when on."""

    tenant_id: str
    ref: int
    expected: dict[str, datetime] = field(default_factory=dict)

    def due(self, now: datetime) -> Sequence[str]:
        """Return the messages that the page shows by now and did not show before."""
        return [one for one, at in self.expected.items() if at <= now]


class Presence:
    """Knows the open pages, and settles the mails that wait for them."""

    def __init__(self, context: Context) -> None:
        """Work on these ports."""
        self._context = context
        self._stays: dict[tuple[str, int], list[Stay]] = {}

    def arrive(self, tenant_id: str, ref: int) -> Stay:
        """Note that a person's page is open."""
        stay = Stay(tenant_id, ref)
        self._stays.setdefault((tenant_id, ref), []).append(stay)
        return stay

    def leave(self, stay: Stay) -> Sequence[str]:
        """Note that it is closed; return the messages that no other page of theirs shows."""
        stays = self._stays[stay.tenant_id, stay.ref]
        stays.remove(stay)
        if not stays:
            del self._stays[stay.tenant_id, stay.ref]
            return list(stay.expected)
        return []

    def is_here(self, tenant_id: str, ref: int) -> bool:
        """Say whether a person looks at their page."""
        return (tenant_id, ref) in self._stays

    def expect(self, message: Message, refs: Sequence[int]) -> None:
        """Let the pages of these people show a message once its moment has come."""
        for ref in refs:
            for stay in self._stays.get((message.tenant_id, ref), ()):
                stay.expected[message.id] = message.received_at

    async def shown(self, stay: Stay, message_ids: Sequence[str]) -> None:
        """Note that a person was shown these messages; their mails are not needed any more."""
        now = self._context.clock.now()

        def settle(delivery: Delivery) -> Delivery:
            state = step(State(delivery.state), Step.SHOW).value
            return replace(delivery, state=state, next_attempt_at=None, updated_at=now)

        await self._change(stay, message_ids, settle, now)
        for other in self._stays.get((stay.tenant_id, stay.ref), ()):
            for message_id in message_ids:
                other.expected.pop(message_id, None)

    async def missed(self, stay: Stay, message_ids: Sequence[str]) -> None:
        """Let the mails of messages that were not shown leave at once."""
        now = self._context.clock.now()
        await self._change(
            stay, message_ids, lambda delivery: replace(delivery, next_attempt_at=now), now
        )

    async def _change(
        self, stay: Stay, message_ids: Sequence[str], change: Change, now: datetime
    ) -> None:
        context = self._context

        def store(work: Work) -> None:
            found = work.deliveries.of_messages(message_ids)
            waiting = [
                one
                for each in found.values()
                for one in each
                if one.participant_ref == stay.ref
                and one.tenant_id == stay.tenant_id
                and one.state == State.QUEUED
                and one.tries == 0
            ]
            for delivery in waiting:
                changed = change(delivery)
                if not work.deliveries.change(changed) or changed.state == delivery.state:
                    continue
                conversation = work.conversations.get(stay.tenant_id, delivery.conversation_id)
                if conversation is not None:
                    about = events.about_conversation(conversation)
                    kind = events.CONVERSATION_UPDATED
                    work.events.add(context.event(stay.tenant_id, kind, now, about))
            work.wake("deliveries")
            work.wake("events")

        await context.store.write(store)

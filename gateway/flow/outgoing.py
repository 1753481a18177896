"""How a message of the company leaves: placed, packed, posted, told of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.flow.aftermath import reopen
from gateway.flow.context import Context
from gateway.flow.outbox import Parcel, pack, post, stop_suppressed
from gateway.flow.people import Circle, gather, history, join
from gateway.flow.refusal import conflict, invalid
from gateway.mail.errors import MailError
from gateway.mail.mailbox import Mailbox
from gateway.ports.correspondence import Kept
from gateway.ports.lists import Taken
from gateway.ports.store import Work
from gateway.rules.model import ConversationStatus, Direction, Message, Tenant
from gateway.rules.replies import snippet_of
from gateway.rules.states import State

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Errand:
    """A message that is to leave.

    to: the recipients, the customer first. make: gives the parcel once the conversation
    and the messages before (oldest first) are known. also: what else the transaction stores.
    kept: the bytes of its attachments.
    """

    tenant: Tenant
    to: Sequence[Mailbox]
    make: Callable[[Circle, Sequence[Message]], Parcel]
    conversation_id: str | None = None
    subject: str = ""
    locale: str | None = None
    kept: Sequence[Kept] = ()
    also: Callable[[Work, Circle, Message], None] | None = None


async def send(context: Context, errand: Errand, now: datetime) -> tuple[Circle, Message]:
    """Store and queue it in one transaction; returns where it went and what was stored.

    Raises Refused if the conversation is unknown, what `errand.also` raises, and Fault.
    """
    for _ in range(_TRIES):
        circle = await gather(
            context,
            errand.tenant,
            errand.to,
            conversation_id=errand.conversation_id,
            subject=errand.subject,
            locale=errand.locale,
            now=now,
        )
        past = await context.store.read(lambda work: history(work, circle.conversation))  # noqa: B023
        try:
            packed = await pack(context, errand.make(circle, past), now)
        except MailError as error:
            raise invalid("message", f"No mail can be made of it: {error}") from error

        def store(work: Work, circle: Circle = circle) -> Message:
            join(context, work, circle, now)
            for kept in errand.kept:
                work.contents.add(kept)
            going = stop_suppressed(work, packed)  # noqa: B023 (runs before the next turn)
            message = post(context, work, going, now)
            touch(work, circle, message, now)
            if any(delivery.state == State.SUPPRESSED for delivery in going.deliveries):
                reopen(context, work, circle.conversation, now)
            if errand.also is not None:
                errand.also(work, circle, message)
            return message

        try:
            return circle, await context.store.write(store)
        except Taken as taken:
            # Two people got the same 40 random bits: roll again.
            if taken.field != "ref":
                raise
    raise conflict("try_again", "The conversation changed too quickly; send it again.")


def touch(work: Work, circle: Circle, message: Message, now: datetime) -> None:
    """Bring the conversation up to date with a message that was just stored."""
    conversation = work.conversations.get(message.tenant_id, circle.conversation.id)
    if conversation is None:
        return
    status = conversation.status
    if message.direction is Direction.OUT and status is ConversationStatus.OPEN:
        status = ConversationStatus.WAITING
    work.conversations.change(
        replace(
            conversation,
            status=status,
            updated_at=now,
            last_message=snippet_of(message.text or message.subject),
            last_message_at=now,
        )
    )

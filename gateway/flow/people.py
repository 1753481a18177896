"""Conversations and the people in them: found, or made ready to be added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.flow.context import Context
from gateway.flow.refusal import conflict, invalid, not_found
from gateway.mail.mailbox import Mailbox
from gateway.ports.lists import Page
from gateway.ports.store import Work
from gateway.rules import events, ids
from gateway.rules.model import Conversation, ConversationStatus, Message, Participant, Tenant
from gateway.rules.names import split_address

MAX_HOPS = 20


@dataclass(frozen=True, slots=True)
class Circle:
    """A conversation and the people that a message goes to.

    known: people who are in it already; new ones and a new conversation are added by `join`.
    """

    conversation: Conversation
    is_new: bool
    people: tuple[Participant, ...]
    known: frozenset[int]

    @property
    def customer(self) -> Participant:
        """The first recipient."""
        return self.people[0]


def refuse_own_domains(context: Context, mailboxes: Sequence[Mailbox], param: str) -> None:
    """Raise Refused if an address is on one of our own domains (contract §8)."""
    for mailbox in mailboxes:
        if context.names.owns(split_address(mailbox.address)[1]):
            detail = f"{mailbox.address} is on a domain of the gateway itself."
            raise invalid(param, detail, hint="Write to the customer's own address.")


def latest(work: Work, conversation: Conversation) -> Conversation:
    """Return the conversation that took this one's place after merges."""
    for _ in range(MAX_HOPS):
        if conversation.merged_into is None:
            break
        found = work.conversations.get(conversation.tenant_id, conversation.merged_into)
        if found is None:
            break
        conversation = found
    return conversation


def history(work: Work, conversation: Conversation) -> Sequence[Message]:
    """Return all messages of a conversation, oldest first."""
    messages: list[Message] = []
    cursor: str | None = None
    while True:
        page = Page(100, cursor)
        listed = work.messages.of_conversation(conversation.tenant_id, conversation.id, page)
        messages += listed.items
        cursor = listed.next_cursor
        if cursor is None:
            return messages


async def gather(
    context: Context,
    tenant: Tenant,
    to: Sequence[Mailbox],
    *,
    conversation_id: str | None,
    subject: str,
    locale: str | None,
    now: datetime,
) -> Circle:
    """Return the conversation and its people: those it has, and new ones for new addresses.

    to: the customer first. Raises Refused if the conversation is unknown.
    """
    found: Sequence[Participant] = ()
    is_new = conversation_id is None
    if conversation_id is None:
        conversation = Conversation(
            id=context.new_id(ids.CONVERSATION, now),
            tenant_id=tenant.id,
            subject=subject,
            customer=to[0],
            created_at=now,
            updated_at=now,
            status=ConversationStatus.WAITING,
            locale=locale,
        )
    else:

        def look(work: Work) -> tuple[Conversation, Sequence[Participant]] | None:
            known = work.conversations.get(tenant.id, conversation_id)
            if known is None:
                return None
            known = latest(work, known)
            return known, work.conversations.participants(tenant.id, known.id)

        looked = await context.store.read(look)
        if looked is None:
            raise not_found("conversation")
        conversation, found = looked
    by_address = {person.mailbox.address.lower(): person for person in found}
    people: list[Participant] = []
    for position, mailbox in enumerate(to):
        person = by_address.get(mailbox.address.lower())
        if person is None:
            role = "customer" if position == 0 and is_new else "cc"
            person = Participant(
                ref=context.new_ref(),
                tenant_id=tenant.id,
                conversation_id=conversation.id,
                mailbox=mailbox,
                role=role,
                created_at=now,
            )
            by_address[mailbox.address.lower()] = person
            people.append(person)
        elif person not in people:
            people.append(person)
    known = frozenset(person.ref for person in found)
    return Circle(conversation, is_new, tuple(people), known)


def join(context: Context, work: Work, circle: Circle, now: datetime) -> None:
    """Add what is new of a circle, in the caller's transaction."""
    conversation = circle.conversation
    if circle.is_new:
        work.conversations.add(conversation)
        about = events.about_conversation(conversation)
        kind = events.CONVERSATION_CREATED
        work.events.add(context.event(conversation.tenant_id, kind, now, about))
    elif work.conversations.get(conversation.tenant_id, conversation.id) is None:
        raise conflict("conversation_gone", "The conversation was removed in the meantime.")
    for person in circle.people:
        if person.ref not in circle.known:
            work.conversations.add_participant(person)

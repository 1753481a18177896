"""Conversations that become one, and messages that get one of their own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gateway.flow.context import Context
from gateway.flow.people import MAX_HOPS, history, latest
from gateway.flow.refusal import conflict, invalid, not_found
from gateway.ports.lists import Taken
from gateway.ports.store import Work
from gateway.rules import events, ids
from gateway.rules.model import (
    Conversation,
    ConversationStatus,
    Direction,
    Message,
    Participant,
    Tenant,
)
from gateway.rules.replies import snippet_of

_TRIES = 5


class Sorting:
    """Merges and splits conversations."""

    def __init__(self, context: Context) -> None:
        """Work on these ports."""
        self._context = context

    async def merge(self, tenant: Tenant, conversation_id: str, into: str) -> Conversation:
        """Move everything of a conversation into another one, and return that.

        Its people come along, so that their tokens and links lead there. Raises Refused:
        unknown, the same one, merged already.
        """
        context, now = self._context, self._context.clock.now()

        def store(work: Work) -> Conversation:
            old = work.conversations.get(tenant.id, conversation_id)
            named = work.conversations.get(tenant.id, into)
            if old is None:
                raise not_found("conversation")
            if named is None:
                raise invalid("into", "There is no such conversation.")
            if old.merged_into is not None:
                raise conflict("merged", f"It was merged into {old.merged_into} already.")
            new = latest(work, named)
            if new.id == old.id:
                raise invalid("into", "A conversation can't be merged into itself.")
            for person in work.conversations.participants(tenant.id, old.id):
                _come_along(work, person, new)
            work.messages.move(tenant.id, old.id, new.id)
            gone = replace(
                old,
                merged_into=new.id,
                status=ConversationStatus.CLOSED,
                unread=0,
                failed=False,
                updated_at=now,
            )
            self._store(work, gone, now, merged_into=new.id)
            later = _is_later(old, new)
            opens = ConversationStatus.OPEN in {old.status, new.status}
            taken = replace(
                new,
                status=ConversationStatus.OPEN if opens else new.status,
                unread=new.unread + old.unread,
                failed=new.failed or old.failed,
                tags=tuple(dict.fromkeys((*new.tags, *old.tags))),
                last_message=old.last_message if later else new.last_message,
                last_message_at=old.last_message_at if later else new.last_message_at,
                updated_at=now,
            )
            self._store(work, taken, now, merged=old.id)
            return work.conversations.get(tenant.id, new.id) or taken

        return await context.store.write(store)

    async def split(
        self, tenant: Tenant, conversation_id: str, message_ids: Sequence[str]
    ) -> Conversation:
        """Move messages into a new conversation, and return it.

        Answers to them go there too, though their tokens are of the old one. Raises Refused:
        unknown, a message of elsewhere, nothing would stay.
        """
        context = self._context
        for _ in range(_TRIES):
            now = context.clock.now()
            refs = [context.new_ref() for _ in range(200)]
            try:
                return await context.store.write(
                    lambda work, now=now, refs=refs: self._split(  # type: ignore[misc]
                        work, tenant, conversation_id, message_ids, refs=refs, now=now
                    )
                )
            except Taken:
                # Two people got the same 40 random bits: roll again.
                continue
        raise conflict("try_again", "The conversation changed too quickly; try again.")

    def _split(
        self,
        work: Work,
        tenant: Tenant,
        conversation_id: str,
        message_ids: Sequence[str],
        *,
        refs: list[int],
        now: datetime,
    ) -> Conversation:
        old = work.conversations.get(tenant.id, conversation_id)
        if old is None:
            raise not_found("conversation")
        messages = {message.id: message for message in history(work, old)}
        for index, one in enumerate(message_ids):
            if one not in messages:
                raise invalid(f"message_ids.{index}", "It is no message of this conversation.")
        going = [message for message in messages.values() if message.id in set(message_ids)]
        staying = [message for message in messages.values() if message.id not in set(message_ids)]
        if not staying:
            raise conflict("nothing_left", "No message would stay in the conversation.")
        unread = {one.id for one in _newest_in(list(messages.values()), old.unread)}
        new = Conversation(
            id=self._context.new_id(ids.CONVERSATION, now),
            tenant_id=tenant.id,
            subject=going[0].subject or old.subject,
            customer=old.customer,
            created_at=now,
            updated_at=now,
            status=old.status,
            unread=sum(one.id in unread for one in going),
            last_message=_snippet(going),
            last_message_at=going[-1].received_at,
            locale=old.locale,
            split_from=old.id,
        )
        work.conversations.add(new)
        about = {**events.about_conversation(new), "split_from": old.id}
        kind = events.CONVERSATION_CREATED
        work.events.add(self._context.event(tenant.id, kind, now, about))
        people = work.conversations.participants(tenant.id, old.id)
        copies = {
            person.ref: replace(
                person, ref=refs[index], conversation_id=new.id, created_at=now, link_issue=0
            )
            for index, person in enumerate(people[: len(refs)])
        }
        for person in copies.values():
            work.conversations.add_participant(person)
        work.messages.move(tenant.id, old.id, new.id, [one.id for one in going])
        for message in going:
            writer = copies.get(message.author_ref or -1)
            if writer is not None:
                moved = replace(message, conversation_id=new.id, author_ref=writer.ref)
                work.messages.change(moved)
        left = replace(
            old,
            unread=sum(one.id in unread for one in staying),
            last_message=_snippet(staying),
            last_message_at=staying[-1].received_at,
            updated_at=now,
        )
        self._store(work, left, now, split=new.id)
        return work.conversations.get(tenant.id, new.id) or new

    def _store(self, work: Work, conversation: Conversation, now: datetime, **more: str) -> None:
        work.conversations.change(conversation)
        about = {**events.about_conversation(conversation), **more}
        kind = events.CONVERSATION_UPDATED
        work.events.add(self._context.event(conversation.tenant_id, kind, now, about))
        work.wake("events")


def descends(work: Work, conversation: Conversation, ancestor_id: str) -> bool:
    """Say whether a conversation was split from another one, or from one that was."""
    for _ in range(MAX_HOPS):
        if conversation.split_from is None:
            return False
        if conversation.split_from == ancestor_id:
            return True
        found = work.conversations.get(conversation.tenant_id, conversation.split_from)
        if found is None:
            return False
        conversation = found
    return False


def _come_along(work: Work, person: Participant, new: Conversation) -> None:
    """Let a person of a conversation be in the one that takes its place."""
    is_customer = person.mailbox.address.lower() == new.customer.address.lower()
    role = person.role
    if role == "customer" and not is_customer:
        role = "cc"
    moved = replace(person, conversation_id=new.id, role=role)
    work.conversations.change_participant(moved)


def _is_later(one: Conversation, other: Conversation) -> bool:
    if one.last_message_at is None:
        return False
    return other.last_message_at is None or one.last_message_at > other.last_message_at


def _newest_in(messages: Sequence[Message], count: int) -> Sequence[Message]:
    """Return the messages that nobody of the company has seen: the newest that came in."""
    came = [one for one in messages if one.direction is Direction.IN]
    return came[-count:] if count else ()


def _snippet(messages: Sequence[Message]) -> str:
    return snippet_of(messages[-1].text or messages[-1].subject)

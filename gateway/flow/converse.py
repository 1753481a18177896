"""What a company does in its conversations."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from gateway.flow.answering import answer_message, last_words
from gateway.flow.companies import stale
from gateway.flow.context import Context
from gateway.flow.drafts import AnswerDraft, ConversationDraft
from gateway.flow.outbox import Addressee, Packed, Parcel, documents, files_of, post
from gateway.flow.outgoing import Errand, send, touch
from gateway.flow.people import Circle, history, latest, refuse_own_domains
from gateway.flow.presence import WAIT, Presence
from gateway.flow.quota import Quota
from gateway.flow.refusal import invalid, not_found
from gateway.flow.writing import Envelope, answer_copies, size_of
from gateway.mail.mailbox import Mailbox
from gateway.ports.lists import Stale
from gateway.ports.store import Work
from gateway.rules import events, ids
from gateway.rules.model import (
    Channel,
    Conversation,
    ConversationStatus,
    Direction,
    Message,
    Participant,
    Tenant,
)
from gateway.rules.tags import LONGEST_TAG, MOST_TAGS


class Conversing:
    """Begins conversations, answers in them, and keeps them in order."""

    def __init__(self, context: Context, quota: Quota, presence: Presence | None = None) -> None:
        """Work on these ports; `quota` bounds what a company may send.

        presence: whose mail may wait, since they look at their chat window.
        """
        self._presence = presence or Presence(context)
        self._context = context
        self._quota = quota

    async def begin(self, tenant: Tenant, draft: ConversationDraft) -> tuple[Conversation, Message]:
        """Begin a conversation with a mail to the customer; raises Refused."""
        refuse_own_domains(self._context, (draft.customer,), "customer.email")
        answer = AnswerDraft(draft.text, attachments=draft.attachments)
        circle, message = await self._send(
            tenant, answer, (draft.customer,), None, Channel.EMAIL, subject=draft.subject
        )
        return await self.conversation(tenant, circle.conversation.id), message

    async def answer(
        self,
        tenant: Tenant,
        conversation_id: str,
        draft: AnswerDraft,
        *,
        channel: Channel = Channel.EMAIL,
        hold: timedelta | None = None,
        also: Callable[[Work, Circle, Message], None] | None = None,
    ) -> Message:
        """Write to the customer and everybody else in the conversation, or note something.

        hold: how long it may be taken back before it leaves (`flow.taking_back`).
        also: what else the transaction stores that sends it; notes know none.

        Raises Refused if the conversation is unknown, or nothing is written; what `also` raises.
        """
        if not draft.text.strip() and not draft.html and not draft.attachments:
            raise invalid("text", "A message needs a text or an attachment.")
        if draft.note:
            return await self._note(tenant, conversation_id, draft)

        def look(work: Work) -> tuple[Conversation, Sequence[Participant]] | None:
            known = work.conversations.get(tenant.id, conversation_id)
            if known is None:
                return None
            known = latest(work, known)
            return known, work.conversations.participants(tenant.id, known.id)

        found = await self._context.store.read(look)
        if found is None:
            raise not_found("conversation")
        conversation, people = found
        to = tuple(person.mailbox for person in people if person.role in {"customer", "cc"}) or (
            conversation.customer,
        )
        sent = self._send(tenant, draft, to, conversation.id, channel, hold=hold, also=also)
        return (await sent)[1]

    async def mark_read(self, tenant: Tenant, conversation_id: str) -> Conversation:
        """Note that the company has seen everything; raises Refused if unknown."""

        def change(conversation: Conversation) -> Conversation:
            return replace(conversation, unread=0)

        return await self._change(tenant, conversation_id, change_of=change, quiet=True)

    async def mark_unread(self, tenant: Tenant, conversation_id: str) -> Conversation:
        """Let somebody of the company look at it again; raises Refused if unknown."""

        def change(conversation: Conversation) -> Conversation:
            return replace(conversation, unread=max(1, conversation.unread))

        return await self._change(tenant, conversation_id, change_of=change, quiet=True)

    async def change(
        self,
        tenant: Tenant,
        conversation_id: str,
        *,
        status: ConversationStatus | None = None,
        tags: Sequence[str] | None = None,
        assignee: str | None = None,
        subject: str | None = None,
        version: int | None = None,
    ) -> Conversation:
        """Change what is given. assignee "": nobody. Raises Refused (unknown, stale)."""

        def change(conversation: Conversation) -> Conversation:
            closed = status is not None and status is not ConversationStatus.OPEN
            return replace(
                conversation,
                status=conversation.status if status is None else status,
                tags=conversation.tags if tags is None else tuple(tags),
                assignee=conversation.assignee if assignee is None else assignee or None,
                subject=conversation.subject if subject is None else subject,
                failed=conversation.failed and not closed,
            )

        return await self._change(tenant, conversation_id, version=version, change_of=change)

    async def tag(
        self, tenant: Tenant, conversation_id: str, *, add: str = "", remove: str = ""
    ) -> Conversation:
        """Add a tag, take one away. Raises Refused: unknown, no tag, too long, too many."""
        added = " ".join(add.split())
        if not added and not remove:
            raise invalid("add", "Write a tag.", code="missing")
        if len(added) > LONGEST_TAG or not added.isprintable():
            raise invalid("add", f"A tag is a line of {LONGEST_TAG} characters at most.")

        def change(conversation: Conversation) -> Conversation:
            kept = [one for one in conversation.tags if one != remove]
            tags = tuple(dict.fromkeys([*kept, *([added] if added else [])]))
            if len(tags) > MOST_TAGS and len(tags) > len(conversation.tags):
                raise invalid("add", f"A conversation has {MOST_TAGS} tags at most.")
            return replace(conversation, tags=tags)

        return await self._change(tenant, conversation_id, change_of=change)

    async def approve_sender(
        self, tenant: Tenant, conversation_id: str, address: str
    ) -> Conversation:
        """Show a stranger's messages on the customer's page from now on.

        Raises Refused if nobody with that address wrote in the conversation.
        """
        context, now = self._context, self._context.clock.now()

        def store(work: Work) -> Conversation:
            conversation = work.conversations.get(tenant.id, conversation_id)
            if conversation is None:
                raise not_found("conversation")
            people = work.conversations.participants(tenant.id, conversation.id)
            wanted = [p for p in people if p.mailbox.address.lower() == address.lower()]
            if not wanted:
                raise invalid("address", f"Nobody with the address {address} wrote here.")
            for person in wanted:
                work.conversations.change_participant(replace(person, approved=True))
            approved = {person.ref for person in wanted}
            for message in history(work, conversation):
                if message.author_ref in approved:
                    work.messages.change_standing(replace(message, visible=True))
            changed = work.conversations.change(replace(conversation, updated_at=now))
            about = events.about_conversation(changed)
            kind = events.CONVERSATION_UPDATED
            work.events.add(context.event(tenant.id, kind, now, about))
            return changed

        return await context.store.write(store)

    async def conversation(self, tenant: Tenant, conversation_id: str) -> Conversation:
        """Return it; raises Refused if unknown."""
        found = await self._context.store.read(
            lambda work: work.conversations.get(tenant.id, conversation_id)
        )
        if found is None:
            raise not_found("conversation")
        return found

    async def _send(
        self,
        tenant: Tenant,
        draft: AnswerDraft,
        to: Sequence[Mailbox],
        conversation_id: str | None,
        channel: Channel,
        *,
        subject: str = "",
        hold: timedelta | None = None,
        also: Callable[[Work, Circle, Message], None] | None = None,
    ) -> tuple[Circle, Message]:
        context, now = self._context, self._context.clock.now()
        leaves_at, presence = now + hold if hold else None, self._presence
        self._quota.take(tenant.id, len(to), now)
        message_id = context.new_id(ids.MESSAGE, now)
        attachments, kept = await documents(context, tenant.id, message_id, draft.attachments, now)
        files = await files_of(context, attachments, kept)

        def make(circle: Circle, past: Sequence[Message]) -> Parcel:
            message = answer_message(
                context,
                tenant,
                circle,
                past,
                draft,
                message_id=message_id,
                attachments=attachments,
                subject=subject,
                channel=channel,
                now=leaves_at or now,
            )
            build = answer_copies(
                Envelope(context, tenant, message, files),
                html=draft.html,
                locale=circle.conversation.locale,
                quoted=last_words(past),
            )
            shown_at = leaves_at or now
            here = [p.ref for p in circle.people if presence.is_here(tenant.id, p.ref)]
            people = tuple(
                Addressee(person, not_before=shown_at + WAIT if person.ref in here else None)
                for person in circle.people
            )
            return Parcel(tenant, message, people, build, size_of(files), leaves_at=leaves_at)

        errand = Errand(tenant, to, make, conversation_id, subject, kept=kept, also=also)
        circle, message = await send(context, errand, now)
        presence.expect(message, [person.ref for person in circle.people])
        return circle, message

    async def _note(self, tenant: Tenant, conversation_id: str, draft: AnswerDraft) -> Message:
        context, now = self._context, self._context.clock.now()
        message_id = context.new_id(ids.MESSAGE, now)
        attachments, kept = await documents(context, tenant.id, message_id, draft.attachments, now)
        note = Message(
            id=message_id,
            tenant_id=tenant.id,
            conversation_id=conversation_id,
            direction=Direction.NOTE,
            channel=Channel.API,
            from_=context.names.sender_mailbox(tenant),
            subject="",
            received_at=now,
            date=now,
            text=draft.text,
            full_text=draft.text,
            visible=False,
            attachments=attachments,
            author=draft.author,
        )

        def store(work: Work) -> Message:
            known = work.conversations.get(tenant.id, conversation_id)
            if known is None:
                raise not_found("conversation")
            known = latest(work, known)
            circle = Circle(known, False, (), frozenset())
            placed = replace(note, conversation_id=known.id)
            message = post(context, work, Packed(placed, (), tuple(kept)), now)
            touch(work, circle, message, now)
            return message

        return await context.store.write(store)

    async def _change(
        self,
        tenant: Tenant,
        conversation_id: str,
        *,
        change_of: Callable[[Conversation], Conversation],
        version: int | None = None,
        quiet: bool = False,
    ) -> Conversation:
        context, now = self._context, self._context.clock.now()

        def store(work: Work) -> Conversation:
            conversation = work.conversations.get(tenant.id, conversation_id)
            if conversation is None:
                raise not_found("conversation")
            if version is not None and conversation.version != version:
                raise stale("conversation")
            wanted = change_of(conversation)
            if wanted == conversation:
                return conversation
            changed = work.conversations.change(
                wanted if quiet else replace(wanted, updated_at=now)
            )
            about = events.about_conversation(changed)
            kind = events.CONVERSATION_UPDATED
            work.events.add(context.event(tenant.id, kind, now, about))
            work.wake("events")
            return changed

        try:
            return await context.store.write(store)
        except Stale as error:
            raise stale("conversation") from error

"""What a company's people answer by mail: sent for the company if it is from them for certain.

The token says which message is answered, never who writes. Only mail from the listed address
whose sender is verified speaks for the company; any other waits in the Inbox as a draft.
"""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from gateway.flow.contents import whole
from gateway.flow.context import Context
from gateway.flow.converse import Conversing
from gateway.flow.drafts import AnswerDraft, Document
from gateway.flow.refusal import Refused
from gateway.mail.errors import Fault
from gateway.ports.store import Work
from gateway.ports.verifier import Authentication
from gateway.rules import events
from gateway.rules.model import ConversationStatus, Direction, Message, Tenant

log = structlog.get_logger()

STAFF = "staff_answer"
"""The kind of an answer that nobody knows yet whether to send."""
DRAFT = "staff_draft"
SENT = "staff_sent"
DISCARDED = "staff_discarded"
TOPIC = "staff"
_PREFIX = "staff:"
_AT_ONCE = 20
_LOOK_EVERY = timedelta(minutes=1)


def as_staff_answer(message: Message, *, verify: bool) -> Message:
    """Return what came by a staff token as a note. verify: its sender is going to be verified."""
    return replace(
        message,
        direction=Direction.NOTE,
        kind=STAFF if verify else DRAFT,
        visible=False,
        author_ref=None,
        suggestions={},
    )


def is_by_staff(message: Message) -> bool:
    """Say whether a message came by a staff token."""
    return message.kind in {STAFF, DRAFT, SENT, DISCARDED}


def settle_staff_answer(
    context: Context, work: Work, message: Message, found: Authentication, *, is_final: bool
) -> None:
    """Let an answer be sent, or keep it as a draft, now that its sender is known.

    is_final: nothing more is going to be known.
    """
    tenant = work.tenants.get(message.tenant_id)
    listed = (tenant.notify_address or "").lower() if tenant else ""
    author = (found.author or "").lower()
    if found.verdict == "pass" and listed and author == listed and message.automatic is None:
        work.facts.put(f"{_PREFIX}{message.id}", message.tenant_id)
        work.wake(TOPIC)
    elif is_final:
        keep_as_draft(context, work, message, context.clock.now())


def keep_as_draft(context: Context, work: Work, message: Message, now: datetime) -> None:
    """Let somebody of the company look at an answer that was not sent; machines' can wait."""
    work.messages.change(replace(message, kind=DRAFT))
    conversation = work.conversations.get(message.tenant_id, message.conversation_id)
    if conversation is None or message.automatic is not None:
        return
    changed = replace(
        conversation,
        status=ConversationStatus.OPEN,
        unread=conversation.unread + 1,
        updated_at=now,
    )
    work.conversations.change(changed)
    about = events.about_conversation(changed)
    kind = events.CONVERSATION_UPDATED
    work.events.add(context.event(changed.tenant_id, kind, now, about))
    work.wake("events")


class StaffAnswers:
    """Sends answers whose senders were verified."""

    def __init__(self, context: Context, conversing: Conversing) -> None:
        """Work on these ports; `conversing` sends."""
        self._context = context
        self._conversing = conversing

    async def run(self) -> None:
        """Send until cancelled."""
        seen = 0
        while True:
            try:
                await self.send()
            except Fault as error:
                log.warning("staff_answers.not_sent", why=str(error))
            seconds = _LOOK_EVERY.total_seconds()
            seen = await self._context.store.wait(TOPIC, seen, seconds)

    async def send(self) -> int:
        """Send all that may be sent now; return how many it was. Raises Fault."""
        sent = 0
        while True:
            notes = await self._context.store.read(lambda work: work.facts.under(_PREFIX, _AT_ONCE))
            for name, tenant_id in notes.items():
                sent += await self._send(name, tenant_id)
            if len(notes) < _AT_ONCE:
                return sent
            await asyncio.sleep(0)

    async def _send(self, name: str, tenant_id: str) -> bool:
        context, message_id = self._context, name.removeprefix(_PREFIX)

        def look(work: Work) -> tuple[Tenant | None, Message | None]:
            return work.tenants.get(tenant_id), work.messages.get(tenant_id, message_id)

        tenant, message = await context.store.read(look)
        done = False
        if tenant is not None and message is not None and message.kind == STAFF:
            done = await self._answer(tenant, message)

        def store(work: Work) -> None:
            # A crash before this sends twice rather than never.
            work.facts.remove(name)
            current = work.messages.get(tenant_id, message_id)
            if current is None or current.kind != STAFF:
                return
            if done:
                work.messages.change(replace(current, kind=SENT))
            else:
                keep_as_draft(context, work, current, context.clock.now())

        await context.store.write(store)
        return done

    async def _answer(self, tenant: Tenant, message: Message) -> bool:
        author = message.from_.name or message.from_.address
        draft = await answer_in(self._context, message, author)
        try:
            await self._conversing.answer(tenant, message.conversation_id, draft)
        except Refused as refused:
            log.warning("staff_answers.refused", id=message.id, why=refused.detail)
            return False
        return True


async def answer_in(context: Context, message: Message, author: str) -> AnswerDraft:
    """Return the answer that a mail of the people holds, with its files. Raises Fault."""
    files = [
        Document(
            attachment.filename,
            attachment.content_type,
            await whole(context, message.tenant_id, attachment.sha256),
        )
        for attachment in message.attachments
        if not attachment.inline
    ]
    return AnswerDraft(message.text, attachments=tuple(files), author=author)

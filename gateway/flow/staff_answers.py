"""What a company's people answer by mail: sent for the company if it is from them for certain.

The token says which message is answered, never who writes. Only mail from the listed address
whose sender is verified speaks for the company; any other waits in the Inbox as a draft.
"""

from dataclasses import replace
from datetime import datetime

import structlog

from gateway.flow.contents import whole
from gateway.flow.context import Context
from gateway.flow.converse import Conversing
from gateway.flow.drafts import AnswerDraft, Document
from gateway.flow.notes import NoteTask
from gateway.flow.people import Circle
from gateway.flow.refusal import Refused
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
        StaffAnswers.order(work, message.id, message.tenant_id)
    elif is_final:
        keep_as_draft(context, work, message, context.clock.now())


def keep_as_draft(context: Context, work: Work, message: Message, now: datetime) -> None:
    """Let somebody of the company look at an answer that was not sent; machines' can wait."""
    work.messages.change_standing(replace(message, kind=DRAFT))
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


class StaffAnswers(NoteTask):
    """Sends answers whose senders were verified. A note: the message's id, and the company's."""

    prefix = "staff:"

    def __init__(self, context: Context, conversing: Conversing) -> None:
        """Work on these ports; `conversing` sends."""
        super().__init__(context)
        self._conversing = conversing

    async def do(self, name: str, value: str) -> bool:
        """Send an answer; what can't be sent stays as a draft."""
        context = self._context

        def look(work: Work) -> tuple[Tenant | None, Message | None]:
            return work.tenants.get(value), work.messages.get(value, name)

        tenant, message = await context.store.read(look)
        if (
            tenant is not None
            and message is not None
            and message.kind == STAFF
            and await self._answer(tenant, message)
        ):
            return True

        def keep(work: Work) -> None:
            if not self.take(work, name):
                return  # another process did it
            current = work.messages.get(value, name)
            if current is not None and current.kind == STAFF:
                keep_as_draft(context, work, current, context.clock.now())

        await context.store.write(keep)
        return False

    async def _answer(self, tenant: Tenant, message: Message) -> bool:
        """Send it in the transaction that takes the note away: once. False if it can't be sent."""
        author = message.from_.name or message.from_.address
        draft = await answer_in(self._context, message, author)

        def also(work: Work, _circle: Circle, _sent: Message) -> None:
            current = work.messages.get(tenant.id, message.id)
            if not self.take(work, message.id) or current is None or current.kind != STAFF:
                raise _SentAlready
            work.messages.change_standing(replace(current, kind=SENT))

        try:
            await self._conversing.answer(tenant, message.conversation_id, draft, also=also)
        except Refused as refused:
            log.warning("staff_answers.refused", id=message.id, why=refused.detail)
            return False
        except _SentAlready:
            return False
        return True


class _SentAlready(Exception):  # noqa: N818 (it undoes the transaction that came second)
    """Another process sent it in the meantime."""


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

"""Kept raw mail through today's parser and threader: what would differ, and mending it.

What a person or another mail may have built upon stays: a message keeps its id, its
conversation, its place there, who wrote it and who may see it; an attachment keeps its id,
and none is ever taken away. Today's threader is only asked what it would say.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.flow.context import Context
from gateway.flow.people import latest
from gateway.flow.placing import clues_of, find_place
from gateway.flow.reading_in import forwarded_of, keep_documents
from gateway.flow.recognising import recognised
from gateway.flow.redaction import redacted
from gateway.flow.report import bounces_of
from gateway.flow.suggesting import hints_of, suggestions_of
from gateway.mail.errors import MailError
from gateway.mail.reading import Reading
from gateway.ports.lists import Page
from gateway.ports.parser import Parser, ReaderDied
from gateway.ports.queues import Inbound
from gateway.ports.store import Work
from gateway.rules import events
from gateway.rules.bounce_rules import BounceRule
from gateway.rules.model import IMPORTED, Attachment, Conversation, Message
from gateway.rules.replies import snippet_of

_KINDS = frozenset({"message", IMPORTED})
_SHOWN_CHARS = 400


@dataclass(frozen=True, slots=True)
class Difference:
    """A message that today would be read, or placed, in another way.

    changes: by field, JSON values: {"was", "is"}; long texts are cut.
    elsewhere: where today's threader would put it: {"conversation_id", "rule", "evidence"}.
    trouble: why it could not be read today; then nothing of it is changed.
    """

    message: Message
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    elsewhere: Mapping[str, Any] | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A page of messages. looked_at: how many were read. position: of the last one."""

    differences: tuple[Difference, ...]
    looked_at: int
    position: int
    next_cursor: str | None


class Replay:
    """Reads kept mail again."""

    def __init__(self, context: Context, parser: Parser, *, dry_run: bool) -> None:
        """dry_run: tell of differences, change nothing."""
        self._context = context
        self._parser = parser
        self._dry_run = dry_run

    async def page(self, page: Page, since: datetime | None) -> Replayed:
        """Replay a page of the messages that came in, newest first. Raises Fault, BadCursor."""
        listed = await self._context.store.read(
            lambda work: work.messages.page(None, page, direction="in", channel="email")
        )
        looked_at, found = 0, list[Difference]()
        for message in listed.items:
            is_wanted = since is None or message.received_at >= since
            if message.raw_sha256 is None or message.kind not in _KINDS or not is_wanted:
                continue
            looked_at += 1
            difference = await self.message(message)
            if difference is not None:
                found.append(difference)
        position = listed.items[-1].position if listed.items else 0
        return Replayed(tuple(found), looked_at, position, listed.next_cursor)

    async def message(self, message: Message) -> Difference | None:
        """Replay one; return how it differs, or None. Raises Fault."""
        context = self._context
        inbound = await context.store.read(lambda work: work.spool.get(message.id))
        try:
            reading = await self._read(message, inbound)
        except (MailError, ReaderDied) as error:
            return Difference(message, trouble=str(error)) if message.readable else None
        try:
            if inbound is not None:
                reading = await recognised(context, inbound, reading)
            shown = redacted(context.keys, reading)
            today = _today(message, shown, context.refusals.rules)
            changes = _changes(message, today)
            elsewhere = await self._elsewhere(message, inbound, reading)
            if changes and not self._dry_run:
                await self._mend(message, shown)
        finally:
            await _drop_files(reading)
        return Difference(message, changes, elsewhere) if changes or elsewhere else None

    async def _read(self, message: Message, inbound: Inbound | None) -> Reading:
        context, tenant_id, sha256 = self._context, message.tenant_id, message.raw_sha256 or ""
        kept = await context.store.read(lambda work: work.contents.get(tenant_id, sha256))
        if kept is None:
            raise MailError("its bytes are kept no more")
        source = kept.data or Path(await context.blobs.path(tenant_id, sha256))
        is_report = inbound is not None and not inbound.envelope.sender
        return await self._parser.read(source, null_sender=is_report)

    async def _elsewhere(
        self, message: Message, inbound: Inbound | None, reading: Reading
    ) -> Mapping[str, Any] | None:
        """Return where today's threader would put it, if that is elsewhere."""
        if inbound is None:
            return None
        context = self._context
        recipients = [recipient.address for recipient in inbound.envelope.recipients]
        seen = clues_of(context, reading, recipients)

        def look(work: Work) -> Mapping[str, Any] | None:
            tenant = work.tenants.get(message.tenant_id)
            home = work.conversations.get(message.tenant_id, message.conversation_id)
            if tenant is None or home is None:
                return None
            placed = find_place(context, work, tenant, reading, recipients, seen=seen)
            found: Conversation | None = placed.conversation
            is_here = found is not None and found.id == latest(work, home).id
            was_new = message.threading.rule == "new"
            if is_here or (found is None and was_new):
                return None
            return {
                "conversation_id": found.id if found else None,
                "rule": placed.place.rule,
                "evidence": placed.place.evidence,
            }

        return await context.store.read(look)

    async def _mend(self, message: Message, reading: Reading) -> None:
        context, now = self._context, self._context.clock.now()
        brought, kept = await keep_documents(context, message.tenant_id, message.id, reading, now)

        def store(work: Work) -> None:
            stored = work.messages.get(message.tenant_id, message.id)
            if stored is None:
                return
            for one in kept:
                work.contents.add(one)
            mended = replace(
                _today(stored, reading, context.refusals.rules),
                attachments=_joined(stored.attachments, brought),
                suggestions=suggestions_of(work, stored.tenant_id, hints_of(reading)),
            )
            work.messages.change(mended)
            work.messages.change_attachments(mended)
            conversation = work.conversations.get(stored.tenant_id, stored.conversation_id)
            if conversation is None:
                return
            was = snippet_of(stored.text or stored.subject)
            if conversation.last_message == was:
                snippet = snippet_of(mended.text or mended.subject)
                conversation = work.conversations.change(
                    replace(conversation, last_message=snippet)
                )
            about = events.about_conversation(conversation)
            kind = events.CONVERSATION_UPDATED
            work.events.add(context.event(stored.tenant_id, kind, now, about))
            work.wake("events")

        await context.store.write(store)


async def _drop_files(reading: Reading) -> None:
    """Remove what a reader left behind; what was kept is gone from there already."""
    for attachment in reading.attachments:
        if attachment.path is not None:
            await asyncio.to_thread(Path(attachment.path).unlink, missing_ok=True)


def _today(message: Message, reading: Reading, rules: Sequence[BounceRule]) -> Message:
    """Return the message with what is read in it today. rules: the admin's, for refusals."""
    return replace(
        message,
        from_=reading.from_[0] if reading.from_ else message.from_,
        to=reading.to,
        cc=reading.cc,
        reply_to=reading.reply_to,
        subject=reading.subject,
        date=reading.date,
        message_id=message.message_id or reading.message_id or None,
        in_reply_to=reading.in_reply_to,
        references=reading.references,
        text=reading.text,
        quoted_text=reading.quoted_text,
        signature=reading.signature,
        full_text=reading.full_text,
        html=reading.html,
        forwarded=forwarded_of(reading),
        automatic=reading.automatic,
        bounces=bounces_of(reading.report, rules) if reading.report else (),
        readable=reading.readable,
        attachments=_joined(message.attachments, _unnamed(message, reading)),
    )


def _unnamed(message: Message, reading: Reading) -> tuple[Attachment, ...]:
    """Return the documents of a reading, without ids."""
    return tuple(
        Attachment(
            id="",
            tenant_id=message.tenant_id,
            message_id=message.id,
            filename=found.filename,
            content_type=found.content_type,
            size=found.size,
            sha256=found.sha256,
            inline=found.inline,
            content_id=found.content_id,
        )
        for found in reading.attachments
    )


def _joined(known: Sequence[Attachment], found: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """Return the known documents, called as they are today, and behind them the new ones."""
    todays: dict[str, list[Attachment]] = {}
    for one in found:
        todays.setdefault(one.sha256, []).append(one)
    joined = []
    for old in known:
        same = todays.get(old.sha256)
        joined.append(replace(same.pop(0), id=old.id) if same else old)
    return (*joined, *(one for rest in todays.values() for one in rest))


_COMPARED = (
    "subject", "from_", "to", "cc", "reply_to", "date", "message_id", "in_reply_to", "references",
    "text", "quoted_text", "signature", "full_text", "html", "forwarded", "automatic", "bounces",
    "readable", "attachments",
)  # fmt: skip


def _changes(message: Message, today: Message) -> Mapping[str, Mapping[str, Any]]:
    changes = {}
    for name in _COMPARED:
        was, now = (_plain(getattr(one, name)) for one in (message, today))
        if was != now:
            changes[name.rstrip("_")] = {"was": _cut(was), "is": _cut(now)}
    return changes


def _plain(value: Any) -> Any:
    """Return a value as JSON would bring it back."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return asdict(value)
    return value if isinstance(value, str | None) else json.loads(json.dumps(value))


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _SHOWN_CHARS:
        return value[: _SHOWN_CHARS - 1] + "…"
    return value

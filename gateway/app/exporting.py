"""All that is kept of a company, as one zip that other programs read.

Things in the API's own shapes, one JSON object a line; mails as they came and left; documents.
What changes meanwhile may be there or not; whatever is named in a line is there.
"""

import asyncio
import json
import os
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from gateway.api.invoice_views import invoice_shown
from gateway.api.sender_domain import sender_domain_shown
from gateway.api.views import (
    conversation_shown,
    event_shown,
    message_shown,
    suppression_shown,
    tenant_shown,
)
from gateway.flow.contents import stream
from gateway.flow.context import Context
from gateway.flow.refusal import Refused
from gateway.mail.filenames import safe_name
from gateway.ports.correspondence import ConversationFilter
from gateway.ports.lists import Listed, Page
from gateway.ports.store import Work
from gateway.rules.model import Conversation, Message, Tenant
from gateway.rules.sender_domains import SenderDomain

T = TypeVar("T")
_PAGE = 100
_WHEN = (1980, 1, 1, 0, 0, 0)


class Export:
    """Writes a company to a zip."""

    def __init__(self, context: Context, tenant: Tenant) -> None:
        """Write this company."""
        self._context = context
        self._tenant = tenant
        self.counts: dict[str, int] = {}
        self._messages: list[Message] = []

    async def write(self, target: Path) -> None:
        """Write it to a new file, readable by its owner alone.

        Raises FileExistsError, OSError; Fault if the store is away. No half file is left.
        """
        # In a directory of many, a name that can be foretold may be somebody's file or link.
        descriptor, draft = await asyncio.to_thread(
            tempfile.mkstemp, ".part", f".{target.name}.", target.parent
        )
        try:
            with os.fdopen(descriptor, "wb") as file:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                    await self._fill(archive)
                await asyncio.to_thread(os.fsync, file.fileno())
            await asyncio.to_thread(os.link, draft, target)
        finally:
            await asyncio.shield(asyncio.to_thread(os.unlink, draft))

    async def _fill(self, archive: zipfile.ZipFile) -> None:
        context, tenant = self._context, self._tenant
        now = context.clock.now()
        claim = await context.store.read(lambda work: work.sender_domains.get(tenant.id))
        about = {
            "exported_at": now.isoformat(),
            "program": f"postroom {version('postroom')}",
            "company": tenant_shown(context, tenant).model_dump(mode="json", by_alias=True),
            "sender_domain": _dumped(context, tenant, claim),
        }
        await _text(archive, "company.json", json.dumps(about, ensure_ascii=False, indent=2))
        conversations = [
            page
            async for page in self._pages(
                lambda work, page: work.conversations.page(tenant.id, ConversationFilter(), page)
            )
        ]
        everything: list[Conversation] = [one for page in conversations for one in page]
        await self._lines(archive, "conversations", map(conversation_shown, everything))
        await self._lines(archive, "messages", [line async for line in self._of(everything)])
        invoices = [
            invoice_shown(one, timezone=tenant.timezone, now=now)
            async for page in self._pages(lambda work, page: work.invoices.page(tenant.id, page))
            for one in page
        ]
        await self._lines(archive, "invoices", invoices)
        stopped = [
            suppression_shown(one)
            async for page in self._pages(
                lambda work, page: work.suppressions.page(tenant.id, page)
            )
            for one in page
        ]
        await self._lines(archive, "suppressions", stopped)
        await self._lines(archive, "events", [event async for event in self._events()])
        for message in self._messages:
            await self._bytes_of(archive, message)

    async def _of(self, conversations: Sequence[Conversation]) -> AsyncIterator[BaseModel]:
        """Give the messages of conversations, and keep them to go on with."""
        for conversation in conversations:
            async for page in self._pages(
                lambda work, page, of=conversation.id: work.messages.of_conversation(  # type: ignore[misc]
                    self._tenant.id, of, page
                )
            ):
                ids = [message.id for message in page]
                sent = await self._context.store.read(
                    lambda work, ids=ids: work.deliveries.of_messages(ids)  # type: ignore[misc]
                )
                for message in page:
                    self._messages.append(message)
                    yield message_shown(self._context, message, sent.get(message.id, ()))

    async def _events(self) -> AsyncIterator[BaseModel]:
        after = 0
        while True:
            found = await self._context.store.read(
                lambda work, after=after: work.events.after(  # type: ignore[misc]
                    self._tenant.id, after, limit=_PAGE
                )
            )
            for event in found:
                yield event_shown(event)
                after = event.sequence
            if len(found) < _PAGE:
                return

    async def _pages(self, look: Callable[[Work, Page], Listed[T]]) -> AsyncIterator[Sequence[T]]:
        cursor: str | None = None
        while True:
            page = Page(_PAGE, cursor)
            listed = await self._context.store.read(
                lambda work, page=page: look(work, page)  # type: ignore[misc]
            )
            yield listed.items
            cursor = listed.next_cursor
            if cursor is None:
                return

    async def _lines(self, archive: zipfile.ZipFile, name: str, shown: Iterable[BaseModel]) -> None:
        lines = [one.model_dump_json(by_alias=True) for one in shown]
        self.counts[name] = len(lines)
        await _text(archive, f"{name}.jsonl", "".join(f"{line}\n" for line in lines))

    async def _bytes_of(self, archive: zipfile.ZipFile, message: Message) -> None:
        if message.raw_sha256:
            await self._content(archive, "mails", f"mail/{message.id}.eml", message.raw_sha256)
        for one in message.attachments:
            name = safe_name(one.filename, one.content_type)
            await self._content(archive, "attachments", f"attachments/{one.id}/{name}", one.sha256)

    async def _content(self, archive: zipfile.ZipFile, kind: str, name: str, sha256: str) -> None:
        with archive.open(_entry(name), "w", force_zip64=True) as entry:
            try:
                async for piece in stream(self._context, self._tenant.id, sha256):
                    await asyncio.to_thread(entry.write, piece)
            except Refused:
                return  # erased meanwhile: its line says that it was there
        self.counts[kind] = self.counts.get(kind, 0) + 1


def _dumped(context: Context, tenant: Tenant, claim: SenderDomain | None) -> object:
    if claim is None:
        return None
    return sender_domain_shown(context, tenant, claim).model_dump(mode="json", by_alias=True)


async def _text(archive: zipfile.ZipFile, name: str, text: str) -> None:
    await asyncio.to_thread(archive.writestr, _entry(name), text.encode())


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry

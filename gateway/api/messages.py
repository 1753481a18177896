"""Messages: any mail handed over, each message read, its bytes as they are."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from gateway.api.documents import attachments
from gateway.api.paging import page_of
from gateway.api.registry import Access, Call, Reply, Route
from gateway.api.schemas.base import ListOf
from gateway.api.schemas.messages import AskedMessages, MessageShown, MessageTaken
from gateway.api.streaming import Download, download
from gateway.api.views import message_shown
from gateway.flow.contents import stream
from gateway.flow.context import Context
from gateway.flow.drafts import MessageDraft
from gateway.flow.received import received_copy
from gateway.flow.refusal import not_found
from gateway.ports.lists import Listed, Page
from gateway.ports.store import Work
from gateway.rules.model import IMPORTED, Delivery, Direction, Message

RAW = "message/rfc822"


_MOST_TEXT = 4 * 1024 * 1024
"""Characters of text in one answer; a page that has more is a shorter one."""


def shown_with_deliveries(
    context: Context, work: Work, page: Page, read: Callable[[Page], Listed[Message]]
) -> ListOf[MessageShown]:
    """Return a page of messages, each with its deliveries; fewer where they are very long."""
    listed = read(page)
    while len(listed.items) > 1 and sum(map(_length, listed.items)) > _MOST_TEXT:
        page = replace(page, limit=len(listed.items) // 2)
        listed = read(page)
    deliveries = work.deliveries.of_messages([message.id for message in listed.items])
    return ListOf(
        data=[
            message_shown(context, message, deliveries.get(message.id, ()))
            for message in listed.items
        ],
        next_cursor=listed.next_cursor,
    )


def _length(message: Message) -> int:
    texts = message.text, message.quoted_text, message.full_text, message.html or ""
    return sum(map(len, texts))


async def page(call: Call) -> Reply:
    """Return messages."""
    context, asked, tenant_id = call.services.context, call.asked(AskedMessages), call.tenant_id

    def look(work: Work) -> ListOf[MessageShown]:
        def read(part: Page) -> Listed[Message]:
            return work.messages.page(
                tenant_id, part, direction=asked.direction, channel=asked.channel
            )

        return shown_with_deliveries(context, work, page_of(asked), read)

    return Reply(await context.store.read(look))


def _found(call: Call, work: Work) -> tuple[Message, list[Delivery]]:
    message = work.messages.get(call.tenant_id, call.path["id"])
    if message is None:
        raise not_found("message")
    return message, list(work.deliveries.of_messages([message.id]).get(message.id, ()))


async def one(call: Call) -> Reply:
    """Return a message."""
    context = call.services.context
    message, deliveries = await context.store.read(lambda work: _found(call, work))
    return Reply(message_shown(context, message, deliveries))


async def raw(call: Call) -> Response:
    """Return a message's bytes: as received below our trace, or the first recipient's copy."""
    context = call.services.context
    message, deliveries = await context.store.read(lambda work: _found(call, work))
    if message.raw_sha256 is None:
        raise not_found("raw message")
    if message.direction is Direction.IN and message.kind != IMPORTED:
        size, pieces = await received_copy(context, message)
        what = Download(f"{message.id}.eml", RAW, size, pieces)
        return await download(call.request.headers, what)
    first = next((one for one in deliveries if one.raw_sha256 == message.raw_sha256), None)
    copy = Copy(message.id, message.tenant_id, message.raw_sha256, message.raw_size)
    if first is not None and first.signature:
        copy = replace(copy, signature=first.signature)
    return await raw_download(call, copy)


@dataclass(frozen=True, slots=True)
class Copy:
    """The bytes of a mail. signature: DKIM fields above them, if it has been sent."""

    name: str
    tenant_id: str
    sha256: str
    size: int
    signature: bytes = b""


async def raw_download(call: Call, copy: Copy) -> Response:
    """Return the bytes of a mail as a download."""

    async def pieces() -> AsyncIterator[bytes]:
        if copy.signature:
            yield copy.signature
        async for piece in stream(call.services.context, copy.tenant_id, copy.sha256):
            yield piece

    size = copy.size + len(copy.signature)
    what = Download(f"{copy.name}.eml", RAW, size, pieces())
    return await download(call.request.headers, what)


async def send(call: Call) -> Reply:
    """Queue any transactional mail."""
    body = call.body(MessageTaken)
    draft = MessageDraft(
        to=tuple(person.mailbox() for person in body.to),
        subject=body.subject,
        text=body.text,
        html=body.html,
        from_=body.from_.mailbox() if body.from_ else None,
        cc=tuple(person.mailbox() for person in body.cc),
        bcc=tuple(person.mailbox() for person in body.bcc),
        attachments=attachments(call, body.attachments),
        headers=tuple((header.name, header.value) for header in body.headers),
        conversation_id=body.conversation_id,
    )
    message = await call.services.submissions.send_message(call.company, draft)
    call.services.meters.accepted("http")
    return await written(call, message)


async def written(call: Call, message: Message) -> Reply:
    """Return a message that was just stored, with its deliveries."""
    context = call.services.context
    deliveries = await context.store.read(lambda work: work.deliveries.of_messages([message.id]))
    return Reply(
        message_shown(context, message, deliveries.get(message.id, ())),
        {"Location": f"/v1/messages/{message.id}"},
    )


async def recover_written(call: Call, kind: str, stored_id: str) -> Reply | None:
    """Return the answer to a message that was written before."""
    context, tenant_id = call.services.context, call.company.id

    message = await context.store.read(lambda work: work.messages.get(tenant_id, stored_id))
    return await written(call, message) if message and kind == "Message" else None


_READ: dict[str, Any] = {
    "access": Access.COMPANIES,
    "tag": "Messages",
    "scopes": ("inbox:read",),
}

ROUTES = (
    Route(
        "GET",
        "/v1/messages",
        "List messages",
        page,
        **_READ,
        query=AskedMessages,
        answer=ListOf[MessageShown],
    ),
    Route(
        "POST",
        "/v1/messages",
        "Send any transactional mail",
        send,
        Access.COMPANY,
        "Messages",
        scopes=("send",),
        body=MessageTaken,
        answer=MessageShown,
        status=202,
        refuses=(429, 507),
        recover=recover_written,
    ),
    Route("GET", "/v1/messages/{id}", "Read a message", one, **_READ, answer=MessageShown),
    Route("GET", "/v1/messages/{id}/raw", "Read a message's bytes", raw, **_READ, media=RAW),
)

"""Conversations: begun, listed, answered, kept in order."""

from typing import Any

from gateway.api.documents import attachments
from gateway.api.etags import etag, wanted_version
from gateway.api.messages import recover_written, shown_with_deliveries, written
from gateway.api.owners import found
from gateway.api.paging import page_of, shown
from gateway.api.registry import Access, Call, Reply, Route, changes_of
from gateway.api.schemas.base import AskedPage, ListOf
from gateway.api.schemas.conversations import (
    AnswerTaken,
    AskedConversations,
    ConversationBegun,
    ConversationChange,
    ConversationShown,
    ConversationTaken,
    MergeTaken,
    SenderTaken,
    SplitTaken,
)
from gateway.api.schemas.messages import MessageShown
from gateway.api.search import question
from gateway.api.views import conversation_begun, conversation_shown
from gateway.flow.drafts import AnswerDraft, ConversationDraft
from gateway.ports.correspondence import ConversationFilter
from gateway.ports.store import Work
from gateway.rules.model import Conversation, ConversationStatus


async def page(call: Call) -> Reply:
    """Return conversations."""
    asked, tenant_id = call.asked(AskedConversations), call.tenant_id
    which = ConversationFilter(
        view=asked.view,
        status=asked.status,
        unread=None if asked.unread is None else asked.unread == "true",
        customer=asked.customer,
        invoice=asked.invoice,
        tag=asked.tag,
        assignee=asked.assignee,
        query=None if asked.q is None else question(asked.q),
        today=call.services.context.clock.now().date(),
    )
    if which.query is not None:
        tenant_id = call.company.id
    wanted = page_of(asked)
    listed = await call.services.context.store.read(
        lambda work: work.conversations.page(tenant_id, which, wanted)
    )
    return Reply(shown(listed, conversation_shown))


def _reply(conversation: Conversation) -> Reply:
    return Reply(conversation_shown(conversation), etag(conversation.version))


async def one(call: Call) -> Reply:
    """Return a conversation."""
    wanted, tenant_id = call.path["id"], call.tenant_id

    def look(work: Work) -> Conversation:
        return found(
            work, tenant_id, "conversation", lambda owner: work.conversations.get(owner, wanted)
        )[0]

    return _reply(await call.services.context.store.read(look))


async def begin(call: Call) -> Reply:
    """Begin a conversation with a mail."""
    body = call.body(ConversationTaken)
    draft = ConversationDraft(
        subject=body.subject,
        customer=body.customer.mailbox(),
        text=body.text,
        attachments=attachments(call, body.attachments),
    )
    conversation, message = await call.services.conversing.begin(call.company, draft)
    call.services.meters.accepted("http")
    return _begun(conversation, message.id)


def _begun(conversation: Conversation, message_id: str) -> Reply:
    location = {"Location": f"/v1/conversations/{conversation.id}"}
    return Reply(
        conversation_begun(conversation, message_id), {**etag(conversation.version), **location}
    )


async def recover_begun(call: Call, kind: str, stored_id: str) -> Reply | None:
    """Return the answer to a conversation that was begun before."""
    tenant_id = call.company.id

    def look(work: Work) -> Conversation | None:
        message = work.messages.get(tenant_id, stored_id) if kind == "Message" else None
        if message is None:
            return None
        return work.conversations.get(tenant_id, message.conversation_id)

    conversation = await call.services.context.store.read(look)
    return _begun(conversation, stored_id) if conversation else None


async def change(call: Call) -> Reply:
    """Change a conversation."""
    body = call.body(ConversationChange)
    changes: dict[str, Any] = changes_of(body, nullable=frozenset({"assignee"}))
    if "status" in changes:
        changes["status"] = ConversationStatus(changes["status"])
    if "assignee" in changes:
        changes["assignee"] = changes["assignee"] or ""
    conversation = await call.services.conversing.change(
        call.company, call.path["id"], version=wanted_version(call.request.headers), **changes
    )
    return _reply(conversation)


async def mark_read(call: Call) -> Reply:
    """Note that the company has seen everything."""
    return _reply(await call.services.conversing.mark_read(call.company, call.path["id"]))


async def approve_sender(call: Call) -> Reply:
    """Show a stranger's messages to the customer too."""
    address = call.body(SenderTaken).address
    conversing = call.services.conversing
    return _reply(await conversing.approve_sender(call.company, call.path["id"], address))


async def messages(call: Call) -> Reply:
    """Return the messages of a conversation, oldest first."""
    context, wanted = call.services.context, call.path["id"]
    tenant_id, part = call.tenant_id, page_of(call.asked(AskedPage))

    def look(work: Work) -> ListOf[MessageShown]:
        _, owner = found(
            work, tenant_id, "conversation", lambda owner: work.conversations.get(owner, wanted)
        )
        return shown_with_deliveries(
            context, work, part, lambda page: work.messages.of_conversation(owner, wanted, page)
        )

    return Reply(await context.store.read(look))


async def answer(call: Call) -> Reply:
    """Write to the customer, or a note to the company's own people."""
    body = call.body(AnswerTaken)
    draft = AnswerDraft(
        text=body.text,
        html=body.html,
        attachments=attachments(call, body.attachments),
        note=body.note,
    )
    message = await call.services.conversing.answer(call.company, call.path["id"], draft)
    if not body.note:
        call.services.meters.accepted("http")
    return await written(call, message)


async def merge(call: Call) -> Reply:
    """Merge a conversation into another one."""
    into = call.body(MergeTaken).into
    return _reply(await call.services.sorting.merge(call.company, call.path["id"], into))


async def split(call: Call) -> Reply:
    """Give messages a conversation of their own."""
    message_ids = call.body(SplitTaken).message_ids
    new = await call.services.sorting.split(call.company, call.path["id"], message_ids)
    location = {"Location": f"/v1/conversations/{new.id}"}
    return Reply(conversation_shown(new), {**etag(new.version), **location})


_ONE = "/v1/conversations/{id}"
_READ: dict[str, Any] = {
    "access": Access.COMPANIES,
    "tag": "Conversations",
    "scopes": ("inbox:read",),
}
_WRITE: dict[str, Any] = {
    "access": Access.COMPANY,
    "tag": "Conversations",
    "scopes": ("inbox:write",),
}
_CHANGE: dict[str, Any] = {**_WRITE, "answer": ConversationShown, "versioned": True}

ROUTES = (
    Route(
        "GET",
        "/v1/conversations",
        "List conversations",
        page,
        **_READ,
        query=AskedConversations,
        answer=ListOf[ConversationShown],
    ),
    Route(
        "POST",
        "/v1/conversations",
        "Begin a conversation with a mail to the customer",
        begin,
        Access.COMPANY,
        "Conversations",
        scopes=("send", "inbox:write"),
        body=ConversationTaken,
        answer=ConversationBegun,
        status=201,
        refuses=(429, 507),
        recover=recover_begun,
    ),
    Route(
        "GET",
        _ONE,
        "Read a conversation",
        one,
        **_READ,
        answer=ConversationShown,
        versioned=True,
    ),
    Route("PATCH", _ONE, "Change a conversation", change, **_CHANGE, body=ConversationChange),
    Route(
        "POST",
        f"{_ONE}/merge",
        "Move everything into another conversation; old tokens and links lead there",
        merge,
        **_CHANGE,
        body=MergeTaken,
    ),
    Route(
        "POST",
        f"{_ONE}/split",
        "Move messages into a new conversation; answers to them go there",
        split,
        **{**_CHANGE, "status": 201},
        body=SplitTaken,
    ),
    Route("POST", f"{_ONE}/read", "Note that everything was seen", mark_read, **_CHANGE),
    Route(
        "POST",
        f"{_ONE}/approve-sender",
        "Show a stranger's messages on the customer's page",
        approve_sender,
        **_CHANGE,
        body=SenderTaken,
    ),
    Route(
        "GET",
        f"{_ONE}/messages",
        "List a conversation's messages, oldest first",
        messages,
        **_READ,
        query=AskedPage,
        answer=ListOf[MessageShown],
    ),
    Route(
        "POST",
        f"{_ONE}/messages",
        "Write to the customer, by mail and in the chat window, or make a note",
        answer,
        **_WRITE,
        body=AnswerTaken,
        answer=MessageShown,
        status=202,
        refuses=(429, 507),
        recover=recover_written,
    ),
)

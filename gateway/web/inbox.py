"""The company's Inbox: what came in, what became of what went out (ux.md, 2.3)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.contents import stream
from gateway.flow.received import received_copy
from gateway.flow.refusal import Kind, not_found
from gateway.ports.store import Work
from gateway.rules.model import IMPORTED, Attachment, Direction, Invoice
from gateway.rules.payments import day_of
from gateway.rules.search import BadQuery, Query, read_query
from gateway.rules.team import SavedReply
from gateway.web.bills import bill
from gateway.web.desk import (
    SUGGESTED,
    VIEW,
    VIEW_OF,
    VIEWS,
    Asked,
    Desk,
    asked_of,
    back_to,
    look_over,
)
from gateway.web.downloads import download
from gateway.web.email_settings import account_failure
from gateway.web.opened import Opened, look_at
from gateway.web.pages import Pages
from gateway.web.paying import receipt_download
from gateway.web.sender_domain import domain_failure
from gateway.web.services import WebServices
from gateway.web.signin import Seat, SignIn
from gateway.web.wording import Wording

SHOWN_AGAIN = frozenset({Kind.INVALID, Kind.TOO_LARGE})
"""Refusals that are told on the page itself, with what was written."""

ONE = "/inbox/conversations/{conversation}"


class Inbox:
    """Shows what there is under /inbox to those who are signed in; changes nothing."""

    def __init__(self, services: WebServices, pages: Pages, sign_in: SignIn) -> None:
        """Work with these journeys; `sign_in` knows who comes."""
        self._services = services
        self._pages = pages
        self._sign_in = sign_in

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self._pages.route
        return [
            route("/inbox", self.show_list),
            route(ONE, self.show_one),
            route("/inbox/attachments/{attachment}", self.attachment),
            route(f"{ONE}/invoices/{{invoice}}", self.document),
            route(f"{ONE}/receipts/{{receipt}}", self.receipt),
            route("/inbox/messages/{message}/original.eml", self.original),
        ]

    async def show_list(self, request: Request) -> Response:
        """Show the conversations of a view, or the sign-in."""
        seat = await self._sign_in.seat(request)
        if seat is None:
            return await self._sign_in.page(request)
        return await self.page(request, seat, None)

    async def show_one(self, request: Request) -> Response:
        """Show one conversation beside the list."""
        seat = await self._sign_in.seat(request)
        if seat is None:
            return await self._sign_in.page(request)
        return await self.page(request, seat, request.path_params["conversation"])

    async def attachment(self, request: Request) -> Response:
        """Download a document."""
        seat = await self._sign_in.reader(request)
        context, attachment_id = self._services.context, request.path_params["attachment"]
        found = await context.store.read(
            lambda work: work.messages.attachment(seat.tenant.id, attachment_id)
        )
        if found is None:
            raise not_found("attachment")
        return await download(request, found, stream(context, found.tenant_id, found.sha256))

    async def document(self, request: Request) -> Response:
        """Show an invoice as the customer reads it, without what is for customers to do."""
        seat, params = await self._sign_in.reader(request), request.path_params
        context, tenant = self._services.context, seat.tenant
        found = await context.store.read(
            lambda work: work.invoices.get(tenant.id, params["invoice"])
        )
        if found is None or found.conversation_id != params["conversation"]:
            raise not_found("document")
        say = seat.say
        values = {
            "company": tenant.name,
            "bill": bill(found, tenant, say, day_of(context.clock.now(), tenant.timezone)),
            "pdf": found.pdf_attachment_id,
            "back": back_to(request),
        }
        return self._pages.page("document.html", values, say=say)

    async def receipt(self, request: Request) -> Response:
        """Download a receipt."""
        seat, params = await self._sign_in.reader(request), request.path_params
        facts = await self._services.receipts.held(
            seat.tenant, params["conversation"], params["receipt"]
        )
        return await receipt_download(facts, self._services.context.names.hostname)

    async def original(self, request: Request) -> Response:
        """Download a mail as it came, headers and all."""
        seat = await self._sign_in.reader(request)
        context, message_id = self._services.context, request.path_params["message"]
        found = await context.store.read(lambda work: work.messages.get(seat.tenant.id, message_id))
        if found is None or found.raw_sha256 is None:
            raise not_found("message")
        if found.direction is Direction.IN and found.kind != IMPORTED:
            size, pieces = await received_copy(context, found)
        else:
            size, pieces = found.raw_size, stream(context, seat.tenant.id, found.raw_sha256)
        document = Attachment(
            id=found.id,
            tenant_id=seat.tenant.id,
            message_id=found.id,
            filename=f"{found.id}.eml",
            content_type="message/rfc822",
            size=size,
            sha256=found.raw_sha256,
        )
        return await download(request, document, pieces)

    async def page(
        self,
        request: Request,
        seat: Seat,
        conversation_id: str | None,
        *,
        status: int = 200,
        trouble: str = "",
        text: str = "",
        note: bool = False,
    ) -> Response:
        """Return the page, with a conversation or without.

        trouble, text, note: why what was written was not taken, and what it was.
        """
        context, tenant = self._services.context, seat.tenant
        asked = asked_of(request)
        query, wrong = _query_of(asked.question)

        def look(work: Work) -> tuple[Asked, Desk, Opened | None, Sequence[SavedReply]]:
            opened = look_at(work, tenant, conversation_id) if conversation_id else None
            lies_in = VIEW_OF[opened.inside.conversation.status] if opened else "open"
            wanted = replace(asked, view=asked.view or lies_in)
            replies = work.team.replies(tenant.id) if opened else ()
            return wanted, look_over(work, tenant, wanted, query, today), opened, replies

        now = context.clock.now()
        today = day_of(now, tenant.timezone)
        asked, desk, opened, replies = await context.store.read(look)
        if conversation_id and opened is None:
            raise not_found("conversation")
        reply_id = request.query_params.get("reply", "")
        draft_id = request.query_params.get("draft", "")
        everything = "all" in request.query_params

        def write_down() -> Response:
            say = seat.say
            people = opened.inside.people if opened else ()
            links = {p.ref: context.names.chat_url(context.keys, tenant, p) for p in people}
            values = {
                "company": seat.company,
                "user": seat.user,
                "may_write": seat.may_write,
                "may_set": seat.may_set,
                "view": "" if query else asked.view,
                "question": asked.question,
                "wrong": wrong,
                "suggested": SUGGESTED,
                "keep": f"?{asked.kept}",
                "views": [
                    (key, say.within(VIEW, words), desk.counts.get(key, ""))
                    for key, words in VIEWS.items()
                ],
                "view_words": say.within(VIEW, "Found" if query else VIEWS[asked.view]),
                "first_use": desk.is_first_use and seat.may_write,
                "position": desk.position,
                "may_try": bool(self._services.sandbox_domain),
                "own_address": tenant.notify_address or "",
                "rows": [desk.row(one, tenant, say, today) for one in desk.listed.items],
                "next_cursor": desk.listed.next_cursor,
                "next_due": _due(desk.next_due, say),
                "attention": desk.attention,
                "open": opened.shown(tenant, say, now, links, everything=everything)
                if opened
                else None,
                "account_failure": account_failure(tenant, say),
                "domain_failure": domain_failure(desk.claim, tenant, say),
                "trouble": trouble,
                "text": text or (_begun(opened, draft_id, replies, reply_id) if opened else ""),
                "replies": replies,
                "note": note,
                "most_files": self._services.upload_files,
                "most_mega": self._services.upload_bytes // (1024 * 1024),
            }
            return self._pages.page("inbox.html", values, say=say, status=status)

        # Many messages take long to write down; others are served meanwhile.
        return await asyncio.to_thread(write_down)


def _query_of(question: str) -> tuple[Query | None, str]:
    """Return what is searched for, None for nothing; and what is wrong with the question."""
    if not question:
        return None, ""
    try:
        query = read_query(question)
    except BadQuery as error:
        return None, str(error)
    return (None, "There is no word in it.") if query.is_empty else (query, "")


def _due(invoice: Invoice | None, say: Wording) -> dict[str, str] | None:
    """Return what is due next, in words, and where it lies."""
    if invoice is None or invoice.due_on is None:
        return None
    words = "Next invoice due: {number}, {date}."
    return {
        "words": say.text(words, number=invoice.number, date=say.day(invoice.due_on)),
        "path": f"/inbox/conversations/{invoice.conversation_id}",
    }


def _begun(opened: Opened, draft_id: str, replies: Sequence[SavedReply], reply_id: str) -> str:
    """Return the text to begin with: an answer taken back, or a saved reply."""
    if draft_id:
        return opened.draft(draft_id)
    text = next((one.text for one in replies if one.id == reply_id), "")
    return text.replace("{name}", opened.inside.conversation.customer.name)

"""The company's Inbox: what came in, what became of what went out (ux.md, 2.3)."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.contents import stream
from gateway.flow.drafts import AnswerDraft
from gateway.flow.refusal import Kind, Refused, invalid, not_found
from gateway.rules.model import ConversationStatus
from gateway.rules.payments import day_of
from gateway.web.desk import Desk, Opened, look_at, look_over
from gateway.web.downloads import download
from gateway.web.email_settings import account_failure
from gateway.web.pages import STATUS, Endpoint, Pages, see_other
from gateway.web.services import WebServices
from gateway.web.signin import Seat, SignIn
from gateway.web.uploads import fields_of, take
from gateway.web.wording import wording

VIEWS = (
    ("open", "Open"),
    ("unread", "Unread"),
    ("not_delivered", "Not delivered"),
    ("waiting", "Waiting"),
    ("done", "Done"),
)
_SHOWN_AGAIN = frozenset({Kind.INVALID, Kind.TOO_LARGE})


class Inbox:
    """Answers under /inbox for those who are signed in."""

    def __init__(self, services: WebServices, pages: Pages, sign_in: SignIn) -> None:
        """Work with these journeys; `sign_in` knows who comes."""
        self._services = services
        self._pages = pages
        self._sign_in = sign_in

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self._pages.route
        one = "/inbox/conversations/{conversation}"
        posts: dict[str, Endpoint] = {
            f"{one}/messages": self.answer,
            f"{one}/read": self.mark_read,
            f"{one}/status": self.set_status,
            f"{one}/approve-sender": self.approve,
            f"{one}/invoices/{{invoice}}/confirm-payment": self.confirm,
            f"{one}/invoices/{{invoice}}/refuse-payment": self.refuse,
            f"{one}/deliveries/{{delivery}}/retry": self.retry,
        }
        return [
            route("/inbox", self.show_list),
            route(one, self.show_one),
            route("/inbox/attachments/{attachment}", self.attachment),
            *(route(path, endpoint, method="POST") for path, endpoint in posts.items()),
        ]

    async def show_list(self, request: Request) -> Response:
        """Show the conversations of a view, or the sign-in."""
        seat = await self._sign_in.seat(request)
        if seat is None:
            return self._sign_in.page()
        return await self._page(request, seat, None)

    async def show_one(self, request: Request) -> Response:
        """Show one conversation beside the list; changes nothing."""
        seat = await self._sign_in.seat(request)
        if seat is None:
            return self._sign_in.page()
        return await self._page(request, seat, request.path_params["conversation"])

    async def attachment(self, request: Request) -> Response:
        """Download a document."""
        seat = await self._seat(request)
        context, attachment_id = self._services.context, request.path_params["attachment"]
        found = await context.store.read(
            lambda work: work.messages.attachment(seat.tenant.id, attachment_id)
        )
        if found is None:
            raise not_found("attachment")
        return await download(request, found, stream(context, found.tenant_id, found.sha256))

    async def answer(self, request: Request) -> Response:
        """Send the company's answer, or keep a note."""
        seat, conversation_id = await self._writer(request), request.path_params["conversation"]
        services = self._services
        text = ""
        try:
            taken = await take(
                request,
                services.uploads,
                files=services.upload_files,
                octets=services.upload_bytes,
            )
            try:
                text = taken.fields.get("text", "").replace("\r\n", "\n")
                draft = AnswerDraft(
                    text, attachments=taken.documents, note=bool(taken.fields.get("note"))
                )
                message = await services.conversing.answer(seat.tenant, conversation_id, draft)
            finally:
                taken.form.discard()
        except Refused as refused:
            if refused.kind not in _SHOWN_AGAIN:
                raise
            status, trouble = STATUS[refused.kind], refused.detail
            return await self._page(
                request, seat, conversation_id, status=status, trouble=trouble, text=text
            )
        await services.conversing.mark_read(seat.tenant, conversation_id)
        return see_other(f"{_path(request)}#{message.id}")

    async def mark_read(self, request: Request) -> Response:
        """Note that the company has seen everything."""
        seat = await self._writer(request)
        await self._services.conversing.mark_read(seat.tenant, request.path_params["conversation"])
        return see_other(_path(request))

    async def set_status(self, request: Request) -> Response:
        """Put a conversation into another lane."""
        seat = await self._writer(request)
        try:
            status = ConversationStatus((await fields_of(request)).get("status", ""))
        except ValueError as error:
            raise invalid("status", "There is no such status.") from error
        conversation_id = request.path_params["conversation"]
        await self._services.conversing.change(seat.tenant, conversation_id, status=status)
        return see_other(_path(request))

    async def approve(self, request: Request) -> Response:
        """Show a stranger's messages to the customer from now on."""
        seat = await self._writer(request)
        address = (await fields_of(request)).get("address", "")
        conversation_id = request.path_params["conversation"]
        await self._services.conversing.approve_sender(seat.tenant, conversation_id, address)
        return see_other(_path(request))

    async def confirm(self, request: Request) -> Response:
        """Confirm that a payment came."""
        seat = await self._writer(request)
        payment_id = (await fields_of(request)).get("payment_id") or None
        invoice_id = request.path_params["invoice"]
        await self._services.billing.confirm_payment(seat.tenant, invoice_id, payment_id)
        return see_other(_path(request))

    async def refuse(self, request: Request) -> Response:
        """Say that a payment has not come: the claim is taken back."""
        seat = await self._writer(request)
        payment_id = (await fields_of(request)).get("payment_id")
        if not payment_id:
            raise invalid("payment_id", "Which payment?")
        invoice_id = request.path_params["invoice"]
        await self._services.billing.mark_unpaid(seat.tenant, invoice_id, payment_id)
        return see_other(_path(request))

    async def retry(self, request: Request) -> Response:
        """Try a delivery now."""
        seat = await self._writer(request)
        await self._services.dispatch.retry(seat.tenant.id, request.path_params["delivery"])
        return see_other(_path(request))

    async def _seat(self, request: Request) -> Seat:
        seat = await self._sign_in.seat(request)
        if seat is None:
            raise Refused(Kind.FORBIDDEN, "signed_out", "Sign in to the Inbox first.")
        return seat

    async def _writer(self, request: Request) -> Seat:
        seat = await self._seat(request)
        if not seat.may_write:
            detail = "You may only read here: your key lacks the right inbox:write."
            raise Refused(Kind.FORBIDDEN, "read_only", detail)
        return seat

    async def _page(
        self,
        request: Request,
        seat: Seat,
        conversation_id: str | None,
        *,
        status: int = 200,
        trouble: str = "",
        text: str = "",
    ) -> Response:
        context, tenant = self._services.context, seat.tenant
        view = request.query_params.get("view", "open")
        if view not in dict(VIEWS):
            view = "open"
        cursor = request.query_params.get("cursor") or None

        def look(work: Any) -> tuple[Desk, Opened | None]:
            opened = look_at(work, tenant, conversation_id) if conversation_id else None
            return look_over(work, tenant, view, cursor), opened

        desk, opened = await context.store.read(look)
        if conversation_id and opened is None:
            raise not_found("conversation")
        today = day_of(context.clock.now(), tenant.timezone)
        everything = "all" in request.query_params

        def write_down() -> Response:
            # The catalogues hold what customers read; half a language would be worse than none.
            say = wording("en")
            shown = opened.shown(tenant, say, today, everything=everything) if opened else None
            values = {
                "company": tenant.name,
                "user": seat.user,
                "may_write": seat.may_write,
                "view": view,
                "views": [(key, say.text(words), desk.counts.get(key, "")) for key, words in VIEWS],
                "view_words": say.text(dict(VIEWS)[view]),
                "rows": [desk.row(one, tenant, say, today) for one in desk.listed.items],
                "next_cursor": desk.listed.next_cursor,
                "unread": desk.counts.get("unread", ""),
                "open": shown,
                "account_failure": account_failure(tenant, say),
                "trouble": trouble,
                "text": text,
                "most_files": self._services.upload_files,
                "most_mega": self._services.upload_bytes // (1024 * 1024),
            }
            return self._pages.page("inbox.html", values, say=say, status=status)

        # Many messages take long to write down; others are served meanwhile.
        return await asyncio.to_thread(write_down)


def _path(request: Request) -> str:
    """Return the page that a form of a conversation leads back to."""
    return f"/inbox/conversations/{request.path_params['conversation']}"

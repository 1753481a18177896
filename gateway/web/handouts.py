"""What the chat window hands out besides pages: payment codes, the due date, all files at once."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from gateway.flow.refusal import not_found
from gateway.rules.pay_codes import CodeKind, kinds_for, payload
from gateway.web import qr
from gateway.web.calendar import due_date
from gateway.web.chat import invoice_of
from gateway.web.downloads import SANDBOX, disposition
from gateway.web.invoice_letter import button_colour
from gateway.web.kinds import words_of
from gateway.web.pages import Pages
from gateway.web.services import WebServices
from gateway.web.transfers import transfer_for
from gateway.web.wording import wording
from gateway.web.zipping import zipped

_MODULE_PIXELS = 8


class Handouts:
    """Answers under /c/{token}; nothing here changes anything."""

    def __init__(self, services: WebServices, pages: Pages) -> None:
        """Work with these journeys."""
        self._services = services
        self._pages = pages

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self._pages.route
        return [
            route("/c/{token}/brand.css", self.colours),
            route("/c/{token}/attachments.zip", self.everything),
            route("/c/{token}/invoices/{invoice}/codes/{kind}.png", self.code),
            route("/c/{token}/invoices/{invoice}/due.ics", self.calendar),
        ]

    async def colours(self, request: Request) -> Response:
        """Return the company's colour as a style sheet: our policy allows no style in a page."""
        visit = await self._services.visits.open(request.path_params["token"])
        brand = button_colour(visit.tenant)
        style = f":root{{--brand:{brand};--brand-hover:{brand}}}"
        return Response(style, 200, {}, "text/css; charset=utf-8")

    async def code(self, request: Request) -> Response:
        """Return a payment code as a picture; the page shows it, and people may keep it."""
        params = request.path_params
        visit = await self._services.visits.open(params["token"])
        transfer = transfer_for(visit.tenant, invoice_of(visit, params["invoice"]))
        wanted = [k for k in CodeKind if k.value == params["kind"]]
        if transfer is None or not wanted or wanted[0] not in kinds_for(transfer):
            raise not_found("code")
        picture, _ = qr.png(payload(transfer, wanted[0]), wanted[0], _MODULE_PIXELS)
        return Response(picture, 200, {"Content-Security-Policy": SANDBOX}, "image/png")

    async def calendar(self, request: Request) -> Response:
        """Return the due date as a calendar file."""
        token, names = request.path_params["token"], self._services.context.names
        visit = await self._services.visits.open(token)
        invoice = invoice_of(visit, request.path_params["invoice"])
        kind = words_of(invoice.kind)
        if invoice.due_on is None or not kind.payable:
            raise not_found("date")
        say = wording(visit.conversation.locale or visit.tenant.locale)
        content = due_date(
            invoice,
            visit.tenant,
            words=say.text(kind.title, number=invoice.number),
            url=f"{names.public_url}/c/{token}",
            now=self._services.context.clock.now(),
        )
        headers = {
            "Content-Disposition": disposition(f"{invoice.number}.ics"),
            "Content-Security-Policy": SANDBOX,
        }
        return Response(content, 200, headers, "text/calendar; charset=utf-8")

    async def everything(self, request: Request) -> Response:
        """Return every file of the conversation in one."""
        documents = await self._services.visits.documents(request.path_params["token"])
        if not documents:
            raise not_found("document")
        pieces = zipped(documents)
        # Read ahead, so that what is missing becomes an error page and not half a file.
        first = await anext(pieces)

        async def all_pieces() -> AsyncIterator[bytes]:
            yield first
            async for piece in pieces:
                yield piece

        headers = {
            "Content-Disposition": disposition("attachments.zip"),
            "Content-Security-Policy": SANDBOX,
        }
        return StreamingResponse(all_pieces(), 200, headers, "application/zip")

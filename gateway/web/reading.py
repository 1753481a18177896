"""A read-only look at one document, for an accountant: no conversation, no actions."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.glances import glance, glance_pdf
from gateway.rules.payments import day_of
from gateway.web.bills import bill
from gateway.web.chat import invoice_of
from gateway.web.downloads import download
from gateway.web.pages import Pages
from gateway.web.services import WebServices
from gateway.web.signs import signs
from gateway.web.wording import wording


class Reading:
    """Answers under /v/{token}, and hands out such links to customers."""

    def __init__(self, services: WebServices, pages: Pages) -> None:
        """Work with these journeys."""
        self._services = services
        self._pages = pages

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self._pages.route
        return [
            route("/c/{token}/invoices/{invoice}/share", self.share),
            route("/v/{token}", self.show),
            route("/v/{token}/pdf", self.pdf),
        ]

    async def share(self, request: Request) -> Response:
        """Show the link to be passed on; the customer's own mail program sends it."""
        params = request.path_params
        visit = await self._services.visits.open(params["token"])
        invoice = invoice_of(visit, params["invoice"])
        context, tenant = self._services.context, visit.tenant
        say = wording(visit.conversation.locale or tenant.locale)
        today = day_of(context.clock.now(), tenant.timezone)
        shown = bill(invoice, tenant, say, today)
        url = context.names.reader_url(context.keys, tenant, visit.participant, invoice)
        subject = f"{shown.title} · {tenant.name}"
        words = say.text("Here is the document to look at and to download:")
        body = f"{words}\r\n\r\n{url}\r\n"
        values = {
            "token": params["token"],
            **signs(context, tenant, say, visit.participant),
            "bill": shown,
            "url": url,
            "mailto": f"mailto:?subject={quote(subject)}&body={quote(body)}",
        }
        return self._pages.page("share.html", values, say=say)

    async def show(self, request: Request) -> Response:
        """Show the document."""
        token = request.path_params["token"]
        tenant, conversation, invoice = await glance(self._services.context, token)
        say = wording(conversation.locale or tenant.locale)
        today = day_of(self._services.context.clock.now(), tenant.timezone)
        shown = bill(invoice, tenant, say, today)
        values = {
            **signs(self._services.context, tenant, say),
            "token": token,
            "bill": shown,
            "readonly": True,
        }
        return self._pages.page("invoice.html", values, say=say)

    async def pdf(self, request: Request) -> Response:
        """Download its PDF."""
        token = request.path_params["token"]
        return await download(request, *await glance_pdf(self._services.context, token))

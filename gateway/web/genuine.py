"""The page "Is this mail genuine?": what we sent, to whoever shows the reference in it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.genuine import Evidence, evidence_in
from gateway.rules.model import Invoice
from gateway.web.guard import Pace, peer_of
from gateway.web.masking import masked
from gateway.web.pages import Pages, wording_for
from gateway.web.rendering import grouped
from gateway.web.services import WebServices
from gateway.web.uploads import fields_of
from gateway.web.wording import Wording


class Genuine:
    """Answers under /genuine."""

    def __init__(self, services: WebServices, pages: Pages, pace: Pace) -> None:
        """Work with these; `pace` bounds how often a peer may ask."""
        self._services = services
        self._pages = pages
        self._pace = pace

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self._pages.route
        return [route("/genuine", self.form), route("/genuine", self.look, method="POST")]

    async def form(self, request: Request) -> Response:
        """Show the form."""
        return self._page(request, {"asked": False, "found": None})

    async def look(self, request: Request) -> Response:
        """Say what the text that was pasted vouches for; stores nothing."""
        context = self._services.context
        self._pace.take(f"genuine:{peer_of(request)}", context.clock.now())
        given = (await fields_of(request)).get("reference", "")
        say = wording_for(request)
        evidence = await evidence_in(context, given)
        found = None if evidence is None else _shown(evidence, say)
        return self._page(request, {"asked": True, "found": found})

    def _page(self, request: Request, values: dict[str, object]) -> Response:
        say = wording_for(request)
        host = self._services.context.names.hostname
        return self._pages.page("genuine.html", {**values, "host": host}, say=say)


def _shown(evidence: Evidence, say: Wording) -> dict[str, object]:
    tenant, mail = evidence.tenant, evidence.mail
    rows: list[tuple[str, str]] = []
    if mail is not None:
        message = mail.message
        people = ", ".join(masked(one.address) for one in (*message.to, *message.cc))
        rows = [
            (say.text("Subject"), message.subject),
            (say.text("Sent"), say.moment(message.received_at, tenant.timezone)),
            (say.text("To"), people),
            *(_account(mail.invoice, say) if mail.invoice else ()),
        ]
    return {"company": tenant.name, "mail": mail is not None, "rows": rows}


def _account(invoice: Invoice, say: Wording) -> list[tuple[str, str]]:
    rows = [(say.text("Amount"), say.money(invoice.amount, invoice.currency))]
    iban = "".join(str(invoice.payment.get("iban") or "").split())
    if iban:
        # Enough to compare, too little to be of use to who doesn't have the mail.
        rows.append((say.text("IBAN"), f"{grouped(iban[:4])} … {grouped(iban[-4:])}"))
    return rows

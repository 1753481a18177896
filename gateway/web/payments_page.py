"""Payments of a company: what customers said, what was confirmed, and by whom."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from gateway.flow.ledger import csv_lines
from gateway.ports.lists import Page
from gateway.rules.model import Invoice, Payment, Tenant
from gateway.web.about import payment_state
from gateway.web.bills import METHOD_WORDS
from gateway.web.company import framed
from gateway.web.downloads import disposition
from gateway.web.pages import Pages
from gateway.web.services import WebServices
from gateway.web.signin import SignIn
from gateway.web.wording import Wording

PATH = "/inbox/payments"
_ROWS = 50
_BY = {"customer": "the customer", "provider": "the payment provider"}


@dataclass(frozen=True, slots=True)
class PaymentsPage:
    """Answers /inbox/payments and /inbox/payments.csv for those who are signed in."""

    services: WebServices
    pages: Pages
    sign_in: SignIn

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            self.pages.route(PATH, self.show),
            self.pages.route(f"{PATH}.csv", self.export),
        ]

    async def export(self, request: Request) -> Response:
        """Download all payments as a table for accounting."""
        seat = await self.sign_in.reader(request)
        lines = csv_lines(self.services.context.store, seat.tenant.id)
        headers = {"Content-Disposition": disposition("payments.csv")}
        return StreamingResponse(lines, 200, headers, "text/csv; charset=utf-8")

    async def show(self, request: Request) -> Response:
        """Show payments, newest first."""
        seat = await self.sign_in.seat(request)
        if seat is None:
            return await self.sign_in.page(request)
        say, tenant = seat.say, seat.tenant
        page = Page(_ROWS, request.query_params.get("cursor") or None)
        listed = await self.services.context.store.read(
            lambda work: work.invoices.payments(tenant.id, page)
        )
        values = {
            **framed(seat, "payments", say),
            "payments": [_shown(invoice, one, tenant, say) for invoice, one in listed.items],
            "next_cursor": listed.next_cursor,
        }
        return self.pages.page("payments.html", values, say=say)


def _shown(invoice: Invoice, payment: Payment, tenant: Tenant, say: Wording) -> dict[str, str]:
    words, tone = payment_state(payment)
    return {
        "number": invoice.number,
        "customer": str(invoice.customer.get("name") or invoice.customer.get("email") or ""),
        "path": f"/inbox/conversations/{invoice.conversation_id}",
        "amount": say.money(payment.amount, invoice.currency),
        "on": say.short_day(payment.on),
        "method": say.text(METHOD_WORDS.get(payment.method, "Another way")),
        "state": say.text(words),
        "tone": tone,
        "noted_by": payment.noted_by or say.text(_BY.get(payment.by, "")),
        "noted": say.moment(payment.created_at, tenant.timezone),
        "note": payment.note,
    }

"""The customer's pages about payment: pay, say that it is paid, a receipt (ux.md, 2.2)."""

import asyncio
from datetime import date
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.online import Checkout
from gateway.flow.receipts import ReceiptFacts
from gateway.flow.refusal import Kind, Refused, conflict
from gateway.flow.visit import Visit
from gateway.mail.errors import Fault
from gateway.rules.customer_pages import CASH_RECEIPT, MARK_PAID, pages_of
from gateway.rules.model import Invoice
from gateway.rules.payments import CASH, day_of
from gateway.web.bills import METHOD_WORDS, Bill, bill
from gateway.web.chat import invoice_of
from gateway.web.claim_form import draft_of
from gateway.web.downloads import SANDBOX, disposition
from gateway.web.guard import Pace
from gateway.web.kinds import words_of
from gateway.web.pages import STATUS, Pages, see_other
from gateway.web.services import WebServices
from gateway.web.signs import signs
from gateway.web.uploads import given_in
from gateway.web.wording import Wording, wording


class Paying:
    """Answers under /c/{token}/invoices/{invoice}: paid, pay, receipt."""

    def __init__(self, services: WebServices, pages: Pages, pace: Pace) -> None:
        """Work with these journeys; `pace` bounds how often a person may post."""
        self._services = services
        self._pages = pages
        self._pace = pace

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self._pages.route
        return [
            route("/c/{token}/invoices/{invoice}/paid", self.form),
            route("/c/{token}/invoices/{invoice}/paid", self.claim, method="POST"),
            route("/c/{token}/invoices/{invoice}/paid/undo", self.undo, method="POST"),
            route("/c/{token}/invoices/{invoice}/pay", self.pay),
            route("/c/{token}/invoices/{invoice}/pay", self.go, method="POST"),
            route("/c/{token}/invoices/{invoice}/pay/thanks", self.thanks),
            route("/c/{token}/invoices/{invoice}/receipt", self.receipt_form),
            route("/c/{token}/invoices/{invoice}/receipt", self.ask, method="POST"),
            route("/c/{token}/receipts/{receipt}", self.receipt),
        ]

    async def form(self, request: Request) -> Response:
        """Show the form that says "I have paid"; changes nothing."""
        visit, invoice = await self._invoice(request)
        return self._form(request, visit, invoice, {})

    async def claim(self, request: Request) -> Response:
        """Note that the customer says they have paid."""
        token, invoice_id = request.path_params["token"], request.path_params["invoice"]
        visit, invoice = await self._invoice(request)
        self._count(visit)
        self._check(visit, invoice, MARK_PAID)
        given = await self._given(request)
        try:
            draft = draft_of(given, invoice, self._today(visit))
            payment = await self._services.visits.claim(token, invoice_id, draft)
        except Refused as refused:
            if refused.kind is not Kind.INVALID:
                raise
            return self._form(request, visit, invoice, given, trouble=refused)
        return see_other(f"/c/{token}#{payment.id}")

    async def undo(self, request: Request) -> Response:
        """Take the claim back."""
        token, invoice_id = request.path_params["token"], request.path_params["invoice"]
        visit, _ = await self._invoice(request)
        self._count(visit)
        await self._services.visits.withdraw(token, invoice_id)
        return see_other(f"/c/{token}")

    async def receipt_form(self, request: Request) -> Response:
        """Show the form that asks for a cash receipt; changes nothing."""
        visit, invoice = await self._invoice(request)
        return self._form(request, visit, invoice, {}, cash=True)

    async def ask(self, request: Request) -> Response:
        """Make a receipt of cash: a draft, as long as the company hasn't confirmed it."""
        token, invoice_id = request.path_params["token"], request.path_params["invoice"]
        visit, invoice = await self._invoice(request)
        self._count(visit)
        self._check(visit, invoice, CASH_RECEIPT)
        given = {**await self._given(request), "method": CASH}
        try:
            draft = draft_of(given, invoice, self._today(visit))
            await self._services.receipts.ask(token, invoice_id, draft)
        except Refused as refused:
            if refused.kind is not Kind.INVALID:
                raise
            return self._form(request, visit, invoice, given, trouble=refused, cash=True)
        return see_other(f"/c/{token}#bill")

    async def receipt(self, request: Request) -> Response:
        """Return a receipt as a PDF, always as a download."""
        params, names = request.path_params, self._services.context.names
        facts = await self._services.receipts.show(params["token"], params["receipt"])
        return await receipt_download(facts, names.hostname)

    async def pay(self, request: Request) -> Response:
        """Say where paying online leads; changes nothing."""
        visit, invoice = await self._invoice(request)
        return self._leave(request, visit, invoice)

    async def go(self, request: Request) -> Response:
        """Lead to the page of the payment provider.

        A page that leads on, not a redirect: `form-action 'self'` stops a form's redirect to
        another host.
        """
        visit, invoice = await self._invoice(request)
        self._count(visit)
        say = wording(visit.conversation.locale or visit.tenant.locale)
        shown = self._payable(visit, invoice, say)
        if shown.pay_url:
            return self._leave(request, visit, invoice, url=shown.pay_url)
        names, token = self._services.context.names, request.path_params["token"]
        base = f"{names.public_url}/c/{token}"
        done = f"{base}/invoices/{invoice.id}/pay/thanks"
        checkout = Checkout(f"{shown.title} · {visit.tenant.name}", say.lang, done, base)
        try:
            url = await self._services.online.begin(token, invoice.id, checkout)
        except Fault:
            trouble = "The payment page can't be reached right now. Please try again in a moment."
            return self._leave(request, visit, invoice, trouble=trouble, status=503)
        return self._leave(request, visit, invoice, url=url)

    async def thanks(self, request: Request) -> Response:
        """Thank who comes back from the provider's page; that they paid, it alone tells."""
        visit, invoice = await self._invoice(request)
        say = wording(visit.conversation.locale or visit.tenant.locale)
        values = {
            "token": request.path_params["token"],
            **signs(self._services.context, visit.tenant, say, visit.participant),
            "bill": bill(invoice, visit.tenant, say, self._today(visit)),
        }
        return self._pages.page("thanks.html", values, say=say)

    def _check(self, visit: Visit, invoice: Invoice, action: str) -> None:
        """Raise Refused if the company doesn't offer this, or the document can't be paid."""
        offered = action in pages_of(visit.tenant.pages).actions
        if not offered or not words_of(invoice.kind).payable:
            raise conflict("not_payable", "There is nothing to pay.")

    def _payable(self, visit: Visit, invoice: Invoice, say: Wording) -> Bill:
        shown = bill(invoice, visit.tenant, say, self._today(visit), online=visit.pays_online)
        if not shown.pays:
            raise conflict("not_payable", "This can't be paid online.")
        return shown

    def _leave(
        self,
        request: Request,
        visit: Visit,
        invoice: Invoice,
        *,
        url: str = "",
        trouble: str = "",
        status: int = 200,
    ) -> Response:
        say = wording(visit.conversation.locale or visit.tenant.locale)
        shown = self._payable(visit, invoice, say)
        known = urlsplit(url or shown.pay_url).hostname
        values = {
            "token": request.path_params["token"],
            **signs(self._services.context, visit.tenant, say, visit.participant),
            "bill": shown,
            "url": url,
            "trouble": say.text(trouble),
            "provider": known or self._services.online.provider.host,
        }
        return self._pages.page("pay.html", values, say=say, status=status)

    async def _invoice(self, request: Request) -> tuple[Visit, Invoice]:
        visit = await self._services.visits.open(request.path_params["token"])
        return visit, invoice_of(visit, request.path_params["invoice"])

    async def _given(self, request: Request) -> dict[str, str]:
        return await given_in(request, self._services.uploads)

    def _today(self, visit: Visit) -> date:
        return day_of(self._services.context.clock.now(), visit.tenant.timezone)

    def _count(self, visit: Visit) -> None:
        person = f"{visit.tenant.id}:{visit.participant.ref}"
        self._pace.take(person, self._services.context.clock.now())

    def _form(
        self,
        request: Request,
        visit: Visit,
        invoice: Invoice,
        given: dict[str, str],
        *,
        trouble: Refused | None = None,
        cash: bool = False,
    ) -> Response:
        say = wording(visit.conversation.locale or visit.tenant.locale)
        today = self._today(visit)
        shown = bill(invoice, visit.tenant, say, today)
        values = {
            "token": request.path_params["token"],
            **signs(self._services.context, visit.tenant, say, visit.participant),
            "bill": shown,
            "cash": cash,
            "methods": [(key, say.text(words)) for key, words in METHOD_WORDS.items()],
            "method": given.get("method", "transfer"),
            "on": given.get("on") or given.get("date") or today.isoformat(),
            "amount": given.get("amount") or shown.open_plain,
            "note": given.get("note", ""),
            "today": today.isoformat(),
            "currency": invoice.currency,
            "trouble": say.refusal(trouble) if trouble else "",
            "param": trouble.param if trouble else "",
        }
        status = STATUS[trouble.kind] if trouble else 200
        return self._pages.page("paid.html", values, say=say, status=status)


async def receipt_download(facts: ReceiptFacts, host: str) -> Response:
    """Return a receipt as a PDF in the customer's language, always as a download."""
    say = wording(facts.conversation.locale or facts.tenant.locale)
    paper = await asyncio.to_thread(_paper, facts, say, host)
    number = facts.receipt.number
    name = f"receipt-{number}.pdf" if number else "receipt-draft.pdf"
    headers = {"Content-Disposition": disposition(name), "Content-Security-Policy": SANDBOX}
    return Response(paper, 200, headers, "application/pdf")


def _paper(facts: ReceiptFacts, say: Wording, host: str) -> bytes:
    # The library for PDFs takes half a second to load, and many gateways never make a receipt.
    from gateway.web.receipt_paper import receipt_pdf  # noqa: PLC0415

    return receipt_pdf(facts, say, host)

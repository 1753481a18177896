"""The customer's pages about payment: pay, say that it is paid, take that back (ux.md, 2.2)."""

from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.drafts import PaymentDraft
from gateway.flow.refusal import Kind, Refused, conflict, invalid
from gateway.flow.visit import Visit
from gateway.rules.currencies import amount_of, fits
from gateway.rules.model import Invoice
from gateway.rules.payments import METHODS, day_of
from gateway.web.bills import METHOD_WORDS, bill
from gateway.web.chat import invoice_of
from gateway.web.guard import Pace
from gateway.web.kinds import words_of
from gateway.web.pages import STATUS, Pages, see_other
from gateway.web.services import WebServices
from gateway.web.uploads import fields_of, take
from gateway.web.wording import wording

_NOTE_CHARS = 500


class Paying:
    """Answers under /c/{token}/invoices/{invoice}/paid and /pay."""

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
        if not words_of(invoice.kind).payable:
            raise conflict("not_payable", "There is nothing to pay.")
        given = await self._given(request)
        try:
            draft = _draft(given, invoice, self._today(visit))
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

    async def pay(self, request: Request) -> Response:
        """Say where paying online leads; changes nothing."""
        return await self._leave(request, go=False)

    async def go(self, request: Request) -> Response:
        """Lead to the page of the payment provider.

        A page that leads on, not a redirect: `form-action 'self'` stops a form's redirect to
        another host.
        """
        return await self._leave(request, go=True)

    async def _leave(self, request: Request, *, go: bool) -> Response:
        visit, invoice = await self._invoice(request)
        say = wording(visit.conversation.locale or visit.tenant.locale)
        shown = bill(invoice, visit.tenant, say, self._today(visit))
        if not shown.payable or not shown.pay_url:
            raise conflict("not_payable", "This can't be paid online.")
        values = {
            "token": request.path_params["token"],
            "company": visit.tenant.name,
            "bill": shown,
            "go": go,
            "provider": urlsplit(shown.pay_url).hostname or "",
        }
        return self._pages.page("pay.html", values, say=say)

    async def _invoice(self, request: Request) -> tuple[Visit, Invoice]:
        visit = await self._services.visits.open(request.path_params["token"])
        return visit, invoice_of(visit, request.path_params["invoice"])

    async def _given(self, request: Request) -> dict[str, str]:
        if request.headers.get("content-type", "").lower().startswith("multipart/"):
            taken = await take(request, self._services.uploads, files=0, octets=0)
            taken.form.discard()
            return taken.fields
        return await fields_of(request)

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
    ) -> Response:
        say = wording(visit.conversation.locale or visit.tenant.locale)
        today = self._today(visit)
        shown = bill(invoice, visit.tenant, say, today)
        values = {
            "token": request.path_params["token"],
            "company": visit.tenant.name,
            "bill": shown,
            "methods": [(key, say.text(words)) for key, words in METHOD_WORDS.items()],
            "method": given.get("method", "transfer"),
            "on": given.get("on") or given.get("date") or today.isoformat(),
            "amount": given.get("amount") or shown.open_plain,
            "note": given.get("note", ""),
            "today": today.isoformat(),
            "currency": invoice.currency,
            "trouble": say.text(trouble.detail) if trouble else "",
            "param": trouble.param if trouble else "",
        }
        status = STATUS[trouble.kind] if trouble else 200
        return self._pages.page("paid.html", values, say=say, status=status)


def _draft(given: dict[str, str], invoice: Invoice, today: date) -> PaymentDraft:
    """Return the claim that a form makes; raises Refused for what makes no sense."""
    method = given.get("method") or "transfer"
    if method not in METHODS:
        raise invalid("method", "Choose how you paid.")
    note = given.get("note", "").strip()
    if len(note) > _NOTE_CHARS:
        raise invalid("note", f"The note can have {_NOTE_CHARS} characters at most.")
    return PaymentDraft(
        amount=_amount(given.get("amount", ""), invoice),
        method=method,
        on=_day(given.get("on") or given.get("date") or "", today),
        note=note,
    )


def _amount(text: str, invoice: Invoice) -> Decimal | None:
    text = "".join(text.split())
    if not text:
        return None
    # People write 1.254,00 and 1,254.00: what stands last is the decimal mark, if it has two
    # digits or fewer behind it.
    for thousands, point in ((",", "."), (".", ",")):
        whole, mark, rest = text.rpartition(point)
        if mark and len(rest) <= 2 and point not in whole:
            text = whole.replace(thousands, "") + "." + rest
            break
    else:
        text = text.replace(",", "")
    try:
        amount = amount_of(text)
    except ValueError as error:
        raise invalid("amount", "The amount is a number such as 1254.00.") from error
    if amount <= 0 or not fits(amount, invoice.currency):
        raise invalid("amount", f"The amount is none in {invoice.currency}.")
    return amount


def _day(text: str, today: date) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise invalid("on", "The date is a day such as 2026-12-05.") from error
    # East of the company it may be tomorrow already.
    if day > today + timedelta(days=1):
        raise invalid("on", "The date is still to come.")
    return day

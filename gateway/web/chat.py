"""The customer's chat window (contract §6; ux.md, 2.2)."""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.refusal import Kind, Refused, not_found
from gateway.flow.renewal import Lost
from gateway.flow.visit import Visit
from gateway.rules.customer_pages import BY_LINK, pages_of
from gateway.rules.documents import credit_note_of
from gateway.rules.model import Delivery, Direction, Invoice, InvoiceStatus, Message
from gateway.rules.payments import day_of
from gateway.rules.reminders import PROMISED_ON
from gateway.web.bills import Bill, bill
from gateway.web.claim_form import writer_of
from gateway.web.downloads import download
from gateway.web.fate import Fate, for_customer
from gateway.web.guard import Pace
from gateway.web.masking import masked
from gateway.web.pages import STATUS, Pages, see_other
from gateway.web.questions import questions_about, tag_of
from gateway.web.services import WebServices
from gateway.web.signs import signs
from gateway.web.timeline import SHOWN_ENTRIES, Reader, gallery, timeline
from gateway.web.tongues import tongues
from gateway.web.uploads import take
from gateway.web.wording import Wording, wording

_SHOWN_AGAIN = frozenset({Kind.INVALID, Kind.TOO_LARGE})


class Chat:
    """Answers under /c: what a link shows, and what may be written through it."""

    def __init__(self, services: WebServices, pages: Pages, pace: Pace) -> None:
        """Work with these journeys; `pace` bounds how often a person may post."""
        self._services = services
        self._pages = pages
        self._pace = pace

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self._pages.route
        return [
            route("/c/{token}", self.show),
            route("/c/{token}/messages", self.write, method="POST"),
            route("/c/{token}/new-link", self.renew, method="POST"),
            route("/c/{token}/attachments/{attachment}", self.attachment),
            route("/c/{token}/invoices/{invoice}", self.invoice),
            route("/c/{token}/invoices/{invoice}/viewed", self.viewed, method="POST"),
            route("/c/{token}/invoices/{invoice}/pdf", self.pdf),
        ]

    async def show(self, request: Request) -> Response:
        """Return the conversation; changes nothing."""
        try:
            visit = await self._services.visits.open(request.path_params["token"])
        except Refused as refused:
            if refused.kind is not Kind.GONE:
                raise
            return await self._expired(request, refused)
        # Many messages take long to write down; others are served meanwhile.
        return await asyncio.to_thread(self.page, request, visit)

    async def write(self, request: Request) -> Response:
        """Take what the customer writes, and lead back to it."""
        services, token = self._services, request.path_params["token"]
        fields: dict[str, str] = {}
        visit = await services.visits.open(token)
        person = f"{visit.tenant.id}:{visit.participant.ref}"
        self._pace.take(person, services.context.clock.now())
        try:
            taken = await take(
                request,
                services.uploads,
                files=services.upload_files,
                octets=services.upload_bytes,
            )
            try:
                fields = taken.fields
                text = fields.get("text", "")
                message = await services.visits.write(
                    token,
                    text.replace("\r\n", "\n"),
                    taken.documents,
                    client_id=fields.get("client_id", "")[:64] or None,
                    writer=writer_of(fields),
                    tag=tag_of(fields),
                )
            finally:
                taken.form.discard()
        except Refused as refused:
            if refused.kind not in _SHOWN_AGAIN:
                raise
            status = STATUS[refused.kind]
            return await asyncio.to_thread(
                self.page, request, visit, status=status, trouble=refused, given=fields
            )
        return see_other(f"/c/{token}#{message.id}")

    async def renew(self, request: Request) -> Response:
        """Send a new link to the address that had this one."""
        token, renewal = request.path_params["token"], self._services.renewal
        lost = await renewal.lost(token)
        self._pace.take(f"{lost.tenant.id}:{lost.person.ref}", self._services.context.clock.now())
        say = wording(lost.conversation.locale or lost.tenant.locale)
        words = "you asked for a new link to {subject}. Here it is:"
        text = say.text("Hello,") + "\n\n" + say.text(words, subject=lost.conversation.subject)
        lost = await renewal.renew(token, text)
        values = {**self._about(lost, say), "sent": True, "token": token}
        return self._pages.page("expired.html", values, say=say)

    async def _expired(self, request: Request, refused: Refused) -> Response:
        token = request.path_params["token"]
        lost = await self._services.renewal.lost(token)
        if not lost.renewable:
            raise refused
        say = wording(lost.conversation.locale or lost.tenant.locale)
        values = {**self._about(lost, say), "sent": False, "token": token}
        return self._pages.page("expired.html", values, say=say, status=STATUS[Kind.GONE])

    async def attachment(self, request: Request) -> Response:
        """Download a document of the conversation."""
        params = request.path_params
        return await download(
            request, *await self._services.visits.attachment(params["token"], params["attachment"])
        )

    async def pdf(self, request: Request) -> Response:
        """Download an invoice's PDF."""
        params = request.path_params
        return await download(
            request, *await self._services.visits.invoice_pdf(params["token"], params["invoice"])
        )

    async def viewed(self, request: Request) -> Response:
        """Take the page's word that a person, by a gesture, looks at an invoice."""
        params = request.path_params
        await self._services.visits.viewed(params["token"], params["invoice"])
        return Response(None, 204)

    async def invoice(self, request: Request) -> Response:
        """Show an invoice as a page."""
        token = request.path_params["token"]
        visit = await self._services.visits.open(token)
        say = wording(visit.conversation.locale or visit.tenant.locale)
        shown = self.bill_of(visit, request.path_params["invoice"], say)
        here = {one.id for one in visit.invoices}
        newer = shown.replaced_by if shown.replaced_by in here else ""
        values = {
            **signs(self._services.context, visit.tenant, say, visit.participant),
            "token": token,
            "bill": shown,
            "newer": newer,
        }
        return self._pages.page("invoice.html", values, say=say)

    def bill_of(self, visit: Visit, invoice_id: str, say: Wording) -> Bill:
        """Return an invoice of the visit in words; raises Refused if it has none of that id."""
        invoice = invoice_of(visit, invoice_id)
        note = credit_note_of(invoice, visit.invoices)
        return bill(
            invoice,
            visit.tenant,
            say,
            self._today(visit),
            online=visit.pays_online,
            other_account=invoice_id in visit.other_accounts,
            credit_note=note.id if note else "",
        )

    def _today(self, visit: Visit) -> Any:
        return day_of(self._services.context.clock.now(), visit.tenant.timezone)

    def page(
        self,
        request: Request,
        visit: Visit,
        *,
        status: int = 200,
        trouble: Refused | None = None,
        given: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the window; trouble: why what was sent was not taken, given: what it was."""
        say = wording(visit.conversation.locale or visit.tenant.locale)
        company, names = visit.tenant.name, self._services.context.names
        about_promise = trouble is not None and trouble.param == PROMISED_ON
        token = request.path_params["token"]
        messages = [one for one in visit.messages if one.direction is not Direction.NOTE]
        reader = _reader(visit, say)
        entries = timeline(messages, visit.invoices, visit.deliveries, reader)
        hidden = 0 if "all" in request.query_params else max(0, len(entries) - SHOWN_ENTRIES)
        invoices = _by_need(visit.invoices)
        bills = [self.bill_of(visit, one.id, say) for one in invoices]
        questions = questions_about(invoices[0] if invoices else None, say)
        key = given.get("about", "") if given else request.query_params.get("ask", "")
        asked = next((one for one in questions if one.key == key), None)
        tracked = bool(bills) and pages_of(visit.tenant.pages).track_views
        values = {
            **signs(self._services.context, visit.tenant, say, visit.participant),
            "token": token,
            "branded": bool(visit.tenant.brand.get("color")),
            "initials": initials(company),
            "subject": visit.conversation.subject,
            "visitor": visit.participant.mailbox.name or visit.participant.mailbox.address,
            "bill": bills[0] if bills else None,
            "others": bills[1:],
            "viewed": f"/c/{token}/invoices/{bills[0].id}/viewed" if tracked else "",
            "position": visit.position,
            "entries": entries[hidden:],
            "hidden": hidden,
            "files": gallery(messages, reader),
            "client_id": self._client_id(),
            "trouble": say.refusal(trouble) if trouble and not about_promise else "",
            "promise_trouble": say.refusal(trouble) if trouble and about_promise else "",
            "questions": questions,
            "about": asked.key if asked else "",
            "text": given.get("text", "") if given else f"{asked.sentence} " if asked else "",
            "writer_name": given.get("writer_name", "") if given else "",
            "writer_email": given.get("writer_email", "") if given else "",
            "most_files": self._services.upload_files,
            "most_mega": self._services.upload_bytes // (1024 * 1024),
            "host": names.hostname,
            "sender": names.sender_mailbox(visit.tenant).address,
            "since": say.day(day_of(visit.tenant.created_at, visit.tenant.timezone)),
            "to": masked(visit.participant.mailbox.address),
            "tongues": tongues(),
        }
        return self._pages.page("chat.html", values, say=say, status=status)

    def _about(self, lost: Lost, say: Wording) -> dict[str, Any]:
        """Return what an expired link tells: whose it was, and to which address, half hidden."""
        known = signs(self._services.context, lost.tenant, say)
        return {**known, "address": masked(lost.person.mailbox.address)}

    def _client_id(self) -> str:
        """Return an id for the form, so that sending it twice gives one message."""
        return base64.b32encode(self._services.context.chance.octets(15)).decode("ascii").lower()


def invoice_of(visit: Visit, invoice_id: str) -> Invoice:
    """Return an invoice of the visit; raises Refused if it has none of that id."""
    for invoice in visit.invoices:
        if invoice.id == invoice_id:
            return invoice
    raise not_found("invoice")


def initials(name: str) -> str:
    """Return up to two letters that stand for a company without a logo."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def _by_need(invoices: Sequence[Invoice]) -> list[Invoice]:
    """Return the invoices, the one that the customer has to do with first.

    A credit note stands behind the cancelled invoice that leads to it.
    """
    notes = {note.id for one in invoices if (note := credit_note_of(one, invoices))}
    waiting = {InvoiceStatus.OPEN: 0, InvoiceStatus.CLAIMED: 1}

    def need(one: Invoice) -> tuple[bool, int]:
        return one.replaced_by is not None, 3 if one.id in notes else waiting.get(one.status, 2)

    newest = reversed(list(invoices))
    return sorted(newest, key=need)


def _reader(visit: Visit, say: Wording) -> Reader:
    me = visit.participant

    def is_own(message: Message) -> bool:
        return message.direction is Direction.IN and message.author_ref == me.ref

    def name_of(message: Message) -> str:
        if is_own(message) and message.kind != BY_LINK:
            return say.text("You")
        return message.from_.name or (
            visit.tenant.name if message.direction is Direction.OUT else message.from_.address
        )

    def fates_of(message: Message, deliveries: Sequence[Delivery]) -> tuple[Fate, ...]:
        if message.direction is Direction.IN:
            return (Fate(say.text("Received"), "tick", "plain"),) if is_own(message) else ()
        mine = [one for one in deliveries if one.participant_ref == me.ref]
        return tuple(for_customer(one, say) for one in mine[:1])

    return Reader(say, visit.tenant.timezone, visit.tenant.name, is_own, name_of, fates_of)

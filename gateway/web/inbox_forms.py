"""What the company does in the Inbox: each form of its pages, answered (ux.md, 2.3)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.drafts import AnswerDraft, PaymentDraft
from gateway.flow.people import history, latest
from gateway.flow.refusal import Kind, Refused, invalid
from gateway.flow.taking_back import take_back
from gateway.ports.store import Work
from gateway.rules.model import ConversationStatus, Message
from gateway.web.desk import asked_of, back_to
from gateway.web.inbox import ONE, SHOWN_AGAIN, Inbox
from gateway.web.pages import STATUS, Endpoint, Pages, see_other
from gateway.web.services import WebServices
from gateway.web.signin import Seat, SignIn
from gateway.web.uploads import fields_of, take


class InboxForms:
    """Answers what is posted under /inbox by those who may write."""

    def __init__(self, services: WebServices, pages: Pages, sign_in: SignIn, inbox: Inbox) -> None:
        """Work with these journeys; `sign_in` knows who comes, `inbox` shows the page again."""
        self._services = services
        self._pages = pages
        self._sign_in = sign_in
        self._inbox = inbox

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        invoice, delivery = f"{ONE}/invoices/{{invoice}}", f"{ONE}/deliveries/{{delivery}}"
        posts: dict[str, Endpoint] = {
            f"{ONE}/messages": self.answer,
            f"{ONE}/messages/{{message}}/take-back": self.take_back,
            f"{ONE}/read": self.mark_read,
            f"{ONE}/unread": self.mark_unread,
            f"{ONE}/status": self.set_status,
            f"{ONE}/approve-sender": self.approve,
            f"{invoice}/confirm-payment": self.confirm,
            f"{invoice}/refuse-payment": self.refuse,
            f"{invoice}/mark-paid": self.mark_paid,
            f"{invoice}/receipt": self.receipt,
            f"{delivery}/retry": self.retry,
            f"{delivery}/again": self.again,
            f"{delivery}/correct": self.correct,
        }
        return [
            self._pages.route(path, endpoint, method="POST") for path, endpoint in posts.items()
        ]

    async def answer(self, request: Request) -> Response:
        """Send the company's answer, or keep a note."""
        seat = await self._sign_in.writer(request)
        conversation_id = request.path_params["conversation"]
        services = self._services
        text, note = "", False
        try:
            taken = await take(
                request,
                services.uploads,
                files=services.upload_files,
                octets=services.upload_bytes,
            )
            try:
                text = taken.fields.get("text", "").replace("\r\n", "\n")
                note = bool(taken.fields.get("note"))
                draft = AnswerDraft(
                    text, attachments=taken.documents, note=note, author=seat.user or ""
                )
                if not note:
                    await self._refuse_outdated(seat, conversation_id, taken.fields.get("seen", ""))
                message = await services.conversing.answer(
                    seat.tenant, conversation_id, draft, hold=services.undo
                )
            finally:
                taken.form.discard()
        except Refused as refused:
            if refused.kind not in SHOWN_AGAIN:
                raise
            return await self._inbox.page(
                request,
                seat,
                conversation_id,
                status=STATUS[refused.kind],
                trouble=seat.say.refusal(refused),
                text=text,
                note=note,
            )
        await services.conversing.mark_read(seat.tenant, conversation_id)
        return see_other(f"{back_to(request)}#{message.id}")

    async def _refuse_outdated(self, seat: Seat, conversation_id: str, seen: str) -> None:
        """Raise Refused if something was said since the writer saw the conversation.

        seen: the newest message of the page that was written on; "" asks for no check.
        """

        def look(work: Work) -> Message | None:
            known = work.messages.get(seat.tenant.id, seen) if seen else None
            found = work.conversations.get(seat.tenant.id, conversation_id)
            if known is None or found is None:
                return None
            fresh = [m for m in history(work, latest(work, found)) if m.position > known.position]
            return next((m for m in reversed(fresh) if m.automatic is None and m.visible), None)

        fresh = await self._services.context.store.read(look)
        if fresh is not None:
            name = fresh.author or fresh.from_.name or fresh.from_.address
            detail = f"{name} wrote meanwhile. Read it above, then send your answer once more."
            raise Refused(Kind.INVALID, "outdated", detail)

    async def take_back(self, request: Request) -> Response:
        """Take an answer back before it leaves; its text comes back into the field."""
        seat = await self._sign_in.writer(request)
        message_id = request.path_params["message"]
        message = await take_back(self._services.context, seat.tenant, message_id)
        back = back_to(request)
        return see_other(f"{back}{'&' if '?' in back else '?'}draft={message.id}#write")

    async def mark_read(self, request: Request) -> Response:
        """Note that the company has seen everything."""
        seat = await self._sign_in.writer(request)
        await self._services.conversing.mark_read(seat.tenant, request.path_params["conversation"])
        return see_other(back_to(request))

    async def mark_unread(self, request: Request) -> Response:
        """Let it be looked at again later; leads back to the list, since the page is left."""
        seat = await self._sign_in.writer(request)
        conversation_id = request.path_params["conversation"]
        await self._services.conversing.mark_unread(seat.tenant, conversation_id)
        return see_other(f"/inbox?{asked_of(request, 'open').kept}")

    async def set_status(self, request: Request) -> Response:
        """Put a conversation into another lane."""
        seat = await self._sign_in.writer(request)
        try:
            status = ConversationStatus((await fields_of(request)).get("status", ""))
        except ValueError as error:
            raise invalid("status", "There is no such status.") from error
        conversation_id = request.path_params["conversation"]
        await self._services.conversing.change(seat.tenant, conversation_id, status=status)
        return see_other(back_to(request))

    async def approve(self, request: Request) -> Response:
        """Show a stranger's messages to the customer from now on."""
        seat = await self._sign_in.writer(request)
        address = (await fields_of(request)).get("address", "")
        conversation_id = request.path_params["conversation"]
        await self._services.conversing.approve_sender(seat.tenant, conversation_id, address)
        return see_other(back_to(request))

    async def confirm(self, request: Request) -> Response:
        """Confirm that a payment came."""
        seat = await self._sign_in.writer(request)
        payment_id = (await fields_of(request)).get("payment_id") or None
        invoice_id = request.path_params["invoice"]
        await self._services.billing.confirm_payment(
            seat.tenant, invoice_id, payment_id, noted_by=seat.user or ""
        )
        return see_other(back_to(request))

    async def refuse(self, request: Request) -> Response:
        """Say that a payment has not come, or was noted wrongly: it is taken back."""
        seat = await self._sign_in.writer(request)
        payment_id = (await fields_of(request)).get("payment_id")
        if not payment_id:
            raise invalid("payment_id", "Which payment?")
        invoice_id = request.path_params["invoice"]
        await self._services.billing.mark_unpaid(
            seat.tenant, invoice_id, payment_id, noted_by=seat.user or ""
        )
        return see_other(back_to(request))

    async def mark_paid(self, request: Request) -> Response:
        """Note that everything that was open has been paid today."""
        seat = await self._sign_in.writer(request)
        invoice_id = request.path_params["invoice"]
        await self._services.billing.mark_paid(
            seat.tenant, invoice_id, PaymentDraft(noted_by=seat.user or "")
        )
        return see_other(back_to(request))

    async def receipt(self, request: Request) -> Response:
        """Make the receipt of a payment."""
        seat = await self._sign_in.writer(request)
        payment_id = (await fields_of(request)).get("payment_id") or None
        invoice_id = request.path_params["invoice"]
        await self._services.receipts.make(seat.tenant, invoice_id, payment_id)
        return see_other(back_to(request))

    async def retry(self, request: Request) -> Response:
        """Try a delivery now, or send a suppressed one anyway."""
        seat = await self._sign_in.writer(request)
        await self._services.dispatch.retry(seat.tenant.id, request.path_params["delivery"])
        return see_other(back_to(request))

    async def again(self, request: Request) -> Response:
        """Send a failed mail once more."""
        seat = await self._sign_in.writer(request)
        await self._services.mending.again(seat.tenant, request.path_params["delivery"])
        return see_other(back_to(request))

    async def correct(self, request: Request) -> Response:
        """Send a failed mail to the right address."""
        seat = await self._sign_in.writer(request)
        address = (await fields_of(request)).get("address", "").strip()
        delivery_id = request.path_params["delivery"]
        try:
            await self._services.mending.correct(seat.tenant, delivery_id, address)
        except Refused as refused:
            if refused.kind not in SHOWN_AGAIN:
                raise
            return await self._inbox.page(
                request,
                seat,
                request.path_params["conversation"],
                status=STATUS[refused.kind],
                trouble=seat.say.refusal(refused),
            )
        return see_other(back_to(request))

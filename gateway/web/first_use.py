"""The first use: a test invoice from an empty Inbox, whose answer is seen to come in."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.drafts import InvoiceDraft
from gateway.flow.refusal import Refused, invalid
from gateway.mail.address import is_mailbox
from gateway.mail.mailbox import Mailbox
from gateway.ports.store import Work
from gateway.rules.model import Tenant
from gateway.rules.payments import day_of
from gateway.web.inbox import SHOWN_AGAIN, Inbox
from gateway.web.pages import STATUS, Pages, see_other
from gateway.web.services import WebServices
from gateway.web.signin import SignIn
from gateway.web.uploads import fields_of

_KIND = "invoice"
_DUE_IN = timedelta(days=14)
_ANSWERS = "reply+Thank_you_the_test_invoice_has_arrived"
_MESSAGE = (
    "Hello,\nthis is a test invoice; nobody has to pay it. Reply to this mail, or write in the "
    "chat, and your words appear in the Inbox."
)


@dataclass(frozen=True, slots=True)
class FirstUse:
    """Answers POST /inbox/test-invoice."""

    services: WebServices
    pages: Pages
    sign_in: SignIn
    inbox: Inbox

    def routes(self) -> list[BaseRoute]:
        """Return the route."""
        return [self.pages.route("/inbox/test-invoice", self.send, method="POST")]

    async def send(self, request: Request) -> Response:
        """Send a test invoice, and lead to its conversation.

        Without an address it goes to the sandbox, where a made-up customer answers.
        """
        seat = await self.sign_in.writer(request)
        address = (await fields_of(request)).get("address", "").strip()
        try:
            draft = await self._draft(seat.tenant, address)
            sent = await self.services.submissions.send_invoice(seat.tenant, draft)
        except Refused as refused:
            if refused.kind not in SHOWN_AGAIN:
                raise
            status = STATUS[refused.kind]
            trouble = seat.say.refusal(refused)
            return await self.inbox.page(request, seat, None, status=status, trouble=trouble)
        return see_other(f"/inbox/conversations/{sent.invoice.conversation_id}")

    async def _draft(self, tenant: Tenant, address: str) -> InvoiceDraft:
        domain = self.services.sandbox_domain
        if not address and domain:
            customer = Mailbox("Test Customer", f"{_ANSWERS}@{domain}")
        elif is_mailbox(address):
            customer = Mailbox("", address)
        else:
            raise invalid("address", "That is not an address such as jana@firma.example.")
        context = self.services.context
        today = day_of(context.clock.now(), tenant.timezone)
        return InvoiceDraft(
            number=await self._free_number(tenant),
            amount=Decimal("12.54"),
            currency="EUR",
            customer=customer,
            kind=_KIND,
            issued_on=today,
            due_on=today + _DUE_IN,
            message=_MESSAGE,
            lines=({"description": "Test", "quantity": 1, "unit_price": "12.54"},),
        )

    async def _free_number(self, tenant: Tenant) -> str:
        def look(work: Work) -> str:
            number = 1
            while work.invoices.by_number(tenant.id, _KIND, f"TEST-{number}") is not None:
                number += 1
            return f"TEST-{number}"

        return await self.services.context.store.read(look)

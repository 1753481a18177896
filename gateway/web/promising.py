"""The customer says by when they pay, in the chat window (ux.md, 4)."""

import asyncio
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.promising import Promises
from gateway.flow.refusal import Kind, Refused, conflict, invalid
from gateway.flow.visit import Visit
from gateway.rules.customer_pages import MARK_PAID, pages_of
from gateway.rules.model import Invoice
from gateway.rules.reminders import PROMISED_ON
from gateway.web.chat import Chat, invoice_of
from gateway.web.guard import Pace
from gateway.web.pages import STATUS, Pages, see_other
from gateway.web.services import WebServices
from gateway.web.uploads import given_in

_INVOICE = "/c/{token}/invoices/{invoice}"


@dataclass(frozen=True, slots=True)
class Promising:
    """Answers the form of the chat window; `chat` shows it again."""

    services: WebServices
    pages: Pages
    pace: Pace
    chat: Chat

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self.pages.route
        return [
            route(f"{_INVOICE}/promise", self.promise, method="POST"),
            route(f"{_INVOICE}/promise/withdraw", self.withdraw, method="POST"),
        ]

    async def promise(self, request: Request) -> Response:
        """Note by when the customer pays, and lead back."""
        visit, invoice = await self._asked(request)
        token = request.path_params["token"]
        if MARK_PAID not in pages_of(visit.tenant.pages).actions:
            raise conflict("not_payable", "There is nothing to pay.")
        try:
            given = await given_in(request, self.services.uploads)
            day = _day(given.get(PROMISED_ON, ""))
            await Promises(self.services.context).make(token, invoice.id, day)
        except Refused as refused:
            if refused.kind is not Kind.INVALID:
                raise
            status = STATUS[refused.kind]
            return await asyncio.to_thread(
                self.chat.page, request, visit, status=status, trouble=refused
            )
        return see_other(f"/c/{token}#bill")

    async def withdraw(self, request: Request) -> Response:
        """Take the promise back, and lead back."""
        _, invoice = await self._asked(request)
        token = request.path_params["token"]
        await Promises(self.services.context).withdraw(token, invoice.id)
        return see_other(f"/c/{token}#bill")

    async def _asked(self, request: Request) -> tuple[Visit, Invoice]:
        visit = await self.services.visits.open(request.path_params["token"])
        person = f"{visit.tenant.id}:{visit.participant.ref}"
        self.pace.take(person, self.services.context.clock.now())
        return visit, invoice_of(visit, request.path_params["invoice"])


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise invalid(PROMISED_ON, "The date is a day such as 2026-12-05.") from error

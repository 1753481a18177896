"""Answers by mail that were not verified: sent or discarded in the Inbox."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.refusal import Refused
from gateway.flow.staff_drafts import StaffDrafts
from gateway.web.desk import back_to
from gateway.web.inbox import ONE, SHOWN_AGAIN, Inbox
from gateway.web.pages import STATUS, Pages, see_other
from gateway.web.services import WebServices
from gateway.web.signin import SignIn


@dataclass(frozen=True, slots=True)
class DraftForms:
    """Answers the two buttons under such a draft."""

    services: WebServices
    pages: Pages
    sign_in: SignIn
    inbox: Inbox

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route, message = self.pages.route, f"{ONE}/messages/{{message}}"
        return [
            route(f"{message}/send", self.send, method="POST"),
            route(f"{message}/discard", self.discard, method="POST"),
        ]

    async def send(self, request: Request) -> Response:
        """Send the draft as the company's answer, once."""
        seat = await self.sign_in.writer(request)
        params, services = request.path_params, self.services
        try:
            answer = await self._drafts.send(
                seat.tenant, params["message"], author=seat.user or "", hold=services.undo
            )
        except Refused as refused:
            if refused.kind not in SHOWN_AGAIN:
                raise
            return await self.inbox.page(
                request,
                seat,
                params["conversation"],
                status=STATUS[refused.kind],
                trouble=seat.say.refusal(refused),
            )
        await services.conversing.mark_read(seat.tenant, params["conversation"])
        return see_other(f"{back_to(request)}#{answer.id}")

    async def discard(self, request: Request) -> Response:
        """Keep the draft as one that is not to be sent."""
        seat = await self.sign_in.writer(request)
        message_id = request.path_params["message"]
        await self._drafts.discard(seat.tenant, message_id)
        return see_other(f"{back_to(request)}#{message_id}")

    @property
    def _drafts(self) -> StaffDrafts:
        return StaffDrafts(self.services.context, self.services.conversing)

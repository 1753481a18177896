"""What stands in the wrong conversation: a message moved, conversations merged (contract §5)."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.refusal import Kind, Refused, invalid
from gateway.ports.correspondence import ConversationFilter
from gateway.ports.lists import Page
from gateway.ports.store import Work
from gateway.rules.model import Tenant
from gateway.web.inbox import ONE, Inbox
from gateway.web.pages import STATUS, Pages, see_other
from gateway.web.services import WebServices
from gateway.web.signin import Seat, SignIn
from gateway.web.uploads import fields_of

_SHOWN_AGAIN = frozenset({Kind.INVALID, Kind.CONFLICT})


@dataclass(frozen=True, slots=True)
class SortingForms:
    """Answers the forms by which a message or a conversation gets another place."""

    services: WebServices
    pages: Pages
    sign_in: SignIn
    inbox: Inbox

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self.pages.route
        return [
            route(f"{ONE}/messages/{{message}}/move", self.move, method="POST"),
            route(f"{ONE}/merge", self.merge, method="POST"),
        ]

    async def move(self, request: Request) -> Response:
        """Give a message a conversation of its own, or put it into another one."""
        seat = await self.sign_in.writer(request)
        params, sorting = request.path_params, self.services.sorting
        try:
            into = await self._goal(seat.tenant, await fields_of(request))
            place = await sorting.split(seat.tenant, params["conversation"], [params["message"]])
            if into:
                place = await sorting.merge(seat.tenant, place.id, into)
        except Refused as refused:
            return await self._again(request, seat, refused)
        return see_other(f"/inbox/conversations/{place.id}#{params['message']}")

    async def merge(self, request: Request) -> Response:
        """Put everything of a conversation into another one."""
        seat, params = await self.sign_in.writer(request), request.path_params
        try:
            into = await self._goal(seat.tenant, await fields_of(request))
            if not into:
                raise invalid("into", "Choose the conversation that this one belongs to.")
            place = await self.services.sorting.merge(seat.tenant, params["conversation"], into)
        except Refused as refused:
            return await self._again(request, seat, refused)
        return see_other(f"/inbox/conversations/{place.id}")

    async def _goal(self, tenant: Tenant, fields: dict[str, str]) -> str:
        """Return the conversation that is meant, by a document's number or chosen; "" for none."""
        number, chosen = fields.get("number", "").strip(), fields.get("into", "")

        def look(work: Work) -> str | None:
            if number:
                which = ConversationFilter(invoice=number)
                found = work.conversations.page(tenant.id, which, Page(1)).items
                return found[0].id if found else None
            return chosen if work.conversations.get(tenant.id, chosen) else None

        if not number and not chosen:
            return ""
        goal = await self.services.context.store.read(look)
        if goal is None:
            raise invalid("number", f"There is no document {number or chosen} in the Inbox.")
        return goal

    async def _again(self, request: Request, seat: Seat, refused: Refused) -> Response:
        if refused.kind not in _SHOWN_AGAIN:
            raise refused
        conversation_id, status = request.path_params["conversation"], STATUS[refused.kind]
        return await self.inbox.page(
            request, seat, conversation_id, status=status, trouble=seat.say.refusal(refused)
        )

"""The tags of a conversation: chips that lead to all that bear them, added and taken away."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.web.desk import back_to
from gateway.web.inbox import ONE
from gateway.web.pages import Pages, see_other
from gateway.web.services import WebServices
from gateway.web.signin import SignIn
from gateway.web.uploads import fields_of


@dataclass(frozen=True, slots=True)
class TagForms:
    """Answers POST /inbox/conversations/{conversation}/tags."""

    services: WebServices
    pages: Pages
    sign_in: SignIn

    def routes(self) -> list[BaseRoute]:
        """Return the route."""
        return [self.pages.route(f"{ONE}/tags", self.change, method="POST")]

    async def change(self, request: Request) -> Response:
        """Add the tag that was typed, or take one away."""
        seat = await self.sign_in.writer(request)
        fields = await fields_of(request)
        conversation_id = request.path_params["conversation"]
        await self.services.conversing.tag(
            seat.tenant, conversation_id, add=fields.get("add", ""), remove=fields.get("remove", "")
        )
        return see_other(back_to(request))

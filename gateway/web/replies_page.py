"""Saved replies: texts that a company's people put into their answers."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.refusal import Kind, Refused
from gateway.web.company import framed
from gateway.web.pages import STATUS, Pages, see_other
from gateway.web.services import WebServices
from gateway.web.signin import Seat, SignIn
from gateway.web.uploads import fields_of

PATH = "/inbox/replies"


@dataclass(frozen=True, slots=True)
class RepliesPage:
    """Answers under /inbox/replies for those who may write."""

    services: WebServices
    pages: Pages
    sign_in: SignIn

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self.pages.route
        return [
            route(PATH, self.show),
            route(PATH, self.save, method="POST"),
            route(f"{PATH}/{{reply}}", self.save, method="POST"),
            route(f"{PATH}/{{reply}}/remove", self.remove, method="POST"),
        ]

    async def show(self, request: Request) -> Response:
        """Show what there is."""
        seat = await self.sign_in.seat(request)
        if seat is None:
            return await self.sign_in.page(request)
        return await self._page(seat)

    async def save(self, request: Request) -> Response:
        """Keep a new text, or a changed one."""
        seat = await self.sign_in.writer(request)
        fields = await fields_of(request)
        title, text = fields.get("title", ""), fields.get("text", "").replace("\r\n", "\n")
        try:
            await self.services.team.save_reply(
                seat.tenant, title, text, request.path_params.get("reply")
            )
        except Refused as refused:
            if refused.kind not in {Kind.INVALID, Kind.CONFLICT}:
                raise
            return await self._page(seat, refused=refused, form=(title, text))
        return see_other(PATH)

    async def remove(self, request: Request) -> Response:
        """Remove a text."""
        seat = await self.sign_in.writer(request)
        await self.services.team.remove_reply(seat.tenant, request.path_params["reply"])
        return see_other(PATH)

    async def _page(
        self, seat: Seat, *, refused: Refused | None = None, form: tuple[str, str] = ("", "")
    ) -> Response:
        say = seat.say
        values = {
            **framed(seat, "replies", say),
            "replies": await self.services.team.replies(seat.tenant),
            "trouble": say.refusal(refused) if refused else "",
            "form": form,
        }
        status = STATUS[refused.kind] if refused else 200
        return self.pages.page("replies.html", values, say=say, status=status)

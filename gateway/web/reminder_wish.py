"""`/u/{token}`: no more reminders by mail, by one click of the mail program (RFC 8058) or here.

Looking at the page changes nothing; scanners look at every link.
"""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from gateway.flow.reminders import Reminded
from gateway.web.pages import HEADERS, Pages
from gateway.web.services import WebServices
from gateway.web.signs import signs
from gateway.web.wording import wording

_MOST_OCTETS = 1024


class ReminderWish:
    """Shows and keeps a customer's wish."""

    def __init__(self, services: WebServices, pages: Pages) -> None:
        """Answer by these."""
        self._services = services
        self._pages = pages

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self._pages.route
        return [
            route("/u/{token}", self.look),
            route("/u/{token}", self.stop, method="POST"),
            route("/u/{token}/again", self.start, method="POST"),
            *self._pages.nothing("/u"),
        ]

    async def look(self, request: Request) -> Response:
        """Show how it stands."""
        return self._page(request, await self._services.reminder_wishes.of(_token(request)))

    async def stop(self, request: Request) -> Response:
        """Stop reminders; a mail program that clicks gets a word instead of a page."""
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > _MOST_OCTETS:
                break
        reminded = await self._services.reminder_wishes.stop(_token(request))
        if b"List-Unsubscribe=One-Click" in body:
            return PlainTextResponse("Done", headers=HEADERS)
        return self._page(request, reminded)

    async def start(self, request: Request) -> Response:
        """Let reminders come again."""
        return self._page(request, await self._services.reminder_wishes.start(_token(request)))

    def _page(self, request: Request, reminded: Reminded) -> Response:
        say = wording(reminded.locale or reminded.tenant.locale)
        values = {
            **signs(self._services.context, reminded.tenant, say, reminded.person),
            "stopped": reminded.stopped,
            "token": _token(request),
        }
        return self._pages.page("reminders.html", values, say=say)


def _token(request: Request) -> str:
    return str(request.path_params["token"])

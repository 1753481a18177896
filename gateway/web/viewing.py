"""Attachments looked at in the page: pictures and text. All else is a download."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.refusal import not_found
from gateway.mail.parameters import content_type
from gateway.web.pages import Pages
from gateway.web.services import WebServices
from gateway.web.signs import signs
from gateway.web.timeline import PICTURES, TEXTS, files_of, is_viewable
from gateway.web.wording import wording

_MOST_OCTETS = 100_000


class Viewing:
    """Answers GET /c/{token}/attachments/{attachment}/view."""

    def __init__(self, services: WebServices, pages: Pages) -> None:
        """Work with these journeys."""
        self._services = services
        self._pages = pages

    def routes(self) -> list[BaseRoute]:
        """Return the route."""
        return [self._pages.route("/c/{token}/attachments/{attachment}/view", self.view)]

    async def view(self, request: Request) -> Response:
        """Show a picture, which the page fetches as the download that it is, or a text."""
        params, visits = request.path_params, self._services.visits
        visit = await visits.open(params["token"])
        found, pieces = await visits.attachment(params["token"], params["attachment"])
        if not is_viewable(found):
            raise not_found("view")
        say = wording(visit.conversation.locale or visit.tenant.locale)
        text, cut = "", False
        if content_type(found.content_type) in TEXTS:
            taken = bytearray()
            async for piece in pieces:
                taken += piece
                if len(taken) > _MOST_OCTETS:
                    break
            text, cut = _text(bytes(taken[:_MOST_OCTETS])), found.size > _MOST_OCTETS
        values = {
            "token": params["token"],
            **signs(self._services.context, visit.tenant, say, visit.participant),
            "file": files_of([found], say)[0],
            "text": text,
            "picture": content_type(found.content_type) in PICTURES,
            "cut": cut,
        }
        return self._pages.page("view.html", values, say=say)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Cut within a letter.
        if error.reason == "unexpected end of data":
            return data[: error.start].decode("utf-8-sig", "replace")
        return data.decode("cp1252", "replace")

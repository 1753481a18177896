"""Links that download one PDF and do nothing else (contract §6, `/d/{token}`)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.glances import mailed_pdf
from gateway.web.downloads import download
from gateway.web.pages import Pages
from gateway.web.services import WebServices


def routes(services: WebServices, pages: Pages) -> list[BaseRoute]:
    """Return the route."""

    async def pdf(request: Request) -> Response:
        return await download(
            request, *await mailed_pdf(services.context, request.path_params["token"])
        )

    return [pages.route("/d/{token}", pdf)]

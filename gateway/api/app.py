"""The API as routes of Starlette, ready to stand beside the pages."""

import asyncio
import json
from functools import cache

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, request_response
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp

from gateway.api import docs, openapi
from gateway.api.endpoint import Desk, Endpoint, NotFound
from gateway.api.health import exposed
from gateway.api.registry import Route
from gateway.api.routes import declared
from gateway.api.services import Services
from gateway.runtime.metrics import CONTENT_TYPE


def build_api(services: Services) -> list[BaseRoute]:
    """Return the routes of the API, the last one for everything unknown under /v1.

    The context of the journeys holds a `RepeatStore`, or else an Idempotency-Key is only
    as good as the process that it came to.
    """
    routes = declared(own_metrics=services.settings.own_metrics)
    desk = Desk(services)
    by_path: dict[str, dict[str, Route]] = {}
    for route in routes:
        by_path.setdefault(route.path, {})[route.method] = route
    nowhere = NotFound(desk.docs_url)
    return [
        *(StarletteRoute(path, Endpoint(desk, methods)) for path, methods in by_path.items()),
        *_documentation(services, routes),
        StarletteRoute("/v1", nowhere),
        StarletteRoute("/v1/{rest:path}", nowhere),
    ]


def not_found_app(services: Services) -> ASGIApp:
    """Return what answers 404 to paths that belong to nobody."""
    return NotFound(f"{services.context.names.public_url}/docs")


def build_metrics(services: Services) -> list[BaseRoute]:
    """Return the routes of a listener of its own for /metrics, open to who reaches it."""

    async def metrics(_: Request) -> Response:
        return Response(await exposed(services), media_type=CONTENT_TYPE)

    return [StarletteRoute("/metrics", metrics)]


def _documentation(services: Services, routes: tuple[Route, ...]) -> list[BaseRoute]:
    @cache
    def written() -> tuple[str, str]:
        """Return the document and its page; made when first asked for, since it takes a while."""
        document = openapi.document(
            routes,
            server_url=services.context.names.public_url,
            version=services.settings.version,
        )
        return json.dumps(document, ensure_ascii=False), docs.page(document)

    async def openapi_json(_: Request) -> Response:
        text, _html = await asyncio.to_thread(written)
        return Response(text, media_type="application/json")

    async def docs_page(_: Request) -> Response:
        _text, html = await asyncio.to_thread(written)
        return Response(html, headers=docs.HEADERS, media_type="text/html")

    return [
        # They hold no secret, and nothing of the request, that a length could tell of.
        StarletteRoute("/openapi.json", GZipMiddleware(request_response(openapi_json))),
        StarletteRoute("/docs", GZipMiddleware(request_response(docs_page))),
    ]

"""The chat window's stream (Server-Sent Events): it says that something changed, not what.

The page then fetches itself again, so that what is shown is written in one place alone, and a
page without the stream misses nothing but the moment.
"""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from gateway.flow.refusal import Kind, Refused
from gateway.mail.errors import Fault
from gateway.web.pages import Pages
from gateway.web.services import WebServices

_LOOK_UP_SECONDS = 1.0
"""How long a look at the store may wait: the reader may have gone, the gateway may stop."""

_GATHER_SECONDS = 0.2
_HEARTBEAT_SECONDS = 20.0
_RETRY_MILLISECONDS = 3000
_HEADERS = {"X-Accel-Buffering": "no", "Content-Security-Policy": "default-src 'none'"}


class Live:
    """Answers GET /c/{token}/events."""

    def __init__(self, services: WebServices, pages: Pages) -> None:
        """Work with these journeys."""
        self._services = services
        self._pages = pages
        self._open = 0

    def routes(self) -> list[BaseRoute]:
        """Return the route."""
        return [self._pages.route("/c/{token}/events", self.follow)]

    async def follow(self, request: Request) -> Response:
        """Return the stream; `Last-Event-ID` is where it goes on."""
        given = request.headers.get("last-event-id", "")
        after = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
        position, _ = await self._services.visits.news(request.path_params["token"], None)
        if self._open >= self._services.streams:
            words = "That was a lot at once. Please wait a minute."
            raise Refused(Kind.TOO_MANY, "too_many", words, retry_after=60)
        stream = self._stream(request, position if after is None else min(after, position))
        return StreamingResponse(stream, 200, _HEADERS, "text/event-stream")

    async def _stream(self, request: Request, position: int) -> AsyncIterator[str]:
        self._open += 1
        try:
            yield f"retry: {_RETRY_MILLISECONDS}\nid: {position}\n\n"
            async for said in self._changes(request, position):
                yield said
        except (Refused, Fault):
            # The link was taken away, or the store is: the page asks again and is told.
            yield "event: over\ndata: {}\n\n"
        finally:
            self._open -= 1

    async def _changes(self, request: Request, position: int) -> AsyncIterator[str]:
        services, token = self._services, request.path_params["token"]
        store, loop = services.context.store, asyncio.get_running_loop()
        seen, spoken = await store.wait("events", -1, 0), loop.time()
        while not services.draining and not await request.is_disconnected():
            position, ours = await services.visits.news(token, position)
            if ours:
                spoken = loop.time()
                yield f"event: changed\nid: {position}\ndata: {{}}\n\n"
            elif loop.time() - spoken > _HEARTBEAT_SECONDS:
                spoken = loop.time()
                yield ": still here\n\n"
            before = seen
            while seen == before and loop.time() - spoken <= _HEARTBEAT_SECONDS:
                seen = await store.wait("events", before, _LOOK_UP_SECONDS)
                if services.draining or await request.is_disconnected():
                    return
            # Mostly it was another place's event; many of them are one look.
            await asyncio.sleep(_GATHER_SECONDS)

"""Live pages (Server-Sent Events): the stream says that something changed, not what.

The page then fetches itself again, so that what is shown is written in one place alone, and a
page without the stream misses nothing but the moment.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from gateway.flow.presence import Stay
from gateway.flow.refusal import Kind, Refused
from gateway.mail.errors import Fault
from gateway.web.pages import Pages
from gateway.web.services import WebServices
from gateway.web.signin import SignIn

News = Callable[[int | None], Awaitable[tuple[int, bool]]]
"""Given the event number known so far (None to begin): the newest one, and whether any counts.

Raises Refused once the page may not be seen any more.
"""

_LOOK_UP_SECONDS = 1.0
"""How long a look at the store may wait: the reader may have gone, the gateway may stop."""

_SHOWN_SECONDS = 1.0
"""How long a page has, after it was told of a message, to be still there and show it."""

_GATHER_SECONDS = 0.2
_HEARTBEAT_SECONDS = 20.0
_RETRY_MILLISECONDS = 3000
_HEADERS = {"X-Accel-Buffering": "no", "Content-Security-Policy": "default-src 'none'"}


class Live:
    """Answers GET /c/{token}/events and /inbox/events."""

    def __init__(self, services: WebServices, pages: Pages, sign_in: SignIn) -> None:
        """Work with these journeys; `sign_in` knows who comes to the Inbox."""
        self._services = services
        self._pages = pages
        self._sign_in = sign_in
        self._open = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self._pages.route
        return [
            route("/c/{token}/events", self.follow_chat),
            route("/inbox/events", self.follow_inbox),
        ]

    async def follow_chat(self, request: Request) -> Response:
        """Return the stream of a customer's page."""
        token, visits = request.path_params["token"], self._services.visits
        whose = await visits.whose(token)
        return await self._follow(request, lambda after: visits.news(token, after), whose)

    async def follow_inbox(self, request: Request) -> Response:
        """Return the stream of a company's Inbox."""

        async def news(after: int | None) -> tuple[int, bool]:
            seat = await self._sign_in.reader(request)
            store = self._services.context.store
            last = await store.read(lambda work: work.events.last(seat.tenant.id))
            return last, after is not None and last > after

        return await self._follow(request, news)

    async def _follow(
        self, request: Request, news: News, whose: tuple[str, int] | None = None
    ) -> Response:
        """Return a stream; `Last-Event-ID` is where it goes on, `after` where the page began."""
        given = request.headers.get("last-event-id") or request.query_params.get("after", "")
        after = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
        position, _ = await news(None)
        if self._open >= self._services.streams:
            words = "That was a lot at once. Please wait a minute."
            raise Refused(Kind.TOO_MANY, "too_many", words, retry_after=60)
        begin = position if after is None else min(after, position)
        stream = self._stream(request, news, begin, whose)
        return StreamingResponse(stream, 200, _HEADERS, "text/event-stream")

    async def _stream(
        self, request: Request, news: News, position: int, whose: tuple[str, int] | None
    ) -> AsyncIterator[str]:
        presence = self._services.presence
        stay = None if whose is None else presence.arrive(*whose)
        self._open += 1
        try:
            yield f"retry: {_RETRY_MILLISECONDS}\nid: {position}\n\n"
            async for said in self._changes(request, news, position, stay):
                yield said
        except (Refused, Fault):
            # The link was taken away, or the store is: the page asks again and is told.
            yield "event: over\ndata: {}\n\n"
        finally:
            self._open -= 1
            if stay is not None and (missed := presence.leave(stay)):
                # The reader has gone, and this stream with it: somebody else has to do it.
                task = asyncio.create_task(presence.missed(stay, missed))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _changes(
        self, request: Request, news: News, position: int, stay: Stay | None
    ) -> AsyncIterator[str]:
        services = self._services
        store, loop = services.context.store, asyncio.get_running_loop()
        clock = services.context.clock
        seen, spoken = await store.wait("events", -1, 0), loop.time()
        while not services.draining and not await request.is_disconnected():
            position, ours = await news(position)
            fresh = stay.due(clock.now()) if stay else ()
            if ours or fresh:
                spoken = loop.time()
                yield f"event: changed\nid: {position}\ndata: {{}}\n\n"
            elif loop.time() - spoken > _HEARTBEAT_SECONDS:
                spoken = loop.time()
                yield ": still here\n\n"
            if stay and fresh:
                await asyncio.sleep(_SHOWN_SECONDS)
                if services.draining or await request.is_disconnected():
                    return
                await services.presence.shown(stay, fresh)
            before = seen
            while seen == before and loop.time() - spoken <= _HEARTBEAT_SECONDS:
                if stay and stay.due(clock.now()):
                    break
                seen = await store.wait("events", before, _LOOK_UP_SECONDS)
                if services.draining or await request.is_disconnected():
                    return
            # Mostly it was another place's event; many of them are one look.
            await asyncio.sleep(_GATHER_SECONDS)

"""Events as they happen (Server-Sent Events, WHATWG HTML, section 9.2)."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.api import auth
from gateway.api.problems import Refusal
from gateway.api.registry import Access, Call, Route
from gateway.api.schemas.events import AskedStream
from gateway.api.services import Services
from gateway.api.views import event_shown
from gateway.flow.refusal import invalid
from gateway.mail.errors import Fault
from gateway.rules.model import Event

MEDIA_TYPE = "text/event-stream"
_RETRY_MILLISECONDS = 3000
_PORTION = 100
_DIGITS = 18


class EventStream(Response):
    """One stream: what is past first, then what happens, with a heartbeat between."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        services: Services,
        tenant_id: str,
        key: str,
        *,
        after: int,
        types: tuple[str, ...],
    ) -> None:
        """Give events after a number. key: the one that was let in; asked again and again."""
        self.status_code = 200
        self.background = None
        self.init_headers({"X-Accel-Buffering": "no", "Cache-Control": "no-store"})
        self._services = services
        self._streams = services.streams
        self._tenant_id = tenant_id
        self._key = key
        self._position = after
        self._types = types

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the caller leaves, the key is revoked, or the gateway stops."""
        self._streams.enter(self._tenant_id)
        try:
            headers, self.raw_headers = self.raw_headers, []
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await _say(send, f"retry: {_RETRY_MILLISECONDS}\nid: {self._position}\n\n")
            if await self._follow(scope, receive, send):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._streams.leave(self._tenant_id)

    async def _follow(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Tell of events until it is over; False if the caller left."""
        try:
            while not self._services.draining:
                events, last = await self._news()
                if not events:
                    self._position = max(self._position, last)
                    await self._wait()
                    events, last = await self._news()
                if await Request(scope, receive).is_disconnected():
                    return False
                if self._services.draining:
                    break
                await auth.recognise(self._services, self._key)
                if events:
                    await _say(send, "".join(_said(event) for event in events))
                    self._position = events[-1].sequence
                else:
                    await _say(send, ": still here\n\n")
        except (Refusal, Fault):
            # The key was revoked, or the store is away: who asks again is told.
            pass
        return True

    async def _news(self) -> tuple[Sequence[Event], int]:
        """Return the next events, and the number of the newest one of any type."""
        return await self._services.context.store.read(
            lambda work: (
                work.events.after(
                    self._tenant_id, self._position, types=self._types, limit=_PORTION
                ),
                work.events.last(self._tenant_id),
            )
        )

    async def _wait(self) -> None:
        """Wait for an event, or until a sign of life is due."""
        # One future and no task: thousands of streams wait like this.
        news = self._streams.beyond(self._tenant_id, self._position)
        try:
            await news
        finally:
            self._streams.forget(self._tenant_id, news)


async def stream(call: Call) -> Response:
    """Return a stream that begins after the given number, or now."""
    asked, services, tenant_id = call.asked(AskedStream), call.services, call.company.id
    last = await services.context.store.read(lambda work: work.events.last(tenant_id))
    after = _last_event_id(call.request.headers)
    if after is None:
        after = asked.after
    services.streams.check(tenant_id)
    if call.request.method == "HEAD":
        return Response(media_type=MEDIA_TYPE)
    return EventStream(
        services,
        tenant_id,
        auth.bearer(call.request.headers),
        after=last if after is None else min(after, last),
        types=tuple(asked.types.split(",")) if asked.types else (),
    )


def _last_event_id(headers: Headers) -> int | None:
    text = headers.get("last-event-id", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS:
        detail = "Last-Event-ID is the number of an event, as `id:` said it."
        raise invalid("Last-Event-ID", detail)
    return int(text)


async def _say(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


def _said(event: Event) -> str:
    data = event_shown(event).model_dump_json()
    return f"id: {event.sequence}\nevent: {event.type}\ndata: {data}\n\n"


ROUTES = (
    Route(
        "GET",
        "/v1/events/stream",
        "Follow what happens (Server-Sent Events)",
        stream,
        Access.COMPANY,
        "Events",
        scopes=("inbox:read",),
        query=AskedStream,
        media=MEDIA_TYPE,
    ),
)

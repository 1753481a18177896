"""Events by polling, short or long."""

import asyncio
from collections.abc import Sequence

from gateway.api.registry import Access, Call, Reply, Route
from gateway.api.schemas.base import ListOf
from gateway.api.schemas.events import AskedEvents, EventShown
from gateway.api.views import event_shown
from gateway.ports.lists import BadCursor
from gateway.ports.store import Work
from gateway.rules.model import Event

_LOOK_UP = 1.0
"""Seconds after which a waiting request looks whether its caller left."""


async def after(call: Call) -> Reply:
    """Return events after a number, waiting for one if asked to."""
    asked = call.asked(AskedEvents)
    sequence = asked.after if asked.cursor is None else _sequence(asked.cursor)
    events = await _events(call, asked, sequence)
    more = len(events) == asked.limit
    return Reply(
        ListOf[EventShown](
            data=[event_shown(event) for event in events],
            next_cursor=str(events[-1].sequence) if more else None,
        )
    )


def _sequence(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit()):
        raise BadCursor(cursor)
    return int(cursor)


async def _events(call: Call, asked: AskedEvents, sequence: int) -> Sequence[Event]:
    services, tenant_id = call.services, call.company.id
    types = tuple(asked.types.split(",")) if asked.types else ()
    loop = asyncio.get_running_loop()
    until = loop.time() + asked.wait

    def read(work: Work) -> tuple[Sequence[Event], int]:
        found = work.events.after(tenant_id, sequence, types=types, limit=asked.limit)
        return found, work.events.last(tenant_id)

    while True:
        events, last = await services.context.store.read(read)
        left = until - loop.time()
        if events or left <= 0 or services.draining:
            return events
        # None of the types that are wanted is among what came so far.
        if not await _news(call, max(sequence, last), until):
            return events


async def _news(call: Call, sequence: int, until: float) -> bool:
    """Wait for an event with a higher number; False if there is none by then, or nobody asks."""
    streams, tenant_id, loop = call.services.streams, call.company.id, asyncio.get_running_loop()
    news = streams.beyond(tenant_id, sequence)
    try:
        while not news.done():
            left = until - loop.time()
            if left <= 0 or await call.request.is_disconnected():
                return False
            await asyncio.wait({news}, timeout=min(left, _LOOK_UP))
        return True
    finally:
        streams.forget(tenant_id, news)


ROUTES = (
    Route(
        "GET",
        "/v1/events",
        "Read what happened, oldest first",
        after,
        Access.COMPANY,
        "Events",
        scopes=("inbox:read",),
        query=AskedEvents,
        answer=ListOf[EventShown],
    ),
)

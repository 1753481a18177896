"""Events by polling, short or long."""

import asyncio
from collections.abc import Sequence

from gateway.api.registry import Access, Call, Reply, Route
from gateway.api.schemas.base import ListOf
from gateway.api.schemas.events import AskedEvents, EventShown
from gateway.api.views import event_shown
from gateway.ports.lists import BadCursor
from gateway.rules.model import Event

_GATHER = 0.02
_LOOK_UP = 1.0
"""Seconds after which a waiting request looks whether the gateway stops or its caller left."""


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
    store, tenant_id = call.services.context.store, call.company.id
    types = tuple(asked.types.split(",")) if asked.types else ()
    loop = asyncio.get_running_loop()
    until = loop.time() + asked.wait
    seen = await store.wait("events", -1, 0)
    while True:
        events = await store.read(
            lambda work: work.events.after(tenant_id, sequence, types=types, limit=asked.limit)
        )
        if events:
            return events
        before = seen
        while seen == before:
            left = until - loop.time()
            if left <= 0 or call.services.draining or await call.request.is_disconnected():
                return events
            seen = await store.wait("events", before, min(left, _LOOK_UP))
        # Mostly it was another company's event; many of them are one look.
        await asyncio.sleep(min(_GATHER, max(0.0, until - loop.time())))


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

"""Whether the gateway lives, whether it is ready, and what it counts."""

import asyncio
from datetime import datetime

from starlette.responses import Response

from gateway.api.registry import Access, Call, Reply, Route
from gateway.api.schemas.health import Health
from gateway.api.services import Services
from gateway.mail.errors import Fault
from gateway.ports.store import Work
from gateway.runtime.metrics import CONTENT_TYPE

_PATIENCE = 2.0


async def alive(_: Call) -> Reply:
    """Say that the process answers."""
    return Reply(Health(status="ok"))


async def ready(call: Call) -> Reply | Response:
    """Say whether requests are welcome: the store answers, and no stop has begun."""
    amiss = await _amiss(call.services)
    if amiss is None:
        return Reply(Health(status="ok"))
    text = Health(status=amiss).model_dump_json()
    return Response(text, 503, {"Retry-After": "1"}, "application/json")


async def _amiss(services: Services) -> str | None:
    if services.draining:
        return "stopping"
    try:
        async with asyncio.timeout(_PATIENCE):
            await services.context.store.read(lambda work: work.facts.get("ready"))
    except (Fault, TimeoutError):
        return "the store does not answer"
    return None


async def metrics(call: Call) -> Response:
    """Return what the gateway counts."""
    return Response(await exposed(call.services), media_type=CONTENT_TYPE)


async def exposed(services: Services) -> bytes:
    """Return the counters, with the queues as they are now."""

    def look(work: Work) -> list[tuple[str, int, datetime | None]]:
        waiting: list[tuple[str, int, datetime | None]] = [
            (state, count, since) for state, _, count, since in work.deliveries.depth()
        ]
        return [*waiting, ("unread", work.spool.waiting(), work.spool.oldest())]

    waiting = await services.context.store.read(look)
    services.meters.queue(waiting, services.context.clock.now())
    return services.meters.exposed()


METRICS = Route(
    "GET",
    "/metrics",
    "Read the counters (Prometheus)",
    metrics,
    Access.ADMIN,
    "Operation",
    scopes=("admin",),
    media=CONTENT_TYPE.partition(";")[0],
)
ROUTES = (
    Route(
        "GET",
        "/healthz",
        "Is the process alive?",
        alive,
        Access.OPEN,
        "Operation",
        answer=Health,
    ),
    Route(
        "GET",
        "/readyz",
        "Are requests welcome?",
        ready,
        Access.OPEN,
        "Operation",
        answer=Health,
        refuses=(503,),
    ),
)

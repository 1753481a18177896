"""Our own MTA-STS policy, at `https://mta-sts.<domain>/.well-known/mta-sts.txt` (RFC 8461, 3.3)."""

from collections.abc import Callable, Collection

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


def route(domains: Collection[str], policy: Callable[[], bytes | None]) -> Route:
    """Return the route. domains: ours, where mail comes in; policy: the file, None for none."""
    hosts = {f"mta-sts.{domain}" for domain in domains}

    async def answer(request: Request) -> Response:
        content = policy() if (request.url.hostname or "").lower() in hosts else None
        if content is None:
            return PlainTextResponse("There is no policy here.\n", status_code=404)
        return PlainTextResponse(content)

    return Route("/.well-known/mta-sts.txt", answer, methods=["GET"])

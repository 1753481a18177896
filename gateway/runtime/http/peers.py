"""How many requests of one peer are under way: streams, slow bodies and all."""

from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.runtime.http.guesses import network_of_peer
from gateway.runtime.http.problem import MEDIA_TYPE, problem
from gateway.runtime.http.proxies import Network, lies_in


class PeerLimit:
    """Answers 429 where a peer's network has too many requests under way.

    It stands behind `TrustedProxies`, so the peer is the real one; a trusted proxy that
    names nobody is not counted.
    """

    def __init__(
        self, app: ASGIApp, most: Callable[[], int], trusted: Callable[[], Sequence[Network]]
    ) -> None:
        """Stand before `app`; most, trusted: asked each time."""
        self._app = app
        self._most = most
        self._trusted = trusted
        self._under_way: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        client = scope.get("client")
        if scope["type"] != "http" or not client or lies_in(client[0], self._trusted()):
            await self._app(scope, receive, send)
            return
        network = network_of_peer(client[0])
        here = self._under_way.get(network, 0)
        if here >= self._most():
            await _refuse(send)
            return
        self._under_way[network] = here + 1
        try:
            await self._app(scope, receive, send)
        finally:
            left = self._under_way[network] - 1
            if left:
                self._under_way[network] = left
            else:
                del self._under_way[network]


async def _refuse(send: Send) -> None:
    body = problem(429, "too_many_requests", "Too many requests of this peer are under way.")
    headers = [
        (b"content-type", MEDIA_TYPE.encode("ascii")),
        (b"content-length", str(len(body)).encode("ascii")),
        (b"retry-after", b"1"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": body})

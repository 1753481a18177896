"""What stands before every application: a name for each request, a line in the log, a last net."""

import asyncio
import re
from collections.abc import Callable

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.ports.world import Chance, Clock
from gateway.rules import ids
from gateway.runtime.http.problem import MEDIA_TYPE, problem

REQUEST = "req_"
_log = structlog.get_logger()
_SECRET_AFTER = frozenset(("c", "d", "v", "link"))
_PLAIN = re.compile(r"[A-Za-z0-9_.\-]{0,24}")
_ID = re.compile(r"[a-z]{3}_[a-z2-7]{24}")
_SHOWN_SEGMENTS = 12


def request_id_of(scope: Scope) -> str | None:
    """Return the name that the edge gave a request, or None before it did."""
    name = scope.get("state", {}).get("request_id")
    return name if isinstance(name, str) else None


def shown_path(path: str) -> str:
    """Return a path as it may stand in a log: without tokens, addresses and oddities."""
    shown: list[str] = []
    for segment in path.split("/")[:_SHOWN_SEGMENTS]:
        after_mark = bool(shown) and shown[-1] in _SECRET_AFTER
        plain = _PLAIN.fullmatch(segment) or _ID.fullmatch(segment)
        shown.append(segment if plain and not after_mark else "…")
    return "/".join(shown)


class Edge:
    """Gives each request an id, logs its outcome, answers 500 where nobody else could."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        clock: Clock,
        chance: Chance,
        observe: Callable[[str, int, float], None] | None = None,
    ) -> None:
        """Stand before `app`; observe: told the method, status and seconds of each request."""
        self._app = app
        self._clock = clock
        self._chance = chance
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        octets = self._chance.octets(ids.RANDOM_OCTETS)
        request_id = ids.new_id(REQUEST, self._clock.now(), octets)
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        answer = _Answer(scope, send, request_id)
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            await self._app(scope, receive, answer.send)
        except ClientDisconnect:
            _log.info("request.abandoned", path=shown_path(scope["path"]))
        except Exception:  # noqa: BLE001 (the rim of a request)
            _log.exception("request.failed", path=shown_path(scope["path"]))
            await answer.fail()
        seconds = loop.time() - began
        if self._observe is not None:
            self._observe(scope["method"], answer.status, seconds)
        peer = scope.get("client")
        _log.info(
            "request.answered",
            method=scope["method"],
            path=shown_path(scope["path"]),
            status=answer.status,
            size=answer.size,
            ms=round(seconds * 1000, 1),
            peer=peer[0] if peer else None,
        )
        structlog.contextvars.unbind_contextvars("request_id")


class _Answer:
    """What goes back to the peer."""

    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self.status = 0
        self.size = 0
        self._scope = scope
        self._send = send
        self._request_id = request_id

    async def send(self, message: Message) -> None:
        """Pass on, with the request's id among the headers."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Request-Id"] = self._request_id
        elif message["type"] == "http.response.body":
            body = message.get("body", b"")
            self.size += len(body)
            if self._scope["method"] == "HEAD":
                message = {**message, "body": b""}
        await self._send(message)

    async def fail(self) -> None:
        """Answer 500 in constant words; if an answer has begun, break it off instead."""
        if self.status:
            raise ConnectionError("the answer had begun")
        body = problem(
            500,
            "internal_error",
            "Something went wrong here. The request may be tried again.",
            request_id=self._request_id,
        )
        headers = [
            (b"content-type", MEDIA_TYPE.encode("ascii")),
            (b"content-length", str(len(body)).encode("ascii")),
        ]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

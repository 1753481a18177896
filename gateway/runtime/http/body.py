"""The bound on request bodies: before any parser, whatever the headers claim."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.runtime.http.edge import request_id_of
from gateway.runtime.http.problem import MEDIA_TYPE, problem


class BodyTooLarge(HTTPException):
    """The body is larger than `limits.http_body`; raised where it is read."""

    def __init__(self, limit: int) -> None:
        """Say how many bytes are permitted."""
        super().__init__(413, f"The body may have at most {limit} bytes.")


class BodyLimit:
    """Counts the bytes of each body and lets nobody read more than `limit`."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        """Stand before `app`; limit: in bytes."""
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; 413 if the application let the exception pass."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        begun = False
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            if declared.isdigit() and int(declared[:20]) > self._limit:
                raise BodyTooLarge(self._limit)
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > self._limit:
                    raise BodyTooLarge(self._limit)
            return message

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except BodyTooLarge as error:
            if begun:
                raise
            await _answer(scope, send, error)


async def _answer(scope: Scope, send: Send, error: BodyTooLarge) -> None:
    body = problem(413, "too_large", error.detail, request_id=request_id_of(scope))
    headers = [
        (b"content-type", MEDIA_TYPE.encode("ascii")),
        (b"content-length", str(len(body)).encode("ascii")),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""How a request brings key and body, and how an error is said: ours, and other services'."""

from pathlib import Path
from typing import Protocol

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from gateway.api import auth, bodies, problems
from gateway.api.problems import Refusal


class Dialect(Protocol):
    """What differs from service to service; all else of a request is the same."""

    def secret(self, headers: Headers) -> str:
        """Return the key that a request brings, "" without one."""

    async def receive(
        self, request: Request, directory: Path, *, form_part: str | None, files: int
    ) -> bodies.Body:
        """Return the body as JSON text and files, like `bodies.receive`."""

    def refuse(self, refusal: Refusal, *, request_id: str | None, docs_url: str) -> Response:
        """Return the answer that says why not."""


class _Ours:
    """Keys as bearers, bodies in JSON, errors by RFC 9457."""

    def secret(self, headers: Headers) -> str:
        return auth.bearer(headers)

    async def receive(
        self, request: Request, directory: Path, *, form_part: str | None, files: int
    ) -> bodies.Body:
        return await bodies.receive(request, directory, form_part=form_part, files=files)

    def refuse(self, refusal: Refusal, *, request_id: str | None, docs_url: str) -> Response:
        return problems.answer(refusal, request_id=request_id, docs_url=docs_url)


OURS: Dialect = _Ours()

"""A small HTTP client for the demo's own pages and API, on this machine."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer: status, headers in lower case, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


async def visit(
    method: str,
    url: str,
    *,
    key: str | None = None,
    given: Mapping[str, Any] | None = None,
    form: Mapping[str, str] | None = None,
) -> Seen:
    """Request a page; redirects are followed, a refusal is an answer too.

    given: a JSON body. form: a form's fields, sent as multipart.
    """
    headers = {"Accept": "*/*"}
    body: bytes | None = None
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    if given is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(given).encode()
    if form is not None:
        headers["Content-Type"] = "multipart/form-data; boundary=demo0boundary"
        body = _multipart(form)
    request = urllib.request.Request(url, data=body, headers=headers, method=method)  # noqa: S310 (our own links)
    return await asyncio.to_thread(_visit, request)


def _visit(request: urllib.request.Request) -> Seen:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_SECONDS) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Seen(answer.status, headers, answer.read())
    except urllib.error.HTTPError as error:
        headers = {name.lower(): value for name, value in error.headers.items()}
        return Seen(error.code, headers, error.read())


def _multipart(form: Mapping[str, str]) -> bytes:
    parts = [
        f'--demo0boundary\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form.items()
    ]
    return "".join([*parts, "--demo0boundary--\r\n"]).encode()

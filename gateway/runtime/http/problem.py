"""An error as programs read it: `application/problem+json` (RFC 9457)."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

MEDIA_TYPE = "application/problem+json"


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    request_id: str | None = None,
    kind: str = "about:blank",
    further: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the document.

    code: a stable word for programs. kind: the URI of the problem's type.
    further: members beside the standard ones; those that are None are left out.
    """
    members: dict[str, Any] = {
        "type": kind,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **(further or {}),
        "request_id": request_id,
    }
    known = {name: value for name, value in members.items() if value is not None}
    return json.dumps(known, ensure_ascii=False).encode()


def bare_answer(status: int, code: str, detail: str) -> bytes:
    """Return a whole HTTP/1.1 response for a connection that no request was read from."""
    body = problem(status, code, detail)
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
        f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body

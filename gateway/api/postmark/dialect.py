"""Keys, bodies and errors as Postmark has them.

https://postmarkapp.com/developer/api/overview
"""

import json
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.bodies import Body, check_plain, media_type_of, receive_json
from gateway.api.dialect import Dialect
from gateway.api.problems import Refusal
from gateway.flow.submission import FOREIGN_FROM

TOKEN = "X-Postmark-Server-Token"  # noqa: S105 (a header's name)
CONTENT = b"Content"
INACTIVE = "inactive_recipient"
"""The code of a refusal: nobody of the recipients gets mail of the company."""
_INVALID, _MAINTENANCE, _TOO_FAST = 300, 100, 429
_CODES = {
    "key_missing": (401, 10),
    "key_unknown": (401, 10),
    "scope_missing": (422, 405),
    FOREIGN_FROM: (422, 400),
    "invalid_json": (422, 402),
    "unsupported_media_type": (422, 409),
    INACTIVE: (422, 406),
    "too_many": (422, 410),
    "no_such_bounce": (422, 407),
    "no_such_message": (422, 701),
}
"""Our codes that Postmark has one for: HTTP status and ErrorCode."""
_UNSAID = {400: 422, 404: 422, 403: 422}
"""Statuses that Postmark doesn't give for what they mean here."""


class _Postmark:
    """The token in a header, JSON in PascalCase, `{ErrorCode, Message}`."""

    def secret(self, headers: Headers) -> str:
        return headers.get(TOKEN, "").strip()

    async def receive(
        self, request: Request, directory: Path, *, form_part: str | None, files: int
    ) -> Body:
        _ = form_part
        check_plain(request)
        if _is_bare(request.headers):
            return Body()
        if media_type_of(request) != "application/json":
            detail = "The request needs the header “Content-Type: application/json”."
            raise Refusal(415, "unsupported_media_type", detail)
        body = await receive_json(request, directory, files=files, name=CONTENT)
        if body.text.lstrip()[:1] == b"[":
            # A batch is a bare list; schemas are of objects.
            body.text = b'{"mails":%b}' % body.text
        return body

    def refuse(self, refusal: Refusal, *, request_id: str | None, docs_url: str) -> Response:
        _ = request_id, docs_url
        status, _code = said(refusal)
        body = json.dumps(error_of(refusal), ensure_ascii=False)
        return Response(body, status, refusal.headers, "application/json")


POSTMARK: Dialect = _Postmark()


def _is_bare(headers: Headers) -> bool:
    """Say whether a request has no body, and says nothing of one."""
    is_said = "content-type" in headers or "transfer-encoding" in headers
    return not is_said and headers.get("content-length", "0") == "0"


def said(refusal: Refusal) -> tuple[int, int]:
    """Return the HTTP status and ErrorCode that say why not."""
    if refusal.code in _CODES:
        return _CODES[refusal.code]
    if refusal.status == _TOO_FAST:
        return refusal.status, _TOO_FAST
    if refusal.status >= 500:
        return refusal.status, _MAINTENANCE
    return _UNSAID.get(refusal.status, refusal.status), _INVALID


def error_of(refusal: Refusal) -> dict[str, object]:
    """Return the body that says why not."""
    words = [refusal.detail, *([refusal.hint] if refusal.hint else [])]
    about = f"{refusal.param}: " if refusal.param else ""
    return {"ErrorCode": said(refusal)[1], "Message": about + " ".join(words)}

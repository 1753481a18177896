"""Keys, bodies and errors as Mailgun has them.

https://documentation.mailgun.com/docs/mailgun/api-reference
"""

import asyncio
import base64
import binascii
import hashlib
import json
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.bodies import MOST_TEXT, Body, check_plain, media_type_of
from gateway.api.dialect import Dialect
from gateway.api.problems import Refusal
from gateway.runtime.http.multipart import BadForm, Part, read_form

_USER = "api"
_FORM, _PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
_MOST_FIELDS = 1000
_FORBIDDEN = {"key_missing": "Forbidden", "key_unknown": "Invalid private key"}


class _Mailgun:
    """Basic authentication with the name “api”, forms, `{message}`."""

    def secret(self, headers: Headers) -> str:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return ""
        try:
            user, _, secret = base64.b64decode(given.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return secret if user == _USER else ""

    async def receive(
        self, request: Request, directory: Path, *, form_part: str | None, files: int
    ) -> Body:
        _ = form_part, files
        check_plain(request)
        match media_type_of(request):
            case "multipart/form-data":
                return await _parts(request, directory)
            case "application/x-www-form-urlencoded" | "":
                return await _encoded(request)
            case other:
                detail = f"The body can't be read as {other[:80]}; send {_PARTS} or {_FORM}."
                raise Refusal(415, "unsupported_media_type", detail)

    def refuse(self, refusal: Refusal, *, request_id: str | None, docs_url: str) -> Response:
        _ = request_id, docs_url
        status = 400 if refusal.status == 422 else refusal.status
        body = json.dumps({"message": _words(refusal)}, ensure_ascii=False)
        headers = {
            name: 'Basic realm="MG API"' if name == "WWW-Authenticate" else value
            for name, value in refusal.headers.items()
        }
        return Response(body, status, headers, "application/json")


MAILGUN: Dialect = _Mailgun()


def _words(refusal: Refusal) -> str:
    if refusal.code in _FORBIDDEN:
        return _FORBIDDEN[refusal.code]
    words = " ".join([refusal.detail, *([refusal.hint] if refusal.hint else [])])
    if refusal.code == "invalid_address":
        return f"'{refusal.param}' parameter is not a valid address. please check documentation"
    if refusal.code == "missing" and refusal.param:
        return f"'{refusal.param}' parameter is missing: {words}"
    return f"'{refusal.param}' parameter: {words}" if refusal.param else words


async def _parts(request: Request, directory: Path) -> Body:
    try:
        form = await read_form(
            request.headers["content-type"], request.stream(), directory, most=_MOST_FIELDS
        )
    except BadForm as error:
        raise Refusal(400, "invalid_form", str(error)) from None
    body, digest = Body(form=form), hashlib.sha256()
    for part in form.parts:
        about = [part.name, part.filename, part.content_type, part.intake.sha256]
        digest.update(json.dumps(about).encode())
    body.fingerprint = digest.hexdigest()
    try:
        texts = [part for part in form.parts if part.filename is None]
        _check_length(sum(part.intake.size for part in texts))
        fields = [(part.name, await _text(part)) for part in texts]
        files = [await _file(part, body) for part in form.parts if part.filename is not None]
        body.text = json.dumps({"fields": fields, "files": files}).encode()
    except BaseException:
        body.discard()
        raise
    return body


def _check_length(size: int) -> None:
    if size > MOST_TEXT:
        raise Refusal(413, "too_large", "There is too much text.")


async def _text(part: Part) -> str:
    content = await part.intake.finish()
    if content.path is None:
        octets = content.data or b""
    else:
        octets = await asyncio.to_thread(Path(content.path).read_bytes)
    return octets.decode("utf-8", "replace")


async def _file(part: Part, body: Body) -> dict[str, object]:
    return {
        "name": part.name,
        "filename": part.filename or "attachment",
        "content_type": part.content_type.partition(";")[0].strip(),
        "content": body.lifted.hold(await part.intake.finish()),
    }


async def _encoded(request: Request) -> Body:
    """Return a form without files."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        _check_length(size // 3)  # a letter may be written in three octets
        pieces.append(piece)
    octets = b"".join(pieces)
    try:
        fields = await asyncio.to_thread(
            parse_qsl,
            octets.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        detail = f"The form can't be read: up to {_MOST_FIELDS} fields, in ASCII."
        raise Refusal(400, "invalid_form", detail) from None
    text = json.dumps({"fields": fields, "files": []}).encode()
    _check_length(sum(len(value) for _, value in fields))
    return Body(text, fingerprint=hashlib.sha256(octets).hexdigest())

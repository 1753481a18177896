"""Request bodies: JSON or a form, with files of any size, read without holding them in memory."""

import asyncio
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request

from gateway.api.base64text import BadBase64
from gateway.api.jsontext import parsed
from gateway.api.lifting import CONTENT, Lifted, TooMuch, lift
from gateway.api.problems import Refusal
from gateway.runtime.http.intake import Intake
from gateway.runtime.http.multipart import BadForm, Form, Part, read_form

MOST_TEXT = 4 * 1024 * 1024


@dataclass(slots=True)
class Body:
    """What came: JSON text, the files that words in it stand for, and a hash of it all."""

    text: bytes = b""
    lifted: Lifted = field(default_factory=Lifted)
    fingerprint: str = ""
    form: Form | None = None

    def discard(self) -> None:
        """Remove the files that nobody took over."""
        self.lifted.discard()
        if self.form is not None:
            self.form.discard()


async def receive(request: Request, directory: Path, *, form_part: str | None, files: int) -> Body:
    """Return the body; form_part: the part of a form that holds the JSON, None: no forms.

    files: how many JSON may hold.

    The caller discards it. Raises Refusal: 400, 413, 415, 422.
    """
    check_plain(request)
    media_type = media_type_of(request)
    if media_type == "multipart/form-data" and form_part is not None:
        return await _form(request, directory, form_part)
    if media_type in {"", "application/json"} or media_type.endswith("+json"):
        return await receive_json(request, directory, files=files)
    fitting = "application/json" + (" or multipart/form-data" if form_part else "")
    raise Refusal(
        415,
        "unsupported_media_type",
        f"The body can't be read as {media_type[:80]}.",
        hint=f"Send it as {fitting}.",
    )


def check_plain(request: Request) -> None:
    """Raise Refusal, 415, for a body that would have to be unpacked."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "unsupported_encoding", "Send the body without Content-Encoding.")


def media_type_of(request: Request) -> str:
    """Return the body's media type in lower case, "" if it isn't given."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def receive_json(
    request: Request, directory: Path, *, files: int, name: bytes = CONTENT
) -> Body:
    """Return a body of JSON; name: of the fields that hold files. Raises like `receive`."""
    intake = Intake(directory)
    body = Body()
    try:
        async for piece in request.stream():
            if piece:
                await intake.add(piece)
        body.fingerprint = intake.sha256
        source = await intake.finish()
        if source.path is None:
            body.text = source.data or b""
        else:
            body.text = await asyncio.to_thread(
                lift, source, directory, body.lifted, most=MOST_TEXT, files=files, name=name
            )
    except TooMuch as error:
        body.discard()
        raise Refusal(413, "too_large", str(error)) from None
    except BadBase64:
        body.discard()
        detail = "A file's content is not base64 (RFC 4648, section 4)."
        raise Refusal(422, "invalid_base64", detail, param="content") from None
    except BaseException:
        body.discard()
        raise
    finally:
        intake.discard()
    return body


async def _form(request: Request, directory: Path, form_part: str) -> Body:
    try:
        form = await read_form(request.headers["content-type"], request.stream(), directory)
    except BadForm as error:
        raise Refusal(400, "invalid_form", str(error)) from None
    body = Body(form=form)
    try:
        main = _main(form, form_part)
        document = await _document(main)
        digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode())
        for part in form.parts:
            if part is not main:
                _place(document, part, await _word(part, body.lifted))
                about = [part.name, part.filename, part.content_type, part.intake.sha256]
                digest.update(json.dumps(about).encode())
        body.text = json.dumps(document).encode()
        body.fingerprint = digest.hexdigest()
    except BaseException:
        body.discard()
        raise
    return body


def _main(form: Form, form_part: str) -> Part:
    named = form.named(form_part)
    if len(named) != 1:
        detail = f"The form needs one part “{form_part}” with the JSON."
        raise Refusal(422, "missing", detail, param=form_part)
    return named[0]


async def _document(part: Part) -> dict[str, Any]:
    document = await asyncio.to_thread(parsed, await _text(part))
    if not isinstance(document, dict):
        raise Refusal(422, "invalid", "It must be a JSON object.", param=part.name)
    return document


async def _text(part: Part) -> bytes:
    content = await part.intake.finish()
    if content.size > MOST_TEXT:
        raise Refusal(413, "too_large", "The JSON is too long.", param=part.name)
    if content.path is None:
        return content.data or b""
    return await asyncio.to_thread(Path(content.path).read_bytes)


async def _word(part: Part, lifted: Lifted) -> str:
    if part.intake.size == 0:
        raise Refusal(422, "empty_file", "The file is empty.", param=part.name)
    return lifted.hold(await part.intake.finish())


def _place(document: dict[str, Any], part: Part, word: str) -> None:
    """Put a file of a form where JSON would have it."""
    if part.name == "pdf":
        if "pdf" in document:
            raise Refusal(422, "invalid", "There are two PDFs.", param="pdf")
        document["pdf"] = {"filename": part.filename or "document.pdf", "content": word}
    elif part.name in {"attachments", "attachments[]"}:
        files = document.setdefault("attachments", [])
        if not isinstance(files, list):
            raise Refusal(422, "invalid", "It must be a list.", param="attachments")
        file = {"filename": part.filename or "attachment", "content": word}
        media_type = part.content_type.partition(";")[0].strip()
        if media_type:
            file["content_type"] = media_type
        files.append(file)
    else:
        raise Refusal(422, "unknown_field", "There is no such part.", param=part.name[:64])

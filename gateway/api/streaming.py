"""Bytes of strangers as downloads: never shown, never run, by a single range if asked."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+\-]{1,64}/[a-z0-9!#$&^_.+\-]{1,64}", re.ASCII)
_UNKNOWN = "application/octet-stream"
_GUARDED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes to be downloaded. tag: their hash, or None; size: in bytes."""

    filename: str
    content_type: str
    size: int
    pieces: AsyncIterator[bytes]
    tag: str | None = None


def disposition(filename: str) -> str:
    """Return Content-Disposition for a download (RFC 6266): the name in ASCII, and as it is."""
    plain = "".join(
        char if char.isascii() and char.isprintable() and char not in '"\\%/' else "_"
        for char in filename
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


async def download(headers: Headers, what: Download) -> Response:
    """Return the response: 200, 206 for a range, 304 or 416.

    headers: of the request. Raises what the first piece raises, so that a fault is an
    answer and not a broken one.
    """
    given = {**_GUARDED, "Content-Disposition": disposition(what.filename)}
    if what.tag is not None:
        given |= {"ETag": f'"{what.tag}"', "Accept-Ranges": "bytes"}
        if f'"{what.tag}"' in headers.get("if-none-match", ""):
            return Response(status_code=304, headers=given)
    start, end = 0, what.size
    status = 200
    asked = headers.get("range")
    if asked is not None and what.tag is not None and _may_range(headers, what.tag):
        wanted = _wanted(asked, what.size)
        if wanted == (0, 0):
            return Response(
                status_code=416, headers={**given, "Content-Range": f"bytes */{what.size}"}
            )
        if wanted is not None:
            start, end = wanted
            status = 206
            given["Content-Range"] = f"bytes {start}-{end - 1}/{what.size}"
    media_type = what.content_type.lower()
    given["Content-Type"] = media_type if _MEDIA_TYPE.fullmatch(media_type) else _UNKNOWN
    given["Content-Length"] = str(end - start)
    pieces = _part(what.pieces, start, end)
    first = await anext(pieces, b"")
    return StreamingResponse(_joined(first, pieces), status, given)


def _may_range(headers: Headers, tag: str) -> bool:
    """Say whether the part that the caller has is of the same bytes (RFC 9110, section 13.1.5)."""
    return headers.get("if-range", f'"{tag}"') == f'"{tag}"'


def _wanted(asked: str, size: int) -> tuple[int, int] | None:
    """Return start and end of a range, (0, 0) if it can't be given, None to give everything.

    Several ranges at once are answered with everything (RFC 9110, section 14.2).
    """
    found = _RANGE.fullmatch(asked.replace(" ", ""))
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        length = min(int(found[2]), size)
        return (size - length, size) if length else (0, 0)
    start = int(found[1])
    end = min(int(found[2]) + 1, size) if found[2] else size
    return (start, end) if start < end else (0, 0)


async def _part(pieces: AsyncIterator[bytes], start: int, end: int) -> AsyncIterator[bytes]:
    position = 0
    async for piece in pieces:
        begins, position = position, position + len(piece)
        part = piece[max(0, start - begins) : max(0, end - begins)]
        if part:
            yield part
        if position >= end:
            return


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for piece in rest:
        yield piece

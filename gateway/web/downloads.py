"""Documents as downloads that no browser runs or shows on our origin (contract §8)."""

from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.mail.parameters import UNKNOWN_TYPE, content_type, fallback
from gateway.rules.model import Attachment

SANDBOX = "sandbox; default-src 'none'"
# What a browser might run, were it ever shown.
_ACTIVE = ("html", "xml", "svg", "javascript", "ecmascript", "xsl", "mathml", "pdf+")


async def download(
    request: Request, attachment: Attachment, pieces: AsyncIterator[bytes]
) -> Response:
    """Return a document as a download. Raises what the first piece raises (Refused, Fault)."""
    headers = {
        "Content-Security-Policy": SANDBOX,
        "Content-Disposition": disposition(attachment.filename),
        "Content-Length": str(attachment.size),
    }
    kind = media_type(attachment.content_type)
    if request.method == "HEAD":
        return Response(None, 200, headers, kind)
    # Read ahead, so that what is missing becomes an error page and not half a file.
    first = await anext(pieces, b"")

    async def all_pieces() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return StreamingResponse(all_pieces(), 200, headers, kind)


def media_type(claimed: str) -> str:
    """Return the type to send: the claimed one, unless it is none or one that runs."""
    kind = content_type(claimed)
    subtype = kind.partition("/")[2]
    return UNKNOWN_TYPE if any(word in subtype for word in _ACTIVE) else kind


def disposition(filename: str) -> str:
    """Return a Content-Disposition (RFC 6266) with an ASCII name beside the true one."""
    name = filename or "file"
    plain = fallback(name).replace("%", "_").strip() or "file"
    encoded = quote(name, safe="", encoding="utf-8", errors="replace")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"

"""HTTP/1.1 requests that every reader understands the same way; others are refused.

h11 reads more than it has to: lines that end with LF alone, folded header lines, a
Content-Length beside a Transfer-Encoding. Where a proxy before us reads them another way,
one peer's request becomes part of another's (request smuggling; RFC 9112, section 11.2).
"""

import re

import h11

HEADER_BYTES = 32 * 1024
_CHUNKS_FREE = 1000
_LEAST_CHUNK = 16
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)|\r\n[ \t]")
_HOST = re.compile(
    rb"(?:[A-Za-z0-9._\-]{1,255}|\[[0-9A-Fa-f:.]{2,64}\])(?::[0-9]{1,5})?",
)


class StrictConnection(h11.Connection):
    """The server's side of a connection; raises `h11.RemoteProtocolError` for doubtful bytes."""

    def __init__(self) -> None:
        """Wait for a request."""
        super().__init__(h11.SERVER, HEADER_BYTES)
        self._chunks = 0
        self._chunk_bytes = 0

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Return what the peer sent next, as h11 does."""
        waits = self.their_state is h11.IDLE
        head = self.trailing_data[0] if waits else b""
        event = super().next_event()
        if isinstance(event, h11.Request):
            _check_head(head)
            _check_request(event)
            self._chunks = self._chunk_bytes = 0
        elif isinstance(event, h11.Data):
            self._check_chunk(event)
        return event

    def _check_chunk(self, event: h11.Data) -> None:
        """Refuse a body of tiny chunks: they cost far more work than bytes."""
        if event.chunk_start:
            self._chunks += 1
        self._chunk_bytes += len(event.data)
        if self._chunks > _CHUNKS_FREE and self._chunk_bytes < self._chunks * _LEAST_CHUNK:
            raise h11.RemoteProtocolError("too many tiny chunks")


def _check_head(head: bytes) -> None:
    block, end, _ = head.partition(b"\r\n\r\n")
    if not end or _BARE.search(block):
        raise h11.RemoteProtocolError("lines of a header end with CRLF and are not folded")
    if len(block) > HEADER_BYTES:
        raise h11.RemoteProtocolError("the header is too long", error_status_hint=431)
    if _CONTROL.search(block):
        raise h11.RemoteProtocolError("the header holds a control character")


def _check_request(request: h11.Request) -> None:
    names = [name for name, _ in request.headers]
    if b"content-length" in names and b"transfer-encoding" in names:
        raise h11.RemoteProtocolError("Content-Length beside Transfer-Encoding")
    if b"transfer-encoding" in names and request.http_version != b"1.1":
        raise h11.RemoteProtocolError("Transfer-Encoding in HTTP/1.0")
    if not request.target.startswith(b"/"):
        raise h11.RemoteProtocolError("the target is not a path")
    for name, value in request.headers:
        if name == b"host" and not _HOST.fullmatch(value):
            raise h11.RemoteProtocolError("the Host is malformed")

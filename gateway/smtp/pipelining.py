"""aiosmtplib's protocol with several commands under way, and DATA in blocks.

The library waits for one reply at a time, and drops whatever else arrives; its `data()` sends
header, body and final dot as one. While an `Exchange` is open, the replies are taken here
instead. Greeting, EHLO, STARTTLS and AUTH stay the library's.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from aiosmtplib import SMTPServerDisconnected
from aiosmtplib.errors import SMTPResponseException
from aiosmtplib.protocol import MAX_RESPONSE_LENGTH, SMTPProtocol
from aiosmtplib.response import SMTPResponse

BLOCK_OCTETS = 256 * 1024


class PipeliningProtocol(SMTPProtocol):
    """Knows how many replies it is owed, and keeps those that came ahead of their reader."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connection_lost_callback: Callable[[SMTPProtocol], None],
    ) -> None:
        """Take the library's own arguments."""
        super().__init__(loop, connection_lost_callback)
        self._replies: deque[SMTPResponse] = deque()
        self._owed = 0
        self._failure: Exception | None = None
        self._reader: asyncio.Future[None] | None = None

    def data_received(self, data: bytes) -> None:
        """Take replies while some are owed; else do as the library does."""
        if not self._owed:
            super().data_received(data)
            return
        self._buffer.extend(data)
        try:
            while self._owed and (reply := self._read_response_from_buffer()) is not None:
                self._owed -= 1
                self._replies.append(reply)
        except SMTPResponseException as error:
            self._fail(error)
            return
        if not self._owed:
            del self._buffer[:]  # what came unasked must not answer the next command
        elif len(self._buffer) > MAX_RESPONSE_LENGTH:
            self._fail(SMTPResponseException(-1, "Response too long"))
        self._wake()

    def eof_received(self) -> bool:
        """Tell the reader; the transport closes."""
        self._fail(SMTPServerDisconnected("Unexpected EOF received"))
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the reader."""
        lost = SMTPServerDisconnected("Connection lost")
        lost.__cause__ = exc
        self._fail(lost)
        super().connection_lost(exc)

    def send(self, commands: Iterable[bytes]) -> None:
        """Send commands in one piece; each is owed a reply. Raises SMTPServerDisconnected."""
        lines = [command + b"\r\n" for command in commands]
        if not self._owed:
            self._replies.clear()
            del self._buffer[:]
        self.expect(len(lines))
        self.write(b"".join(lines))

    def expect(self, count: int = 1) -> None:
        """Be owed so many more replies."""
        self._owed += count

    async def reply(self, within: float) -> SMTPResponse:
        """Return the next reply owed.

        within: seconds. Raises TimeoutError, SMTPServerDisconnected, or SMTPResponseException
        for what is no SMTP.
        """
        if not self._replies:
            async with asyncio.timeout(within):
                await self._arrival()
        return self._replies.popleft()

    async def _arrival(self) -> None:
        while not self._replies:
            if self._failure is not None:
                raise self._failure
            self._reader = self._loop.create_future()
            try:
                await self._reader
            finally:
                self._reader = None

    @property
    def has_reply(self) -> bool:
        """True if a reply waits to be read."""
        return bool(self._replies)

    async def send_block(self, block: bytes, within: float) -> None:
        """Send a block of the message; return when there is room for more.

        within: seconds. Raises TimeoutError, or ConnectionError if the connection is gone.
        """
        self.write(block)
        async with asyncio.timeout(within):
            await self._drain_helper()

    def send_end(self, end: bytes) -> None:
        """Send the final dot, and what goes with it. Raises SMTPServerDisconnected if it can't."""
        self.write(end)

    def _fail(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
        self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)


def stuffed(content: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the message in blocks, a dot before each line's first dot (RFC 5321, 4.5.2).

    content: pieces cut anywhere, with CRLF alone as line ends.
    """
    at_line_start = True
    for piece in content:
        for at in range(0, len(piece), BLOCK_OCTETS):
            block = piece[at : at + BLOCK_OCTETS]
            ends_line = block.endswith(b"\n")
            if b"\n." in block:
                block = block.replace(b"\n.", b"\n..")
            if at_line_start and block.startswith(b"."):
                block = b"." + block
            at_line_start = ends_line
            yield block

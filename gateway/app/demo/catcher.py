"""The catcher: a mail server that takes everything and sends nothing on."""

import asyncio

from aiosmtpd import smtp

_MOST_OCTETS = 64 * 1024 * 1024


class Catcher:
    """Keeps what it takes, by recipient, in memory."""

    def __init__(self) -> None:
        """Begin empty."""
        self._caught: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen on a free port of this machine."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: smtp.SMTP(self, hostname="catcher.invalid", data_size_limit=_MOST_OCTETS),
            "127.0.0.1",
            0,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def handle_DATA(  # noqa: N802 (aiosmtpd finds hooks by name)
        self, _server: smtp.SMTP, _session: smtp.Session, envelope: smtp.Envelope
    ) -> str:
        """Keep the message."""
        content = envelope.original_content or b""
        for recipient in envelope.rcpt_tos:
            self._caught.put_nowait((recipient, content))
        return "250 2.0.0 Caught"

    async def next_for(self, recipient: str, seconds: float = 20.0) -> bytes:
        """Return the next mail for this recipient. Raises TimeoutError if none comes."""
        async with asyncio.timeout(seconds):
            while True:
                address, content = await self._caught.get()
                if address.lower() == recipient.lower():
                    return content

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

"""clamd as a scanner: its INSTREAM command, one connection a mail (clamd(8))."""

import asyncio
import struct
from contextlib import suppress
from dataclasses import dataclass

from gateway.mail.errors import Fault
from gateway.mail.replies import Reply
from gateway.ports.scanner import Scanned
from gateway.verify.pieces import pieces_of

_MOST_REPLY = 4096
_NAME_CHARS = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where a daemon listens: a socket file, or host and port."""

    path: str = ""
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


class ClamdScanner:
    """Refuses mail in which clamd finds something."""

    name = "clamd"

    def __init__(self, place: Place) -> None:
        """Ask the daemon there."""
        self._place = place

    async def judge(self, mail: Scanned) -> Reply | None:
        """Return 550 5.7.1 with the name of what was found; raises Fault."""
        try:
            answer = await self._scan(mail)
        except (OSError, EOFError, ValueError) as error:
            raise Fault(f"clamd at {self._place}: {str(error) or type(error).__name__}") from error
        if answer.endswith(" OK"):
            return None
        if answer.endswith(" FOUND"):
            name = answer.removesuffix(" FOUND").partition(": ")[2]
            safe = "".join(char if " " < char <= "~" else "?" for char in name[:_NAME_CHARS])
            return Reply(550, "5.7.1", f"The message holds a virus or the like: {safe}")
        raise Fault(f"clamd at {self._place}: {answer[:200]}")

    async def _scan(self, mail: Scanned) -> str:
        reader, writer = await self._connected()
        try:
            with suppress(ConnectionError):  # it may answer, and close, before it has all
                writer.write(b"zINSTREAM\0")
                async for piece in pieces_of(mail.content):
                    writer.write(struct.pack("!L", len(piece)))
                    writer.write(piece)
                    await writer.drain()
                writer.write(struct.pack("!L", 0))
                await writer.drain()
            answer = await reader.readuntil(b"\0")
            return answer.rstrip(b"\0\r\n").decode("utf-8", "replace")
        except asyncio.LimitOverrunError as error:
            raise ValueError("the answer is too long") from error
        finally:
            writer.close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._place.path:
            return await asyncio.open_unix_connection(self._place.path, limit=_MOST_REPLY)
        return await asyncio.open_connection(self._place.host, self._place.port, limit=_MOST_REPLY)

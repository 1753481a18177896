"""The PROXY header, by which a balancer in front says who is connected."""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address

from aiosmtpd.proxy_protocol import AF, V2_CMD, get_proxy

from gateway.mail.errors import MailError

V1_OCTETS = 107  # of the longest v1 header
V2_OCTETS = 2048  # of a v2 header that we read on; real ones have some hundred


class _Exactly:
    """Reads from a socket what is asked for and not an octet more.

    What follows the header belongs to the session or to its TLS handshake.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._left = V2_OCTETS

    async def read(self, n: int = -1) -> bytes:
        if not 0 <= n <= self._left:
            raise MailError("the PROXY header is too long")
        piece = await self._loop.sock_recv(self._connection, n) if n else b""
        self._left -= len(piece)
        return piece

    async def readexactly(self, n: int) -> bytes:
        whole = b""
        while len(whole) < n:
            piece = await self.read(n - len(whole))
            if not piece:
                raise MailError("the connection ended within the PROXY header")
            whole += piece
        return whole

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        line = b""
        while not line.endswith(separator):
            if len(line) > V1_OCTETS:
                raise MailError("the PROXY header is too long")
            line += await self.readexactly(1)
        return line


async def read_header(connection: socket.socket) -> tuple[str, int] | None:
    """Return the address and port that the PROXY header v1 or v2 names.

    None if it names nobody: a check of the balancer's own (LOCAL), or UNKNOWN.

    Raises MailError if there is no good header, OSError if the connection broke.
    """
    found = await get_proxy(_Exactly(connection))
    if not found.valid:
        raise MailError(found.error or "not a PROXY header")
    if found.command == V2_CMD.LOCAL and found.version == 2:
        return None
    if found.family not in {AF.INET, AF.INET6}:
        return None
    if not isinstance(found.src_addr, IPv4Address | IPv6Address) or found.src_port is None:
        raise MailError("the PROXY header names no address")
    return str(found.src_addr), found.src_port

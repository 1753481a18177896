"""Closing a connection so that the peer can still read the answer.

A socket that is closed while the peer is sending is reset, and a reset throws away what
the peer has not read yet: the answer that says why (RFC 9112, section 9.6).
"""

import asyncio
from collections.abc import Callable
from typing import Any


class LingeringTransport(asyncio.Transport):
    """A transport whose `close` asks its owner first whether the peer is still sending."""

    def __init__(self, transport: asyncio.Transport, linger: Callable[[], bool]) -> None:
        """Wrap `transport`; linger: returns True if it takes care of closing by itself."""
        super().__init__()
        self._transport = transport
        self._linger = linger
        self._closing = False

    def close(self) -> None:
        """Close for writing; for reading too, unless the owner lingers."""
        if self._closing:
            return
        self._closing = True
        if self._linger():
            if self._transport.can_write_eof():
                self._transport.write_eof()
        else:
            self._transport.close()

    def is_closing(self) -> bool:
        """Say whether nothing more is written."""
        return self._closing or self._transport.is_closing()

    def abort(self) -> None:
        """Close at once."""
        self._closing = True
        self._transport.abort()

    def end(self) -> None:
        """Close for reading too, after lingering."""
        self._transport.close()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send, unless closing."""
        if not self._closing:
            self._transport.write(data)

    def pause_reading(self) -> None:
        """Read nothing for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        self._transport.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand what is read to another protocol."""
        self._transport.set_protocol(protocol)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return a fact about the connection."""
        return self._transport.get_extra_info(name, default)

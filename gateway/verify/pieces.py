"""A mail's bytes in pieces, from memory or from its file."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from gateway.ports.reception import Content

_PIECE = 256 * 1024


async def pieces_of(content: Content) -> AsyncIterator[bytes]:
    """Give the bytes, none of the pieces empty; raises OSError."""
    if content.path is None:
        data = memoryview(content.data or b"")
        for start in range(0, len(data), _PIECE):
            yield bytes(data[start : start + _PIECE])
        return
    file = await asyncio.to_thread(Path(content.path).open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece
    finally:
        await asyncio.to_thread(file.close)

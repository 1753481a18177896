"""Work on a mail's bytes: at once where it is short, in a thread where others would wait."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")
SMALL_BYTES = 64 * 1024


async def aside(size_bytes: int, work: Callable[[], _T]) -> _T:
    """Return what the work returns; size_bytes: of the mail that it goes through."""
    return work() if size_bytes <= SMALL_BYTES else await asyncio.to_thread(work)

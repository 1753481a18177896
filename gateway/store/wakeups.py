"""Who waits for which topic: counters that commits raise, from any thread."""

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Iterable


class Wakeups:
    """Counts per topic; safe to use from any thread and any event loop."""

    def __init__(self) -> None:
        """Begin at 0."""
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}

    def ring(self, topics: Iterable[str]) -> None:
        """Count each topic up and wake who waits for it."""
        woken: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
        with self._lock:
            for topic in topics:
                self._counts[topic] += 1
                for future in self._waiting.pop(topic, ()):
                    woken.setdefault(future.get_loop(), []).append(future)
        for loop, futures in woken.items():
            # A loop that was closed in the meantime has nobody to wake.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_wake, futures)

    async def wait(self, topic: str, seen: int, seconds: float) -> int:
        """Wait until the count is above `seen`, or the time is over; return the count."""
        with self._lock:
            if self._counts[topic] > seen:
                return self._counts[topic]
            future = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(topic, []).append(future)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await future
        finally:
            self._forget(topic, future)
        with self._lock:
            return self._counts[topic]

    def _forget(self, topic: str, future: asyncio.Future[None]) -> None:
        with self._lock:
            waiting = self._waiting.get(topic, [])
            if future in waiting:
                waiting.remove(future)
            if not waiting:
                self._waiting.pop(topic, None)


def _wake(futures: Iterable[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)

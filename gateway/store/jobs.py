"""Jobs of callers on an event loop, done by a thread."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Any

from gateway.store.work import Work


class Job:
    """A job, who waits for it, and what came of it: a result, or an error."""

    __slots__ = ("error", "future", "loop", "result", "run")

    def __init__(self, run: Callable[[Work], Any]) -> None:
        """Take the caller's event loop, which has to be running."""
        self.run = run
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None


def settle(jobs: Iterable[Job]) -> None:
    """Tell the callers what came of their jobs, all of a loop in one go."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in jobs:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, done in by_loop.items():
        # A loop that was closed in the meantime has nobody who waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_tell, done)


def _tell(jobs: Iterable[Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is None:
            job.future.set_result(job.result)
        elif isinstance(job.error, StopIteration):
            # No future takes that one.
            job.future.set_exception(RuntimeError("a job raised StopIteration"))
        else:
            job.future.set_exception(job.error)

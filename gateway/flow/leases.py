"""What every worker of a queue does with its leases and its tasks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog

from gateway.flow.context import Context
from gateway.mail.errors import Fault
from gateway.ports.queues import Lease
from gateway.ports.store import Work

log = structlog.get_logger()


@asynccontextmanager
async def renewing(
    context: Context,
    lease: Lease,
    held: Callable[[], Sequence[str]],
    renew: Callable[[Work, Sequence[str]], object],
) -> AsyncIterator[None]:
    """Renew the leases of what is `held` thrice in their time, as long as the block runs."""

    async def go_on() -> None:
        while True:
            await asyncio.sleep(lease.duration.total_seconds() / 3)
            ids = list(held())
            if not ids:
                continue
            try:
                await context.store.write(lambda work, ids=ids: renew(work, ids))  # type: ignore[misc]
            except Fault as error:
                log.warning("leases.not_renewed", count=len(ids), why=str(error))

    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def end(tasks: Collection["asyncio.Task[Any]"], patience: float) -> None:
    """Wait so many seconds for tasks, then cancel those that are late and see them end."""
    if not tasks:
        return
    _, late = await asyncio.wait(list(tasks), timeout=patience)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late)

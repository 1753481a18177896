"""People are forgotten (GDPR, article 17), and raw mail whose time is over."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from gateway.flow.context import Context
from gateway.flow.directory import Directory
from gateway.mail.errors import Fault
from gateway.rules.erasure import Erased
from gateway.rules.model import Tenant

log = structlog.get_logger()

_PASSES = 3
"""What was under way during an erasure is erased by the next pass."""
_BATCH = 200
_FOLD_TRIES = 40
_FOLD_PAUSE = 0.5


class Privacy:
    """Erases people, and drops raw bytes."""

    def __init__(
        self, context: Context, directory: Directory, fold: Callable[[], Awaitable[None]]
    ) -> None:
        """Work on these ports; fold: empties the database's log, so that nothing stays in it."""
        self._context = context
        self._directory = directory
        self._fold = fold

    async def erase(self, tenant: Tenant, address: str) -> Erased:
        """Erase a person from a company's data; return how much there was.

        Accounting facts stay, without the person. Returns once nothing stands in the data any
        more; somebody who was never here is erased at once. Raises Fault.
        """
        erased = Erased()
        for _ in range(_PASSES):
            found = await self._pass(tenant, address)
            if found is None:
                break
            erased += found
        await self._directory.refresh()
        more = await self._context.store.write(lambda work: work.privacy.merge_words(first=True))
        while more:
            more = await self._context.store.write(
                lambda work: work.privacy.merge_words(first=False)
            )
        await self._empty_log()
        log.info("person.erased", tenant=tenant.id, messages=erased.messages)
        return erased

    async def _pass(self, tenant: Tenant, address: str) -> Erased | None:
        context = self._context
        traces = await context.store.read(lambda work: work.privacy.traces(tenant.id, address))
        erased, blobs = await context.store.write(lambda work: work.privacy.erase(traces))
        now = context.clock.now()
        for sha256 in blobs:
            await context.blobs.remove_old(tenant.id, sha256, now)
        return None if traces.is_empty else erased

    async def drop_raw(self, keep: timedelta) -> int:
        """Drop the raw bytes of mail that is older; return how many mails. Raises Fault."""
        context, now, dropped = self._context, self._context.clock.now(), 0
        while True:
            seen, blobs = await context.store.write(
                lambda work: work.privacy.drop_raw(now - keep, _BATCH)
            )
            for tenant_id, sha256 in blobs:
                await context.blobs.remove_old(tenant_id, sha256, now)
            dropped += seen
            if seen < _BATCH:
                return dropped

    async def _empty_log(self) -> None:
        """Fold the log into the database; readers who are at it are waited for."""
        for _ in range(_FOLD_TRIES):
            try:
                await self._fold()
            except Fault:
                await asyncio.sleep(_FOLD_PAUSE)
            else:
                return
        raise Fault("the person is erased, but the write-ahead log is in use; try again")

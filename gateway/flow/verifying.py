"""Senders of what came in are verified, after the message is shown with verdict `pending`."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import structlog

from gateway.flow.context import Context
from gateway.flow.staff_answers import STAFF, settle_staff_answer
from gateway.mail.errors import Fault
from gateway.ports.queues import Inbound
from gateway.ports.store import Work
from gateway.ports.tally import Tally
from gateway.ports.verifier import Authentication, Received, Verifier

log = structlog.get_logger()

CONCURRENCY = 64
_CLAIM = timedelta(minutes=2)
"""Longer than a verifier takes; what a crash left behind is taken up again after it."""
_POLL = 10.0
_GATHER = 0.05
"""Seconds in which mails gather after the first, so that a burst is claimed at once."""
_BUSY = 16
"""Mails that wait to be read, beyond which verification gives way."""
_WHILE_BUSY = 0.25
_FEW = 8
_AFTER_FAULT = 2.0
_FIRST_AGAIN = timedelta(minutes=1)
_GIVE_UP_AFTER = timedelta(hours=1)
_AFTER_FAILURE = timedelta(minutes=5)


class Verifying:
    """Runs until it is told to stop."""

    def __init__(self, context: Context, verifier: Verifier, tally: Tally) -> None:
        """Verify what waits in the context's store by `verifier`."""
        self._context = context
        self._verifier = verifier
        self._tally = tally
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Take up and verify until `stop`; never raises for what a mail does."""
        seen = 0
        while not self._stopping.is_set():
            try:
                seen = await self._turn(seen)
            except Fault as error:
                log.warning("verification.stalled", why=str(error))
                await asyncio.sleep(_AFTER_FAULT)

    async def stop(self, patience: float) -> None:
        """Take up nothing more and leave the rest for the next start, at once.

        patience: is not needed, since nothing is lost.
        """
        _ = patience
        self._stopping.set()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def busy(self) -> int:
        """How many mails are being verified now."""
        return len(self._tasks)

    async def _turn(self, seen: int) -> int:
        free = CONCURRENCY - len(self._tasks)
        if free <= 0:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            return seen
        if await self._context.store.read(lambda work: work.spool.waiting()) > _BUSY:
            # Showing mail comes before judging it, which goes on at a walking pace.
            await asyncio.sleep(_WHILE_BUSY)
            free = min(free, _FEW)
        claimed = await self._context.store.write(
            lambda work: work.spool.claim_to_verify(_CLAIM, free)
        )
        for inbound in claimed:
            task = asyncio.create_task(self._take(inbound))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if claimed:
            return seen
        seen = await self._context.store.wait("verification", seen, _POLL)
        await asyncio.sleep(_GATHER)
        return seen

    async def _take(self, inbound: Inbound) -> None:
        began = perf_counter()
        try:
            found = await self._verify(inbound)
            await self._store(inbound, found)
            self._tally.step("verify", perf_counter() - began)
        except Fault as error:
            log.warning("verification.failed", id=inbound.id, why=str(error))
            await self._again(inbound, _FIRST_AGAIN)
        except Exception:  # the rim of a task
            log.exception("verification.failed", id=inbound.id)
            await self._again(inbound, _AFTER_FAILURE)

    async def _verify(self, inbound: Inbound) -> Authentication:
        context = self._context
        kept = await context.store.read(
            lambda work: work.contents.get(inbound.tenant_id, inbound.raw_sha256)
        )
        if kept is None:
            return Authentication()  # erased meanwhile
        source: bytes | Path
        if kept.data is None:
            source = Path(await context.blobs.path(inbound.tenant_id, inbound.raw_sha256))
        else:
            source = kept.data
        received = Received(source, inbound.envelope.sender, inbound.peer)
        return await self._verifier.verify(received)

    async def _store(self, inbound: Inbound, found: Authentication) -> None:
        """Store what is known; where DNS gave no answer, ask again later for an hour."""
        context = self._context
        age = context.clock.now() - inbound.received_at
        again = None
        if found.may_change and age < _GIVE_UP_AFTER:
            again = max(_FIRST_AGAIN, age)

        def store(work: Work) -> None:
            message = work.messages.get(inbound.tenant_id, inbound.id)
            if message is not None:
                verified = replace(message, authentication=found.shown())
                work.messages.change_standing(verified)
                if message.kind == STAFF:
                    settle_staff_answer(context, work, verified, found, is_final=again is None)
                if found.verdict == "pass" and found.author is not None:
                    _lift(work, inbound.tenant_id, found.author.lower())
            work.spool.verified(inbound.id, again_in=again if message is not None else None)

        await self._context.store.write(store)
        log.info("message.verified", id=inbound.id, verdict=found.verdict)

    async def _again(self, inbound: Inbound, wait: timedelta) -> None:
        """Let it be tried again, unless it was tried for an hour."""
        age = self._context.clock.now() - inbound.received_at
        if age >= _GIVE_UP_AFTER:
            with contextlib.suppress(Fault):
                await self._store(inbound, Authentication())
            return
        with contextlib.suppress(Fault):
            await self._context.store.write(
                lambda work: work.spool.verified(inbound.id, again_in=wait)
            )


def _lift(work: Work, tenant_id: str, address: str) -> None:
    """Let mail go to an address again that has just shown to be alive (contract §4)."""
    suppression = work.suppressions.get(tenant_id, address)
    if suppression is None or suppression.kind == "complaint":
        return
    work.suppressions.remove(tenant_id, address)
    log.info("suppression.lifted", tenant=tenant_id, kind=suppression.kind)

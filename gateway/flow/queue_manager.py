"""Claims deliveries that are due and tries them, many at once, within limits."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from gateway.flow.context import Context
from gateway.flow.deliver import LeaseLost, RoutePaused, Tried, WayOut, conclude, deliver
from gateway.flow.lanes import SOON, UNPROVEN_SHARE
from gateway.flow.leases import end, renewing
from gateway.flow.mail_accounts import paused_routes
from gateway.mail.errors import Fault
from gateway.ports.lists import Stale
from gateway.ports.queues import Lease
from gateway.ports.routing import Way
from gateway.ports.store import Work
from gateway.rules.model import Delivery, Reason
from gateway.rules.names import domain_of
from gateway.rules.outcome import Deferred, Suspended
from gateway.rules.own_server import is_own_route
from gateway.rules.reasons import plain_words
from gateway.rules.retry import RetryPolicy

log = structlog.get_logger()

_POLL = timedelta(seconds=10)
_NO_ROOM = timedelta(milliseconds=250)
_SHORT_POLL = timedelta(milliseconds=10)
_PAUSED_POLL = timedelta(seconds=1)
"""While a route is paused, its mail is due and not to be claimed: don't spin over it."""
_AFTER_FAULT = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """concurrency: attempts at once. lease: renewed thrice in it."""

    concurrency: int = 200
    lease: timedelta = timedelta(minutes=1)


class QueueManager:
    """Runs until it is told to stop."""

    def __init__(self, context: Context, way: WayOut, limits: QueueLimits) -> None:
        """Try deliveries of the context's store by this way out."""
        self._context = context
        self._way = way
        self._limits = limits
        owner = context.chance.octets(12).hex()
        self._lease = Lease(owner, limits.lease)
        self._trying: dict[str, Delivery] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()
        self._stopping = False
        self._shortest_wait = _SHORT_POLL

    async def run(self) -> None:
        """Claim and try until `stop`; never raises for what a delivery does."""
        seen = 0
        async with renewing(
            self._context,
            self._lease,
            lambda: list(self._trying),
            lambda work, ids: work.deliveries.renew(ids, self._lease),
        ):
            while not self._stopping:
                try:
                    claimed = await self._claim()
                    if claimed == 0:
                        seen = await self._wait(seen)
                except Fault as error:
                    log.warning("queue.stalled", why=str(error))
                    await asyncio.sleep(_AFTER_FAULT.total_seconds())

    async def stop(self, patience: float) -> None:
        """Claim nothing more, wait `patience` seconds for what is being tried, give the rest back.

        What has sent its final dot is not given back: its lease runs out, and the mark tells.
        """
        self._stopping = True
        self._freed.set()
        await end(self._tasks, patience)

    def apply(self, policy: RetryPolicy, limits: QueueLimits) -> None:
        """Go on with another policy and other limits; what is being tried keeps the old policy."""
        self._way = replace(self._way, policy=policy)
        self._limits = replace(limits, lease=self._limits.lease)

    @property
    def trying(self) -> int:
        """How many deliveries are being tried now."""
        return len(self._trying)

    async def _claim(self) -> int:
        free = self._limits.concurrency - len(self._trying)
        if free <= 0:
            self._freed.clear()
            await self._freed.wait()
            return 1
        claimed = await self._context.store.write(lambda work: self._take(work, free))
        for delivery in claimed:
            self._trying[delivery.id] = delivery
            task = asyncio.create_task(self._try(delivery))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(claimed)

    def _take(self, work: Work, free: int) -> list[Delivery]:
        """Claim for next hops that may be dead, up to their share, and for the others."""
        lanes, limits = self._way.lanes, self._limits
        trying = Counter(delivery.route for delivery in self._trying.values())
        working, others = lanes.rooms(trying, self._context.clock.now())
        paused = dict.fromkeys(paused_routes(work), 0)
        others = replace(others, by_route={**others.by_route, **paused})
        working = replace(working, by_route={**working.by_route, **paused})
        self._shortest_wait = _PAUSED_POLL if paused else _SHORT_POLL
        unproven = max(1, int(limits.concurrency * UNPROVEN_SHARE)) - lanes.unproven(trying)
        claimed = list(work.deliveries.claim(self._lease, min(free, unproven), rooms=others))
        if any(working.by_route.values()):
            claimed += work.deliveries.claim(self._lease, free - len(claimed), rooms=working)
        return claimed

    async def _wait(self, seen: int) -> int:
        """Wait for new work, a free place on a full route, or the time of the next attempt."""
        context = self._context
        due = await context.store.read(lambda work: work.deliveries.next_due())
        wait = _POLL if due is None else min(_POLL, _until(due, context.clock.now()))
        if self._trying and not wait:
            wait = _NO_ROOM  # what is due has to wait for a next hop; whoever ends tells
        self._freed.clear()
        woken = asyncio.ensure_future(
            context.store.wait("deliveries", seen, max(wait, self._shortest_wait).total_seconds())
        )
        freed = asyncio.ensure_future(self._freed.wait())
        try:
            await asyncio.wait({woken, freed}, return_when=asyncio.FIRST_COMPLETED)
            return woken.result() if woken.done() else seen
        finally:
            woken.cancel()
            freed.cancel()

    async def _try(self, delivery: Delivery) -> None:
        try:
            if not await self._is_put_off(delivery):
                await deliver(self._context, self._way, delivery)
        except LeaseLost:
            log.warning("delivery.lease_lost", id=delivery.id)
        except RoutePaused:
            await self._give_back(delivery)
        except asyncio.CancelledError:
            await self._give_back(delivery)
            raise
        except Fault as error:
            log.warning("delivery.not_stored", id=delivery.id, why=str(error))
        except Exception:  # the rim of a task
            log.exception("delivery.failed", id=delivery.id)
            await self._defer(delivery)
        finally:
            self._way.lanes.left(delivery.route, delivery.id)
            del self._trying[delivery.id]
            self._freed.set()

    async def _is_put_off(self, delivery: Delivery) -> bool:
        """Let a delivery wait if its next hop is dead, or its route has its rate; say if so."""
        context, lanes = self._context, self._way.lanes
        if is_own_route(delivery.route):
            way = Way(delivery.route)
        else:
            way = context.ways.way(domain_of(delivery))
        now = context.clock.now()
        # Routes may have changed since it was queued; it is counted where it was queued for.
        counted = replace(way, name=delivery.route)
        waiting = lanes.admit(counted, delivery.id, now, context.chance.spread())
        if waiting is None and way.rate is not None:
            wait = lanes.slot(way.rate, now)
            if wait > SOON:
                waiting = Suspended(now + wait)
            else:
                await asyncio.sleep(wait.total_seconds())
        if waiting is None:
            return False
        await conclude(context, self._way, delivery, Tried(waiting, ()))
        return True

    async def _defer(self, delivery: Delivery) -> None:
        """Let what makes us fail wait like any deferral, so that it can't spin."""
        words = "the gateway failed; its log says why"
        reason = Reason("unknown", plain_words("unknown"), None, None, words, permanent=False)
        with contextlib.suppress(LeaseLost, Fault):
            await conclude(self._context, self._way, delivery, Tried(Deferred(reason), ()))

    async def _give_back(self, delivery: Delivery) -> None:
        now = self._context.clock.now()

        def store(work: Work) -> None:
            current = work.deliveries.get(None, delivery.id)
            if current is None or current.sending:
                return
            state = "unconfirmed" if delivery.state == "unconfirmed" else "queued"
            back = replace(delivery, state=state, next_attempt_at=now, updated_at=now)
            work.deliveries.finish(back, (), fence=delivery.fence)

        with contextlib.suppress(Stale, Fault):
            await asyncio.shield(self._context.store.write(store))


def _until(due: datetime, now: datetime) -> timedelta:
    return max(due - now, timedelta(0))

"""Sends what is due: one task for each endpoint that is behind, so that none waits for another."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from gateway.flow.context import Context
from gateway.flow.leases import end, renewing
from gateway.hooks.bodies import Bodies
from gateway.hooks.ending import conclude
from gateway.hooks.post import HookPolicy, post
from gateway.mail.errors import Fault
from gateway.ports.lists import Stale
from gateway.ports.outward import Outward
from gateway.ports.queues import Lease
from gateway.ports.store import Work
from gateway.rules.hooks import Occasion, Resend, Webhook, types_of
from gateway.rules.model import Event

log = structlog.get_logger()

_LEASE = timedelta(minutes=1)
_POLL = timedelta(seconds=10)
_SHORT = timedelta(milliseconds=20)
"""Many events of one moment are one look."""
_AFTER_FAULT = timedelta(seconds=2)
_PORTION = 20


class HookService:
    """Runs until it is told to stop."""

    def __init__(
        self, context: Context, outward: Outward, policy: HookPolicy, *, at_once: int = 1000
    ) -> None:
        """Send by `outward`. at_once: endpoints; failing ones get half of it at most."""
        self._context = context
        self._outward = outward
        self._policy = policy
        self._bodies = Bodies(context)
        self._at_once = at_once
        self._lease = Lease(context.chance.octets(12).hex(), _LEASE)
        self._serving: dict[str, Webhook] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._freed = asyncio.Event()

    async def run(self) -> None:
        """Send until `stop`; never raises for what an endpoint does."""
        seen = 0
        async with renewing(
            self._context,
            self._lease,
            lambda: list(self._serving),
            lambda work, ids: work.hooks.renew(ids, self._lease),
        ):
            while not self._stopping:
                try:
                    if not await self._claim():
                        seen = await self._wait(seen)
                except Fault as error:
                    log.warning("webhooks.stalled", why=str(error))
                    await asyncio.sleep(_AFTER_FAULT.total_seconds())

    async def stop(self, patience: float) -> None:
        """Begin nothing more; what is under way after `patience` seconds is sent again later."""
        self._stopping = True
        self._freed.set()
        await end(self._tasks, patience)

    @property
    def serving(self) -> int:
        """How many endpoints are being sent to now."""
        return len(self._serving)

    async def _claim(self) -> int:
        free = self._at_once - len(self._serving)
        if free <= 0 or not await self._context.store.read(lambda work: work.hooks.is_ready()):
            return 0
        failing = sum(1 for one in self._serving.values() if one.failures)
        room = max(0, min(free, self._at_once // 2 - failing))

        def take(work: Work) -> Sequence[Webhook]:
            well = work.hooks.claim(self._lease, free, failing=False)
            ill = work.hooks.claim(self._lease, min(room, free - len(well)), failing=True)
            return [*well, *ill]

        claimed = await self._context.store.write(take)
        for webhook in claimed:
            self._serving[webhook.id] = webhook
            task = asyncio.create_task(self._serve(webhook))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(claimed)

    async def _wait(self, seen: int) -> int:
        """Wait for an event, for the end of a task, or for the time of what waits for its."""
        context = self._context
        due = await context.store.read(lambda work: work.hooks.next_due())
        wait = _POLL if due is None else min(_POLL, max(_SHORT, due - context.clock.now()))
        self._freed.clear()
        woken = asyncio.ensure_future(context.store.wait("events", seen, wait.total_seconds()))
        freed = asyncio.ensure_future(self._freed.wait())
        try:
            await asyncio.wait({woken, freed}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(_SHORT.total_seconds())
            return woken.result() if woken.done() else seen
        finally:
            woken.cancel()
            freed.cancel()

    async def _serve(self, webhook: Webhook) -> None:
        """Send everything that an endpoint is to be sent now."""
        try:
            async with asyncio.TaskGroup() as lanes:
                lanes.create_task(self._send_new(webhook))
                lanes.create_task(self._send_again(webhook))
        except* Stale:
            log.info("webhook.left", id=webhook.id)
        except* Fault as group:
            log.warning("webhook.not_stored", id=webhook.id, why=str(group.exceptions[0]))
        except* Exception:  # the rim of a task
            log.exception("webhook.failed", id=webhook.id)
        finally:
            with contextlib.suppress(Fault):
                await asyncio.shield(
                    self._context.store.write(
                        lambda work: work.hooks.release(webhook.id, webhook.fence)
                    )
                )
            del self._serving[webhook.id]
            self._freed.set()

    async def _send_new(self, webhook: Webhook) -> None:
        """Send events in their order, each once, as long as the endpoint takes them."""
        while self._goes_on():
            current, events, last = await self._context.store.read(
                lambda work: _news(work, webhook)
            )
            for event in events:
                if not self._goes_on():
                    return
                current = await self._send(current, event, Occasion.EVENT, tries=0, fresh=True)
                if self._is_paused(current) or _is_left(webhook, current):
                    return
            if len(events) < _PORTION:
                if last > current.cursor:
                    await self._pass(webhook, last)
                return

    async def _send_again(self, webhook: Webhook) -> None:
        """Send what failed before and is due."""
        while self._goes_on():
            current, due = await self._context.store.read(lambda work: _again(work, webhook))
            for resend, event in due:
                if not self._goes_on():
                    return
                if event is None:
                    await self._context.store.write(
                        lambda work, one=resend: work.hooks.done(one.webhook_id, one.event_id)  # type: ignore[misc]
                    )
                else:
                    occasion, tries = resend.occasion, resend.tries
                    current = await self._send(current, event, occasion, tries=tries, fresh=False)
                    if _is_left(webhook, current):
                        return
            if not due:
                return

    def _goes_on(self) -> bool:
        return not self._stopping

    def _is_paused(self, webhook: Webhook) -> bool:
        return webhook.resume_at is not None and webhook.resume_at > self._context.clock.now()

    async def _send(
        self, webhook: Webhook, event: Event, occasion: Occasion, *, tries: int, fresh: bool
    ) -> Webhook:
        """Send one event and store what came of it; return the endpoint as it is then."""
        context, policy = self._context, self._policy
        attempt, verdict = await post(
            context,
            self._outward,
            self._bodies,
            webhook,
            event,
            occasion=occasion,
            number=tries + 1,
            now=context.clock.now(),
            timeout=policy.timeout,
        )
        spread = context.chance.spread()
        settled = await context.store.write(
            lambda work: conclude(
                context,
                work,
                webhook,
                attempt,
                verdict,
                schedule=policy.schedule,
                spread=spread,
                fresh=fresh,
            )
        )
        log.info(
            "webhook.posted",
            id=webhook.id,
            event_id=event.id,
            ok=attempt.ok,
            status=attempt.status,
            ms=attempt.ms,
        )
        return settled

    async def _pass(self, webhook: Webhook, last: int) -> None:
        """Note that there is nothing for this endpoint up to a number."""

        def store(work: Work) -> None:
            current = work.hooks.held(webhook.id, webhook.fence)
            work.hooks.settle(replace(current, cursor=max(current.cursor, last)))

        await self._context.store.write(store)


def _is_left(claimed: Webhook, current: Webhook) -> bool:
    """Say whether it was switched off, or is for the next claim to see if ill ones have room."""
    return current.disabled is not None or (current.failures > 0 and claimed.failures == 0)


def _news(work: Work, webhook: Webhook) -> tuple[Webhook, Sequence[Event], int]:
    """Return the endpoint, the next events for it, and the number of the newest of all."""
    current = work.hooks.held(webhook.id, webhook.fence)
    last = work.events.last(webhook.tenant_id)
    types = types_of(current)
    events = work.events.after(webhook.tenant_id, current.cursor, types=types, limit=_PORTION)
    return current, events, last


def _again(work: Work, webhook: Webhook) -> tuple[Webhook, Sequence[tuple[Resend, Event | None]]]:
    current = work.hooks.held(webhook.id, webhook.fence)
    due = work.hooks.due(webhook.id, _PORTION)
    return current, [(one, work.events.get(webhook.tenant_id, one.event_id)) for one in due]

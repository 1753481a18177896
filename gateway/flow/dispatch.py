"""What an admin or a company does with a delivery that waits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from gateway.flow.context import Context
from gateway.flow.refusal import conflict, not_found
from gateway.ports.store import Work
from gateway.rules import events
from gateway.rules.model import Delivery
from gateway.rules.states import FINAL, IllegalStep, State, Step, step


class Dispatch:
    """Retries, cancels, holds and releases deliveries; tenant_id None: of any company.

    Each raises Refused: unknown, in a state that doesn't allow it, or just being sent.
    """

    def __init__(self, context: Context) -> None:
        """Work on these ports."""
        self._context = context

    async def retry(self, tenant_id: str | None, delivery_id: str) -> Delivery:
        """Make it due now; a suppressed one is sent anyway."""

        def wanted(delivery: Delivery) -> Step:
            suppressed = delivery.state == State.SUPPRESSED
            return Step.SEND_ANYWAY if suppressed else Step.RETRY

        return await self._take(tenant_id, delivery_id, wanted)

    async def cancel(self, tenant_id: str | None, delivery_id: str) -> Delivery:
        """Give it up before it leaves."""
        return await self._take(tenant_id, delivery_id, lambda _: Step.CANCEL)

    async def hold(self, tenant_id: str | None, delivery_id: str) -> Delivery:
        """Keep it waiting until it is released."""
        return await self._take(tenant_id, delivery_id, lambda _: Step.HOLD)

    async def release(self, tenant_id: str | None, delivery_id: str) -> Delivery:
        """Let it go on."""
        return await self._take(tenant_id, delivery_id, lambda _: Step.RELEASE)

    async def _take(
        self, tenant_id: str | None, delivery_id: str, wanted: Callable[[Delivery], Step]
    ) -> Delivery:
        context, now = self._context, self._context.clock.now()

        def store(work: Work) -> Delivery:
            delivery = work.deliveries.get(tenant_id, delivery_id)
            if delivery is None:
                raise not_found("delivery")
            happening = wanted(delivery)
            try:
                state = step(State(delivery.state), happening)
            except IllegalStep as error:
                word = happening.value.replace("_", " ")
                detail = f"A delivery that is {delivery.state} can't take the step “{word}”."
                raise conflict("wrong_state", detail) from error
            changed = _moved(delivery, state, now)
            if not work.deliveries.change(changed):
                raise conflict("in_flight", "It is being sent right now; look again in a moment.")
            kind = events.OF_STATE.get(changed.state)
            if kind is not None and changed.state != delivery.state:
                about = events.about_delivery(changed, delivery.state)
                work.events.add(context.event(delivery.tenant_id, kind, now, about))
                work.wake("events")
            work.wake("deliveries")
            return changed

        return await context.store.write(store)


def _moved(delivery: Delivery, state: State, now: datetime) -> Delivery:
    waits = state is State.HELD or state in FINAL
    reason = None if state is State.QUEUED else delivery.reason
    return replace(
        delivery,
        state=state.value,
        next_attempt_at=None if waits else now,
        reason=reason,
        updated_at=now,
    )

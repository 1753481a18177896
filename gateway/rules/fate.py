"""What an outcome makes of a delivery."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from gateway.rules.model import Delivery
from gateway.rules.outcome import Bounced, Deferred, Outcome, Sent, Suspended, Unconfirmed
from gateway.rules.retry import RetryPolicy, next_attempt
from gateway.rules.states import State, Step, step


def claimed_state(delivery: Delivery) -> State:
    """Return the state of a delivery while it is tried."""
    state = State(delivery.state)
    return state if state in {State.SENDING, State.UNCONFIRMED} else step(state, Step.CLAIM)


def fate(
    delivery: Delivery, outcome: Outcome, *, policy: RetryPolicy, now: datetime, spread: float
) -> Delivery:
    """Return the delivery after an attempt with this outcome.

    spread: from -1 to 1, see `next_attempt`.
    """
    if isinstance(outcome, Suspended):
        return _suspended(delivery, outcome, policy, now)
    state, tries = claimed_state(delivery), delivery.tries + 1
    tried = replace(delivery, tries=tries, updated_at=now, next_attempt_at=None, sending=False)
    match outcome:
        case Sent():
            return replace(tried, state=step(state, outcome.step).value, reason=None)
        case Bounced():
            return replace(tried, state=step(state, Step.BOUNCE).value, reason=outcome.reason)
        case Deferred():
            due = next_attempt(
                policy,
                queued_at=delivery.queued_at,
                failed_at=now,
                attempts=tries,
                spread=spread,
                hint=outcome.hint,
                greylisted=outcome.greylisted,
            )
            ending = Step.DEFER if due is not None else Step.EXPIRE
            return replace(
                tried,
                state=step(state, ending).value,
                reason=outcome.reason,
                next_attempt_at=due,
            )
        case Unconfirmed():
            due = next_attempt(
                policy, queued_at=delivery.queued_at, failed_at=now, attempts=tries, spread=spread
            )
            ending = Step.LOSE if due is not None else Step.EXPIRE
            return replace(
                tried,
                state=step(state, ending).value,
                reason=outcome.reason,
                next_attempt_at=due,
            )
    assert_never(outcome)


def _suspended(
    delivery: Delivery, outcome: Suspended, policy: RetryPolicy, now: datetime
) -> Delivery:
    """Return the delivery waiting on, without a try that counts."""
    state = claimed_state(delivery)
    reason = outcome.reason or delivery.reason
    last_try = delivery.queued_at + policy.give_up_after
    waiting = Step.DEFER if reason is not None and state is State.SENDING else Step.GIVE_BACK
    is_over = now >= last_try
    return replace(
        delivery,
        state=step(state, Step.EXPIRE if is_over else waiting).value,
        reason=reason,
        next_attempt_at=None if is_over else min(outcome.until, last_try),
        updated_at=now,
        sending=False,
    )

"""What an attempt changes: the endpoint's health, what is sent again, whether it stays on."""

from dataclasses import replace
from datetime import datetime

from gateway.flow.context import Context
from gateway.flow.hook_notices import order_hook_notice
from gateway.ports.store import Work
from gateway.rules.events import WEBHOOK_DISABLED
from gateway.rules.hooks import HookAttempt, Occasion, Resend, Webhook, Why
from webhooks.schedule import Health, Schedule, next_attempt
from webhooks.verdict import Accepted, Gone, TryAgain, Verdict


def conclude(
    context: Context,
    work: Work,
    held: Webhook,
    attempt: HookAttempt,
    verdict: Verdict,
    *,
    schedule: Schedule,
    spread: float,
    fresh: bool,
) -> Webhook:
    """Store an attempt and what follows from it; return the endpoint, which has to be held.

    fresh: the event was sent for the first time, so the cursor passes it.
    Raises Stale if the lease was lost.
    """
    now = context.clock.now()
    current = work.hooks.held(held.id, held.fence)
    cursor = max(current.cursor, attempt.sequence) if fresh else current.cursor
    health = Health(current.failures, current.failing_since, current.resume_at)
    why: Why | None = None
    match verdict:
        case Accepted():
            health = Health()
            work.hooks.done(held.id, attempt.event_id)
        case Gone():
            why = Why.GONE
            work.hooks.resend(_again(attempt, now, 0))
        case TryAgain(not_before):
            health = health.failed(now, not_before=not_before)
            due = next_attempt(
                schedule,
                tries=attempt.number,
                failed_at=now,
                spread=spread,
                not_before=not_before,
            )
            if due is None:
                work.hooks.done(held.id, attempt.event_id)
            else:
                work.hooks.resend(_again(attempt, due, attempt.number))
                attempt = replace(attempt, next_at=due)
            if health.is_hopeless(schedule, now):
                why = Why.FAILING
    work.hooks.add_attempt(attempt)
    settled = replace(
        current,
        cursor=cursor,
        failures=health.failures,
        failing_since=health.since,
        resume_at=health.resume_at,
    )
    work.hooks.settle(settled)
    if why is not None:
        settled = replace(settled, disabled=why, updated_at=now)
        _switch_off(context, work, settled, attempt)
    return settled


def _again(attempt: HookAttempt, due: datetime, tries: int) -> Resend:
    occasion = Occasion.EVENT if attempt.occasion is Occasion.TEST else attempt.occasion
    return Resend(attempt.webhook_id, attempt.tenant_id, attempt.event_id, due, tries, occasion)


def _switch_off(context: Context, work: Work, webhook: Webhook, attempt: HookAttempt) -> None:
    work.hooks.change(webhook)
    about = {
        "webhook_id": webhook.id,
        "url": webhook.url,
        "reason": webhook.disabled,
        "failing_since": webhook.failing_since.isoformat() if webhook.failing_since else None,
        "status": attempt.status,
        "error": attempt.error,
    }
    event = context.event(webhook.tenant_id, WEBHOOK_DISABLED, webhook.updated_at, about)
    work.events.add(event)
    order_hook_notice(work, event)

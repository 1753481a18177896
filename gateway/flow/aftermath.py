"""What follows from a delivery's new state: events, suppression, a conversation re-opened."""

from dataclasses import replace
from datetime import datetime

from gateway.flow.context import Context
from gateway.flow.people import latest
from gateway.flow.submitter_reports import order_report
from gateway.ports.store import Work
from gateway.rules import events
from gateway.rules.bounces import classify
from gateway.rules.model import Conversation, ConversationStatus, Delivery, Suppression
from gateway.rules.suppression import FULL_TIMES, FULL_WITHIN

FAILED = frozenset({"bounced", "expired"})


def tell_fate(
    context: Context, work: Work, delivery: Delivery, previous: str, now: datetime
) -> None:
    """Tell of the new state and do what it asks for, in the caller's transaction.

    A report of ours (its reverse-path is the null one) that reaches nobody is told, no more.
    """
    if delivery.state == previous and delivery.state not in {"deferred", "unconfirmed"}:
        return
    kind = events.OF_STATE.get(delivery.state)
    if kind is not None:
        about = events.about_delivery(delivery, previous)
        work.events.add(context.event(delivery.tenant_id, kind, now, about))
    if delivery.state in FAILED and delivery.sender:
        order_report(work, delivery, "failed")
        conversation = work.conversations.get(delivery.tenant_id, delivery.conversation_id)
        if conversation is not None:
            reopen(context, work, conversation, now)
        _suppress(context, work, delivery, now)
    work.wake("events")


def reopen(context: Context, work: Work, conversation: Conversation, now: datetime) -> None:
    """Put a conversation whose mail did not go out among those that ask for attention."""
    current = work.conversations.get(conversation.tenant_id, conversation.id) or conversation
    current = latest(work, current)
    changed = replace(current, failed=True, status=ConversationStatus.OPEN, updated_at=now)
    work.conversations.change(changed)
    about = events.about_conversation(changed)
    kind = events.CONVERSATION_UPDATED
    work.events.add(context.event(changed.tenant_id, kind, now, about))


def _suppress(context: Context, work: Work, delivery: Delivery, now: datetime) -> None:
    reason = delivery.reason
    if reason is None:
        return
    address = delivery.recipient.address.lower()
    verdict = classify(
        enhanced=reason.enhanced,
        code=reason.code,
        text=reason.verbatim,
        rules=context.refusals.rules,
    )
    if verdict.suppress == "never":
        return
    if verdict.suppress != "count" and delivery.state != "bounced":
        return  # nobody refused it for good: only full mailboxes are counted when time runs out
    kind = "bounce"
    if verdict.suppress == "count":
        since = now - FULL_WITHIN
        times = work.deliveries.bounced_since(delivery.tenant_id, address, reason.key, since)
        if times < FULL_TIMES:
            return
        kind = "full"
    suppress(context, work, Suppression(delivery.tenant_id, address, kind, reason.key, now))


def suppress(context: Context, work: Work, suppression: Suppression) -> None:
    """Suppress an address and tell of it, if it wasn't suppressed already."""
    if not work.suppressions.add(suppression):
        return
    about = {
        "address": suppression.address,
        "kind": suppression.kind,
        "reason": suppression.reason,
    }
    now, tenant_id = suppression.created_at, suppression.tenant_id
    work.events.add(context.event(tenant_id, events.SUPPRESSION_CREATED, now, about))

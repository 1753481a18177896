"""What a report does to the deliveries that it tells of."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.flow.aftermath import suppress, tell_fate
from gateway.flow.context import Context
from gateway.flow.submitter_reports import order_report
from gateway.mail.errors import Fault
from gateway.mail.reading import Reading
from gateway.mail.report import Report, ReportedRecipient
from gateway.ports.store import Work
from gateway.rules import events, ids
from gateway.rules.bounce_rules import BounceRule
from gateway.rules.bounces import classify
from gateway.rules.model import Delivery, Reason, Suppression, Tenant
from gateway.rules.names import split_address
from gateway.rules.own_server import settings_of
from gateway.rules.reasons import plain_words
from gateway.rules.states import IllegalStep, State, Step, step
from gateway.rules.tokens import Label, read_item_token


def bounces_of(report: Report, rules: Sequence[BounceRule] = ()) -> tuple[Mapping[str, Any], ...]:
    """Return what the API shows of a report, one entry a recipient. rules: the admin's."""
    told = (one for one in report.recipients if one.action in {"failed", "delayed"})
    return tuple(_bounce(one, rules) for one in told)


def apply_report(
    context: Context,
    work: Work,
    tenant: Tenant,
    report: Report,
    *,
    delivery: Delivery | None,
    now: datetime,
) -> None:
    """Bring deliveries up to date with a report, in the caller's transaction.

    delivery: the one whose return-path the report came to, or None. What the report says
    counts only for deliveries of ours that it names by a token.

    Raises Fault if one of them is being tried right now: read the report again later.
    """
    named = _named(context, work, tenant, report, delivery)
    if report.kind == "complaint":
        for one in named[:1]:
            _complain(context, work, one, now)
        return
    for recipient in report.recipients:
        found = _delivery_for(recipient, named, delivery)
        if found is not None:
            _move(context, work, found, recipient, now)


def passed_on(context: Context, tenant: Tenant, reading: Reading) -> Report | None:
    """Return a report that came to the mailbox of the company's own server, and from there to us.

    Nobody else's word for it counts.
    """
    if reading.attached_report is None or not settings_of(tenant).uses_own_server:
        return None
    is_theirs = (reading.author or "").lower() == context.names.author_address(tenant).lower()
    return reading.attached_report if is_theirs else None


def _bounce(one: ReportedRecipient, rules: Sequence[BounceRule]) -> Mapping[str, Any]:
    verdict = classify(
        enhanced=one.status,
        code=one.smtp_code,
        text=one.diagnostic,
        action="delayed" if one.action == "delayed" else "failed",
        rules=rules,
    )
    return {
        "recipient": one.recipient,
        "action": one.action,
        "status": verdict.enhanced,
        "kind": verdict.kind,
        "reason": verdict.key,
        "diagnostic": one.diagnostic,
    }


def _named(
    context: Context, work: Work, tenant: Tenant, report: Report, delivery: Delivery | None
) -> Sequence[Delivery]:
    """Return the deliveries of the message that the report is about."""
    if delivery is not None:
        return work.deliveries.of_messages([delivery.message_id]).get(delivery.message_id, ())
    if report.original_message_id is None:
        return ()
    local, domain = split_address(report.original_message_id)
    item = read_item_token(context.keys, Label.MESSAGE_ID, local)
    if domain != context.names.sender or item is None or item.tenant_number != tenant.number:
        return ()
    message_id = ids.from_body(ids.MESSAGE, item.body)
    return work.deliveries.of_messages([message_id]).get(message_id, ())


def _delivery_for(
    recipient: ReportedRecipient, named: Sequence[Delivery], delivery: Delivery | None
) -> Delivery | None:
    wanted = {recipient.recipient.lower(), (recipient.original_recipient or "").lower()}
    for one in named:
        if one.recipient.address.lower() in wanted:
            return one
    # A mail that was forwarded bounces for another address: the return-path still tells whose.
    return delivery


def _move(
    context: Context, work: Work, delivery: Delivery, recipient: ReportedRecipient, now: datetime
) -> None:
    taken = {"failed": Step.REPORT_FAILED, "delivered": Step.REPORT_DELIVERED}.get(recipient.action)
    if taken is None:
        return
    if delivery.state == State.SENDING:
        raise Fault("a report came while its delivery is being tried")
    try:
        state = step(State(delivery.state), taken)
    except IllegalStep:
        return
    if taken is Step.REPORT_DELIVERED:
        order_report(work, delivery, "delivered")
    if state == delivery.state:
        return
    reason = None
    if taken is Step.REPORT_FAILED:
        verdict = classify(
            enhanced=recipient.status,
            code=recipient.smtp_code,
            text=recipient.diagnostic,
            rules=context.refusals.rules,
        )
        reason = Reason(
            key=verdict.key,
            plain=plain_words(verdict.key),
            code=recipient.smtp_code,
            enhanced=verdict.enhanced,
            verbatim=recipient.diagnostic,
            permanent=True,
        )
    changed = replace(
        delivery, state=state.value, reason=reason, next_attempt_at=None, updated_at=now
    )
    if work.deliveries.change(changed):
        tell_fate(context, work, changed, delivery.state, now)


def _complain(context: Context, work: Work, delivery: Delivery, now: datetime) -> None:
    if delivery.complained:
        return
    if delivery.state == State.SENDING:
        raise Fault("a complaint came while its delivery is being tried")
    work.deliveries.change(replace(delivery, complained=True, updated_at=now))
    about = events.about_delivery(delivery)
    tenant_id = delivery.tenant_id
    work.events.add(context.event(tenant_id, events.MESSAGE_COMPLAINED, now, about))
    address = delivery.recipient.address.lower()
    suppress(context, work, Suppression(tenant_id, address, "complaint", "spam", now))

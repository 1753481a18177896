"""Deliveries ↔ rows."""

import json
from collections.abc import Sequence
from typing import Any

from gateway.mail.mailbox import Mailbox
from gateway.rules.model import Attempt, Delivery, Reason
from gateway.rules.states import FINAL, State
from gateway.store.claim import NEVER
from gateway.store.rows import (
    address_key,
    from_micros,
    key_of,
    maybe_moment,
    to_json,
    to_micros,
)
from gateway.store.transaction import Row

AT_ONCE = 0
_NO_DSN = ""
_ASKED_NOTHING: tuple[Any, ...] = ((), None, None, None, None)


def due_of(delivery: Delivery) -> int | None:
    """Return when it may be claimed: `AT_ONCE`, `NEVER` while held, None if it is final."""
    if delivery.state in FINAL:
        return None
    if delivery.state == State.HELD:
        return NEVER
    due = delivery.next_attempt_at
    if due is None or due <= (delivery.updated_at or delivery.queued_at):
        return AT_ONCE
    return to_micros(due)


def to_change(delivery: Delivery) -> dict[str, Any]:
    """Return what changes in a delivery's life, by column; `due` is for the statements."""
    reason = delivery.reason
    return {
        "state": delivery.state,
        "reason": "" if reason is None else _reason_json(reason),
        "reason_key": None if reason is None else reason.key,
        "next_attempt_at": to_micros(delivery.next_attempt_at),
        "tries": delivery.tries,
        "sending": delivery.sending,
        "complained": delivery.complained,
        "route": delivery.route,
        "updated_at": to_micros(delivery.updated_at or delivery.queued_at),
        "due": due_of(delivery),
    }


def to_row(delivery: Delivery) -> dict[str, Any]:
    """Return all columns of a new delivery, and `due`."""
    recipient = delivery.recipient
    dsn = (delivery.notify, delivery.orcpt, delivery.ret, delivery.envid, delivery.submitter)
    return {
        **to_change(delivery),
        "id": delivery.id,
        "tenant_id": delivery.tenant_id,
        "message_id": delivery.message_id,
        "conversation_id": delivery.conversation_id,
        "recipient_name": recipient.name,
        "recipient_address": recipient.address,
        "recipient_key": address_key(recipient.address),
        "sender": delivery.sender,
        "raw_sha256": delivery.raw_sha256,
        "raw_size": delivery.raw_size,
        "raw_key": key_of(delivery.tenant_id, delivery.raw_sha256),
        "queued_at": to_micros(delivery.queued_at),
        "participant_ref": delivery.participant_ref,
        "signature": delivery.signature,
        "dsn": to_json(dsn) if any(dsn) else _NO_DSN,
        "smtputf8": delivery.smtputf8,
        "fence": delivery.fence,
        "attempts": attempt_lines(delivery.attempts),
        # A new row that nobody has changed shows None again.
        "updated_at": to_micros(delivery.updated_at),
    }


def from_row(row: Row) -> Delivery:
    """Return the delivery of a row with all columns."""
    (
        _,
        id_,
        tenant_id,
        message_id,
        conversation_id,
        name,
        address,
        state,
        sender,
        route,
        raw_sha256,
        raw_size,
        queued_at,
        next_attempt_at,
        participant_ref,
        signature,
        reason,
        dsn,
        tries,
        sending,
        complained,
        smtputf8,
        fence,
        attempts,
        updated_at,
        *_,
    ) = row
    told: list[Any] = [] if dsn == _NO_DSN else json.loads(dsn)
    # Rows of earlier versions hold four values.
    notify, orcpt, ret, envid, submitter = [*told, *_ASKED_NOTHING[len(told) :]]
    return Delivery(
        id=id_,
        tenant_id=tenant_id,
        message_id=message_id,
        conversation_id=conversation_id,
        recipient=Mailbox(name, address),
        state=state,
        sender=sender,
        route=route,
        raw_sha256=raw_sha256,
        raw_size=raw_size,
        queued_at=from_micros(queued_at),
        next_attempt_at=maybe_moment(next_attempt_at),
        participant_ref=participant_ref,
        signature=signature,
        reason=None if not reason else Reason(*json.loads(reason)),
        notify=tuple(notify),
        orcpt=orcpt,
        ret=ret,
        envid=envid,
        submitter=submitter,
        tries=tries,
        sending=bool(sending),
        complained=bool(complained),
        smtputf8=bool(smtputf8),
        fence=fence,
        attempts=_attempts(attempts),
        updated_at=maybe_moment(updated_at),
    )


def attempt_lines(attempts: Sequence[Attempt]) -> str:
    """Return attempts as JSON lines, to be put after those that are there."""
    return "".join(to_json(_attempt_values(attempt)) + "\n" for attempt in attempts)


def _attempts(lines: str) -> tuple[Attempt, ...]:
    if not lines:
        return ()
    found = []
    for line in lines.splitlines():
        at, *rest = json.loads(line)
        found.append(Attempt(from_micros(at), *rest))
    return tuple(found)


def _attempt_values(attempt: Attempt) -> tuple[Any, ...]:
    return (
        to_micros(attempt.at),
        attempt.next_hop,
        attempt.address,
        attempt.tls,
        attempt.stage,
        attempt.reply,
        attempt.ms,
    )


def _reason_json(reason: Reason) -> str:
    return to_json(
        (
            reason.key,
            reason.plain,
            reason.code,
            reason.enhanced,
            reason.verbatim,
            reason.permanent,
        )
    )

"""Webhooks: endpoints of companies, what they were sent, what is to be sent again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.rules import events

EVERY_TYPE = (
    events.MESSAGE_RECEIVED,
    events.MESSAGE_QUEUED,
    events.MESSAGE_SENT,
    events.MESSAGE_DELIVERED,
    events.MESSAGE_DEFERRED,
    events.MESSAGE_BOUNCED,
    events.MESSAGE_COMPLAINED,
    events.CONVERSATION_CREATED,
    events.CONVERSATION_UPDATED,
    events.INVOICE_SENT,
    events.INVOICE_VIEWED,
    events.INVOICE_DOWNLOADED,
    events.PAYMENT_CLAIMED,
    events.PAYMENT_CONFIRMED,
    events.PAYMENT_WITHDRAWN,
    events.RECEIPT_CREATED,
    events.SUPPRESSION_CREATED,
    events.SMTP_ACCOUNT_FAILED,
    events.SENDER_DOMAIN_VERIFIED,
    events.SENDER_DOMAIN_FAILED,
    events.WEBHOOK_DISABLED,
)
STANDARD, POSTMARK, MAILGUN = "standard", "postmark", "mailgun"
FORMATS = (STANDARD, POSTMARK, MAILGUN)
_OF_POSTMARK = (
    events.MESSAGE_RECEIVED,
    events.MESSAGE_DELIVERED,
    events.MESSAGE_DEFERRED,
    events.MESSAGE_BOUNCED,
    events.MESSAGE_COMPLAINED,
)
_TOLD_IN = {
    STANDARD: EVERY_TYPE,
    POSTMARK: _OF_POSTMARK,
    MAILGUN: (*_OF_POSTMARK, events.MESSAGE_QUEUED),
}
"""Which types a format has a shape for; others are not sent in it."""
TEST = "webhook.test"
"""The type of an event that was made to try an endpoint; it is in no list."""


class Why(StrEnum):
    """Why an endpoint is switched off."""

    BY_HAND = "by_hand"
    GONE = "gone"
    FAILING = "failing"


class Occasion(StrEnum):
    """What an attempt was made for."""

    EVENT = "event"
    TEST = "test"
    REDELIVERY = "redelivery"


@dataclass(frozen=True, slots=True)
class Secret:
    """A sealed secret of an endpoint. until: when it stops to sign, or None for the newest."""

    sealed: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint. Its row is its place in the queue: one process at a time serves it.

    types: as the company gave them, `message.*` among them; none: all events.
    cursor: the number of the last event that was sent, or needed no sending.
    disabled: why it is switched off, or None.
    failures, failing_since: in a row, and since when. resume_at: new events wait till then.
    fence: of the lease.
    """

    id: str
    tenant_id: str
    url: str
    types: tuple[str, ...]
    format: str
    secrets: tuple[Secret, ...]
    created_at: datetime
    updated_at: datetime
    cursor: int
    disabled: Why | None = None
    failures: int = 0
    failing_since: datetime | None = None
    resume_at: datetime | None = None
    fence: int = 0
    version: int = 1


@dataclass(frozen=True, slots=True)
class Resend:
    """An event that is to be sent to an endpoint again. tries: made so far, of this round."""

    webhook_id: str
    tenant_id: str
    event_id: str
    due_at: datetime
    tries: int = 0
    occasion: Occasion = Occasion.EVENT


@dataclass(frozen=True, slots=True)
class HookAttempt:
    """A request to an endpoint, and what came of it.

    sent_at: what its timestamp and signature say. number: how often it was tried in its round.
    status: None without an answer, then `error` says why. answer: its beginning.
    next_at: when it is tried again, or None.
    """

    id: str
    webhook_id: str
    tenant_id: str
    event_id: str
    type: str
    sequence: int
    occasion: Occasion
    number: int
    url: str
    sent_at: datetime
    ms: int
    ok: bool
    status: int | None
    answer: str
    error: str
    signature: str
    next_at: datetime | None = None


def chosen_types(wanted: Iterable[str]) -> tuple[str, ...]:
    """Return the types of events that are meant, `message.*` told apart; none: all."""
    words = set(wanted)
    return tuple(one for one in EVERY_TYPE if one in words or f"{one.partition('.')[0]}.*" in words)


def types_of(webhook: Webhook) -> tuple[str, ...]:
    """Return the types that an endpoint is sent: those it asked for, as far as its format goes.

    None: all there are.
    """
    if webhook.format == STANDARD:
        return chosen_types(webhook.types)
    wanted = chosen_types(webhook.types) or EVERY_TYPE
    return tuple(one for one in wanted if one in _TOLD_IN[webhook.format])


def is_told_in(kind: str, word: str) -> bool:
    """Say whether a format tells of a type, or of any of a family."""
    return any(one in _TOLD_IN[kind] for one in chosen_types([word]))


def is_known_type(word: str) -> bool:
    """Say whether a word is a type of an event, or a family of them."""
    return word in EVERY_TYPE or (word.endswith(".*") and bool(chosen_types([word])))

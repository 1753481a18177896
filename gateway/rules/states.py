"""The states of a delivery and every step between them: one table, read by all.

`queued` waits for its first attempt, `sending` is claimed, `deferred` waits for another one,
`unconfirmed` lost the connection after the final dot and stays so until its retry ends. What
comes after a final state comes by a report, or because a person wants it.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a delivery stands; the API shows these words."""

    QUEUED = "queued"
    SENDING = "sending"
    DEFERRED = "deferred"
    SENT = "sent"
    """A smarthost or the company's own server took charge of it."""
    DELIVERED = "delivered"
    """The recipient's MX took it, or a report says that it arrived."""
    BOUNCED = "bounced"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    HELD = "held"
    UNCONFIRMED = "unconfirmed"
    SHOWN_IN_CHAT = "shown_in_chat"
    """No mail was needed: the customer was there."""


class Step(StrEnum):
    """What happens to a delivery."""

    CLAIM = "claim"
    GIVE_BACK = "give_back"
    """Claimed, but not tried, or surely not sent: a shutdown, a lease that ran out."""
    SEND = "send"
    """A next hop from the configuration answered 2yz."""
    DELIVER = "deliver"
    """An MX answered 2yz."""
    DEFER = "defer"
    BOUNCE = "bounce"
    EXPIRE = "expire"
    LOSE = "lose"
    """The connection was lost after the final dot, or the gateway died after it."""
    RETRY = "retry"
    """Someone wants it tried at once."""
    HOLD = "hold"
    RELEASE = "release"
    CANCEL = "cancel"
    SUPPRESS = "suppress"
    SEND_ANYWAY = "send_anyway"
    SHOW = "show"
    REPORT_DELIVERED = "report_delivered"
    REPORT_FAILED = "report_failed"


FINAL = frozenset(
    {
        State.SENT,
        State.DELIVERED,
        State.BOUNCED,
        State.EXPIRED,
        State.SUPPRESSED,
        State.CANCELLED,
        State.SHOWN_IN_CHAT,
    }
)
"""Nothing more is tried by itself."""

CLAIMABLE = frozenset({State.QUEUED, State.DEFERRED, State.UNCONFIRMED})
"""May be due."""

_ENDINGS = {
    Step.SEND: State.SENT,
    Step.DELIVER: State.DELIVERED,
    Step.DEFER: State.DEFERRED,
    Step.BOUNCE: State.BOUNCED,
    Step.LOSE: State.UNCONFIRMED,
}
_WAITING = {
    Step.HOLD: State.HELD,
    Step.CANCEL: State.CANCELLED,
    Step.SUPPRESS: State.SUPPRESSED,
    Step.EXPIRE: State.EXPIRED,
}
_REPORTS = {
    Step.REPORT_DELIVERED: State.DELIVERED,
    Step.REPORT_FAILED: State.BOUNCED,
}

TABLE: dict[State, dict[Step, State]] = {
    State.QUEUED: _WAITING
    | {
        Step.CLAIM: State.SENDING,
        Step.RETRY: State.QUEUED,
        Step.SHOW: State.SHOWN_IN_CHAT,
    },
    State.SENDING: _ENDINGS
    | {
        Step.GIVE_BACK: State.QUEUED,
        Step.EXPIRE: State.EXPIRED,
        Step.SUPPRESS: State.SUPPRESSED,
        Step.HOLD: State.HELD,
    },
    # Reports may come while it waits: an earlier copy, thought lost, was taken after all.
    State.DEFERRED: _WAITING
    | _REPORTS
    | {
        Step.CLAIM: State.SENDING,
        Step.RETRY: State.DEFERRED,
        Step.SHOW: State.SHOWN_IN_CHAT,
    },
    State.UNCONFIRMED: _WAITING
    | _REPORTS
    | _ENDINGS
    | {
        Step.CLAIM: State.UNCONFIRMED,
        Step.GIVE_BACK: State.UNCONFIRMED,
        Step.RETRY: State.UNCONFIRMED,
    },
    State.HELD: {
        Step.RELEASE: State.QUEUED,
        Step.RETRY: State.QUEUED,
        Step.CANCEL: State.CANCELLED,
        Step.SUPPRESS: State.SUPPRESSED,
        Step.EXPIRE: State.EXPIRED,
        Step.SHOW: State.SHOWN_IN_CHAT,
        **_REPORTS,
    },
    State.SENT: _REPORTS,
    State.DELIVERED: _REPORTS,
    State.BOUNCED: {Step.REPORT_FAILED: State.BOUNCED},
    State.EXPIRED: _REPORTS,
    State.SUPPRESSED: {Step.SEND_ANYWAY: State.QUEUED},
    State.CANCELLED: {},
    State.SHOWN_IN_CHAT: {},
}


class IllegalStep(ValueError):  # noqa: N818 (it names what was tried)
    """That can't happen to a delivery in its state; the API answers 409."""


def step(state: State, taken: Step) -> State:
    """Return the state after a step.

    Raises IllegalStep if the table has none.
    """
    try:
        return TABLE[state][taken]
    except KeyError:
        raise IllegalStep(f"a delivery that is {state} can't take the step {taken}") from None


def may(state: State, taken: Step) -> bool:
    """Return whether `step` would have a result."""
    return taken in TABLE[state]

"""What became of a mail, in the words that company and customer read (ux.md, 2.0)."""

from dataclasses import dataclass

from gateway.rules.misspelt import suggested_for
from gateway.rules.model import Delivery
from gateway.rules.names import domain_of
from gateway.rules.own_server import is_own_route
from gateway.rules.reasons import parted
from gateway.rules.states import State
from gateway.web.remedies import Remedy, remedies
from gateway.web.wording import Wording, in_zone

_UNSENT = frozenset({State.QUEUED, State.SENDING, State.DEFERRED, State.HELD})


@dataclass(frozen=True, slots=True)
class Fate:
    """One delivery's fate. tone: "plain" | "good" | "wait" | "bad"; icon: a name of `icons.html`.

    hint: what the words mean exactly, "" if they need no explanation.
    verbatim: the servers' own answers, oldest first.
    remedies: what can be done about it, the best step first.
    suggested: the address that was probably meant, "" if none suggests itself.
    """

    words: str
    icon: str
    tone: str
    recipient: str = ""
    hint: str = ""
    verbatim: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    suggested: str = ""


def for_customer(delivery: Delivery, say: Wording) -> Fate:
    """Return the fate as the customer reads it: what they can know is few words."""
    state = State(delivery.state)
    if state in _UNSENT:
        return Fate(say.text("Waiting to be sent"), "clock", "wait")
    if state is State.DELIVERED:
        return Fate(say.text("Delivered"), "ticks", "good")
    if state is State.SHOWN_IN_CHAT:
        return Fate(say.text("Shown in the chat"), "bubble", "plain")
    if state in {State.BOUNCED, State.EXPIRED, State.SUPPRESSED}:
        return Fate(say.text("Not delivered by email"), "cross", "bad")
    if state is State.CANCELLED:
        return Fate(say.text("Taken back"), "undo", "plain")
    return Fate(say.text("Sent"), "tick", "plain")


def for_company(
    delivery: Delivery, say: Wording, timezone: str, *, link: str = "", mended: bool = False
) -> Fate:
    """Return the fate as the company reads it: why, what next, and what the servers said.

    link: the recipient's chat window. mended: the message was sent once more since.
    """
    words, icon, tone = _words(delivery, say, timezone)
    if delivery.complained:
        words, icon, tone = say.text("Recipient marked this as spam"), "flag", "bad"
    delivered = delivery.state == State.DELIVERED
    return Fate(
        words=words,
        icon=icon,
        tone=tone,
        recipient=delivery.recipient.address,
        hint=say.text("Their mail server took it. This does not mean that it was read.")
        if delivered
        else "",
        verbatim=_verbatim(delivery),
        remedies=() if mended else remedies(delivery, say, link),
        suggested=suggested_for(
            delivery.recipient.address, delivery.reason.key if delivery.reason else None
        )
        or "",
    )


def _words(delivery: Delivery, say: Wording, timezone: str) -> tuple[str, str, str]:
    reason = _reason(delivery, say, otherwise="their server said no")
    match State(delivery.state):
        case State.QUEUED:
            return say.text("Waiting to be sent"), "clock", "wait"
        case State.SENDING:
            return say.text("Being sent"), "clock", "wait"
        case State.SENT:
            own = is_own_route(delivery.route)
            return say.text("Sent to your mail server" if own else "Sent"), "tick", "plain"
        case State.DELIVERED:
            domain = domain_of(delivery)
            return say.text("Delivered to {domain}", domain=domain), "ticks", "good"
        case State.DEFERRED:
            return _deferred(delivery, say, timezone), "turn", "wait"
        case State.BOUNCED | State.EXPIRED:
            return say.text("Not delivered: {reason}", reason=reason), "cross", "bad"
        case State.SUPPRESSED:
            return say.text("Not sent: {reason}", reason=reason), "cross", "bad"
        case State.CANCELLED:
            return say.text("Taken back"), "undo", "plain"
        case State.HELD:
            return say.text("On hold"), "clock", "wait"
        case State.UNCONFIRMED:
            words = "Probably sent: the connection broke off at the end. We try again to be sure."
            return say.text(words), "turn", "wait"
        case State.SHOWN_IN_CHAT:
            return say.text("Shown in the chat"), "bubble", "plain"


def _reason(delivery: Delivery, say: Wording, *, otherwise: str) -> str:
    if delivery.reason is None:
        return say.text(otherwise)
    words, values = parted(delivery.reason.plain)
    return say.text(words, **values)


def _deferred(delivery: Delivery, say: Wording, timezone: str) -> str:
    reason = _reason(delivery, say, otherwise="their server does not answer")
    if delivery.next_attempt_at is None:
        return say.text("Still trying: {reason}.", reason=reason)
    at = say.clock(in_zone(delivery.next_attempt_at, timezone))
    return say.text("Still trying: {reason}. Next try {time}.", reason=reason, time=at)


def _verbatim(delivery: Delivery) -> tuple[str, ...]:
    said = [attempt.reply for attempt in delivery.attempts[-5:] if attempt.reply]
    if not said and delivery.reason and delivery.reason.verbatim:
        said = [delivery.reason.verbatim]
    return tuple(said)

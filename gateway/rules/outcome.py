"""What an answer of a next hop means for the delivery: sent, deferred, bounced, unconfirmed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.mail.replies import Reply
from gateway.rules.bounce_rules import BounceRule
from gateway.rules.bounces import classify
from gateway.rules.model import Reason
from gateway.rules.reasons import ReasonKey, plain_words
from gateway.rules.retry import hint_in
from gateway.rules.states import Step


class Stage(StrEnum):
    """How far an attempt came: the command whose answer ended it."""

    DNS = "dns"
    CONNECT = "connect"
    """Up to the greeting."""
    EHLO = "ehlo"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    """Up to the last byte before the final dot."""
    DOT = "dot"
    """From the final dot on: whatever went wrong, the mail may have been taken."""


class NextHopKind(StrEnum):
    """Whose server the next hop is."""

    MX = "mx"
    """The recipient's, found by DNS."""
    SMARTHOST = "smarthost"
    """From the gateway's configuration."""
    OWN = "own"
    """The company's own account."""


class Obstacle(StrEnum):
    """Why no reply came, or why none was asked for."""

    NO_SUCH_DOMAIN = "no_such_domain"
    NULL_MX = "null_mx"
    IS_US = "is_us"
    """The domain's best server is this gateway: the mail would come back."""
    NO_ROUTE = "no_route"
    """Every address of the domain's servers is one that we never connect to."""
    DNS = "dns"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    LOST = "lost"
    GARBLED = "garbled"
    """Something came that is no SMTP."""
    TLS = "tls"
    NO_TLS = "no_tls"
    """It offers no TLS, and we may not do without."""
    NO_LOGIN = "no_login"
    """It offers no way to sign in that we know."""
    TOO_LARGE = "too_large"
    NOT_SEVEN_BIT = "not_seven_bit"
    NO_SMTPUTF8 = "no_smtputf8"
    BAD_ADDRESS = "bad_address"


@dataclass(frozen=True, slots=True)
class Trouble:
    """No reply decided: what stood in the way, and its words.

    limit_bytes: what the next hop takes at most, where the mail is too large.
    """

    obstacle: Obstacle
    text: str
    limit_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The next hop took charge. step: `DELIVER` for an MX, else `SEND`."""

    step: Step
    reply: Reply


@dataclass(frozen=True, slots=True)
class Deferred:
    """To be tried again. greylisted, hint: see `retry.next_attempt`.

    own_side: the next hop quarrels with us, not with the recipient; the admin, or the company
    with its own account, has to know.
    """

    reason: Reason
    greylisted: bool = False
    hint: timedelta | None = None
    own_side: bool = False


@dataclass(frozen=True, slots=True)
class Bounced:
    """Refused for good."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Lost after the final dot: it may have arrived, and is tried again (RFC 1047)."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Suspended:
    """Not tried: its next hop takes nothing before `until`. reason: None where it just waits."""

    until: datetime
    reason: Reason | None = None


Outcome = Sent | Deferred | Bounced | Unconfirmed | Suspended

ANOTHER_MAY_DO = frozenset({Stage.CONNECT, Stage.EHLO, Stage.TLS})
"""Stages at which the next of the domain's servers is asked within the same attempt."""

_BEFORE_MAIL = frozenset({Stage.CONNECT, Stage.EHLO, Stage.TLS, Stage.AUTH})
_SIGN_IN_CODES = frozenset({530, 534, 535, 538})  # RFC 4954, sections 4 and 6; RFC 3207, 4
_OWN_QUOTA = "5.4.5"  # "daily sending quota exceeded", as large providers say it

# Key of the plain reason, and an enhanced status that says what no server said (RFC 3463,
# RFC 7505, RFC 6531); a class of 5 is final.
_OBSTACLES: dict[Obstacle, tuple[ReasonKey, str]] = {
    Obstacle.NO_SUCH_DOMAIN: ("no_such_domain", "5.1.2"),
    Obstacle.NULL_MX: ("no_such_domain", "5.1.10"),
    Obstacle.IS_US: ("loop", "5.4.6"),
    Obstacle.NO_ROUTE: ("no_such_domain", "5.4.4"),
    Obstacle.DNS: ("unreachable", "4.4.3"),
    Obstacle.UNREACHABLE: ("unreachable", "4.4.1"),
    Obstacle.TIMED_OUT: ("unreachable", "4.4.2"),
    Obstacle.LOST: ("unreachable", "4.4.2"),
    Obstacle.GARBLED: ("unknown", "4.5.0"),
    Obstacle.TLS: ("tls", "4.7.5"),
    Obstacle.NO_TLS: ("tls", "4.7.5"),
    Obstacle.NO_LOGIN: ("own_login", "4.7.8"),
    Obstacle.TOO_LARGE: ("too_large", "5.3.4"),
    Obstacle.NOT_SEVEN_BIT: ("unknown", "5.6.3"),
    Obstacle.NO_SMTPUTF8: ("unknown", "5.6.7"),
    Obstacle.BAD_ADDRESS: ("bad_syntax", "5.1.3"),
}


def judge(
    answer: Reply | Trouble,
    stage: Stage,
    kind: NextHopKind,
    rules: Sequence[BounceRule] = (),
) -> Outcome:
    """Return what became of the attempt that ended with this answer at that stage.

    A final refusal before MAIL is about us, not about the recipient: it defers. So does one of
    our login, or of our quota, by a server that we sign in to.
    rules: the admin's, for `bounces.classify`.
    """
    if isinstance(answer, Trouble):
        return _judge_trouble(answer, stage, kind)
    if stage is Stage.DOT and 200 <= answer.code < 300:
        return Sent(Step.DELIVER if kind is NextHopKind.MX else Step.SEND, answer)
    if not (answer.is_temporary or answer.is_final):
        return _judge_trouble(Trouble(Obstacle.GARBLED, str(answer)), stage, kind)
    wants_sign_in = answer.code in _SIGN_IN_CODES
    quota = answer.enhanced == _OWN_QUOTA and kind is not NextHopKind.MX
    own_side = answer.is_final and (stage in _BEFORE_MAIL or wants_sign_in or quota)
    verdict = classify(
        enhanced=answer.enhanced or None, code=answer.code, text=answer.text, rules=rules
    )
    key: ReasonKey = verdict.key
    if kind is not NextHopKind.MX and (wants_sign_in or quota):
        key = "own_login" if wants_sign_in else "own_quota"
    elif kind is NextHopKind.MX and key == "own_login":
        key = "policy"  # nobody has a login there
    derived = verdict.enhanced if verdict.enhanced[:1] == str(answer.code)[0] else None
    reason = Reason(
        key=key,
        plain=plain_words(key),
        code=answer.code,
        enhanced=answer.enhanced or derived,
        verbatim=str(answer),
        permanent=answer.is_final and not own_side,
    )
    if reason.permanent:
        return Bounced(reason)
    hint = hint_in(answer.text) if answer.is_temporary else None
    return Deferred(reason, greylisted=key == "greylisted", hint=hint, own_side=own_side)


def _judge_trouble(trouble: Trouble, stage: Stage, kind: NextHopKind) -> Outcome:
    key, enhanced = _OBSTACLES[trouble.obstacle]
    permanent = enhanced.startswith("5.") and stage is not Stage.DOT
    limit = trouble.limit_bytes
    words = plain_words(key, limit_mb=max(1, limit // 1024**2) if limit else None)
    # Callers rely on a number: what a server would have answered.
    code = 550 if permanent else 450
    reason = Reason(key, words, code, enhanced, trouble.text, permanent)
    if stage is Stage.DOT:
        return Unconfirmed(reason)
    if permanent:
        return Bounced(reason)
    about_us = {Obstacle.TLS, Obstacle.NO_TLS, Obstacle.NO_LOGIN}
    own_side = kind is not NextHopKind.MX and trouble.obstacle in about_us
    return Deferred(reason, own_side=own_side)

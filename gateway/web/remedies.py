"""What a company can do about a mail that did not arrive: one step, or two (ux.md, 2.0)."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.rules.model import Delivery
from gateway.rules.states import State
from gateway.web.wording import Wording

RETRY = "retry"
AGAIN = "again"
CORRECT = "correct"
CHAT_LINK = "chat_link"
SETTINGS = "settings"

_WORDS = {
    RETRY: "Try now",
    AGAIN: "Send again",
    CORRECT: "Correct the address and send again",
    CHAT_LINK: "Copy chat link",
    SETTINGS: "Open Email settings",
}
_BY_REASON: Mapping[str, tuple[str, ...]] = {
    "no_such_address": (CORRECT,),
    "no_such_domain": (CORRECT,),
    "bad_syntax": (CORRECT,),
    "address_moved": (CORRECT,),
    "mailbox_full": (AGAIN, CHAT_LINK),
    "mailbox_off": (CHAT_LINK, CORRECT),
    "too_large": (CHAT_LINK,),
    "spam": (CHAT_LINK, AGAIN),
    "own_login": (SETTINGS, AGAIN),
    "own_quota": (SETTINGS, AGAIN),
}
_OTHERWISE = (AGAIN, CHAT_LINK)


@dataclass(frozen=True, slots=True)
class Remedy:
    """A step that mends a delivery. way: one of the constants above; words: of its button.

    link: the chat window of the person, for `CHAT_LINK`.
    """

    way: str
    words: str
    delivery_id: str
    link: str = ""


def remedies(delivery: Delivery, say: Wording, link: str) -> tuple[Remedy, ...]:
    """Return what can be done about a delivery, the best step first."""
    key = delivery.reason.key if delivery.reason else ""
    match State(delivery.state):
        case State.DEFERRED:
            ways: tuple[str, ...] = (SETTINGS,) if key == "own_login" else (RETRY,)
        case State.SUPPRESSED:
            mends = _BY_REASON.get(key, ())
            ways = (CORRECT, RETRY) if CORRECT in mends else (RETRY, CHAT_LINK)
        case State.BOUNCED | State.EXPIRED:
            ways = _BY_REASON.get(key, _OTHERWISE)
        case _:
            ways = ()
    words = {**_WORDS, RETRY: "Send anyway"} if delivery.state == State.SUPPRESSED else _WORDS
    return tuple(
        Remedy(way, say.text(words[way]), delivery.id, link if way == CHAT_LINK else "")
        for way in ways
        if way != CHAT_LINK or link
    )

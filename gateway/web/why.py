"""Why a message stands where it does, and who sent it, in words (contract §4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.rules.model import IMPORTED, Channel, Direction, Message
from gateway.web.wording import Wording

_RULES = {
    "token": "It was sent to the answer address of this conversation.",
    "header_token": "An answer address of this conversation stands in its header.",
    "message_id": "It answers a mail that we sent in this conversation.",
    "references": "It names a mail of this conversation, and its sender takes part.",
    "body_marker": "It quotes the mark that our mails of this conversation carry.",
    "thread_index": "Outlook's thread index ties it to this conversation.",
    "new": "Nothing in it named an earlier conversation, so it began this one.",
    "conversation": "It was written in this conversation.",
    "split": "Somebody of your team moved it here.",
    "merge": "Its conversation was merged into this one.",
}


@dataclass(frozen=True, slots=True)
class Why:
    """words: the rung that placed it. evidence: what that rung saw.

    checks: how the sender was checked, such as "DMARC: fail (firma.example)".
    has_raw: the mail can be had as it came.
    """

    words: str
    evidence: str
    checks: tuple[str, ...]
    has_raw: bool


def why(message: Message, say: Wording) -> Why | None:
    """Return why a message that came in is here, None for others."""
    if message.direction is not Direction.IN:
        return None
    rule, evidence = message.threading.rule, message.threading.evidence
    if message.kind == IMPORTED:
        words = "It was imported from an archive."
    elif message.channel is Channel.CHAT:
        words = "It was written in the chat window of this conversation."
    else:
        words = _RULES.get(rule, rule)
    return Why(
        say.text(words), evidence, _checks(message.authentication), message.raw_sha256 is not None
    )


def _checks(authentication: Mapping[str, Any]) -> tuple[str, ...]:
    found: list[str] = []
    for name, label in (("spf", "SPF"), ("dkim", "DKIM"), ("dmarc", "DMARC"), ("arc", "ARC")):
        given = authentication.get(name)
        results: Sequence[Any] = given if isinstance(given, (list, tuple)) else [given]
        for one in results:
            if isinstance(one, Mapping) and one.get("result"):
                domain = one.get("domain")
                found.append(f"{label}: {one['result']}" + (f" ({domain})" if domain else ""))
    return tuple(found)

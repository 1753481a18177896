"""What a refusal means: the class of a bounce and its plain reason.

An admin's rules first (`bounce_rules`), then codes, and words after them: the enhanced status that
the report states, one in the server's words, the reply code, then phrases. A general status
("5.0.0", "expired") gives way to a telling one, and one that a server only derived from its reply
code gives way to the one in the reply.
RFC 3463, RFC 5321, RFC 7372, RFC 7505; Microsoft's and Google's own numbers.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gateway.rules.bounce_rules import BounceRule, matching
from gateway.rules.bounce_words import PATTERNS
from gateway.rules.reasons import ReasonKey

Kind = Literal["hard", "soft", "delayed", "policy"]
Suppress = Literal["now", "count", "never"]

_STATUS: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_REPLY: Final = re.compile(r"(?<![\d.])([45])\d\d[ \-]#?([45])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_ADDRESS: Final = re.compile(r"[^\s<>@]{1,100}@[^\s<>@]{1,255}")
_HOST: Final = re.compile(r"\b[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,10}")
_MAX_TEXT: Final = 4_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a refusal means.

    kind: "hard" if it is about the address, "policy" about us or the mail, "soft" about a passing
        state, "delayed" if the server still tries.
    reason: key of the plain reason.
    enhanced: the status, derived from reply code and reason where none was given.
    permanent: whether the status says that trying again is in vain.
    suppress: whether the address gets no more mail: "now", "count" where three of them within a
        week do, "never". Never for 5.7 and 4.7, whatever the words say.
    """

    kind: Kind
    key: ReasonKey
    enhanced: str
    permanent: bool
    suppress: Suppress


# Subject and detail of the status (RFC 3463, section 3) where they name the cause.
_BY_STATUS: Final[Mapping[tuple[int, int], ReasonKey]] = {
    (1, 1): "no_such_address",
    (1, 2): "no_such_domain",
    (1, 3): "bad_syntax",
    (1, 6): "address_moved",
    (1, 7): "policy",
    (1, 8): "policy",
    (1, 10): "no_such_address",
    (1, 351): "no_such_address",
    (2, 1): "mailbox_off",
    (2, 2): "mailbox_full",
    (2, 3): "too_large",
    (3, 4): "too_large",
    (4, 1): "unreachable",
    (4, 2): "unreachable",
    (4, 3): "unreachable",
    (4, 4): "no_such_domain",
    (4, 5): "own_quota",
    (4, 6): "loop",
    (4, 14): "loop",
    (4, 310): "no_such_domain",
    (4, 312): "unreachable",
    (7, 5): "tls",
    (7, 8): "own_login",
    (7, 10): "tls",
    (7, 13): "mailbox_off",
    (7, 17): "address_moved",
    **{(7, detail): "auth_failed" for detail in (*range(20, 28), 509, 515, 750)},
    (7, 28): "rate",
    (7, 30): "own_login",
    (7, 139): "own_login",
    (7, 511): "blocklist",
    **{(7, detail): "blocklist" for detail in range(606, 650)},
    (7, 705): "rate",
    (7, 708): "rate",
}
_BY_SUBJECT: Final[Mapping[int, ReasonKey]] = {
    1: "no_such_address",
    4: "unreachable",
    6: "policy",
    7: "policy",
}
_BY_CODE: Final[Mapping[int, ReasonKey]] = {
    421: "unreachable",
    551: "address_moved",
    552: "too_large",
    553: "no_such_address",
}
_SIGN_IN_CODES: Final = frozenset({534, 535, 538})  # RFC 4954, section 6
_OWN_CODES: Final = _SIGN_IN_CODES | {530}
_AT_ONCE: Final = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.10", "5.2.1"})
_DERIVED: Final[Mapping[ReasonKey, str]] = {
    "no_such_address": "1.1",
    "no_such_domain": "1.2",
    "bad_syntax": "1.3",
    "address_moved": "1.6",
    "mailbox_full": "2.2",
    "mailbox_off": "2.1",
    "too_large": "3.4",
    "greylisted": "7.1",
    "unreachable": "4.1",
    "tls": "7.10",
    "auth_failed": "7.26",
    "policy": "7.1",
    "spam": "7.1",
    "blocklist": "7.1",
    "rate": "7.28",
    "own_login": "7.8",
    "own_quota": "4.5",
    "loop": "4.6",
    "unknown": "0.0",
}
_ABOUT_ADDRESS: Final = frozenset(
    {"no_such_address", "no_such_domain", "bad_syntax", "address_moved", "mailbox_off"}
)
_ABOUT_US: Final = frozenset({"policy", "spam", "blocklist", "auth_failed", "tls"})
_WITHIN_POLICY: Final = _ABOUT_US | {"rate", "greylisted", "mailbox_off", "own_quota"}


def classify(
    *,
    enhanced: str | None,
    code: int | None,
    text: str,
    action: str = "failed",
    own_server: bool = False,
    rules: Sequence[BounceRule] = (),
) -> Verdict:
    """Return what a refusal means.

    enhanced: the status that a report states or a reply carries, or None; one in the text counts
        where that one is missing or general.
    text: the server's words.
    action: of a report; "delayed" where whoever reports keeps trying.
    own_server: a server that we or the company sign in to said it, not the recipient's.
    rules: the admin's; the first whose words are in the text decides the reason.
    """
    words = " ".join(text[:_MAX_TEXT].lower().split())
    status = _telling(enhanced, words, code)
    if (rule := matching(rules, words)) is not None:
        return _ruled(rule, status, _class(status, code, action), action)
    said = _said(words)
    key = _own(status, code, said) if own_server else None
    key = key or _key(status, code, words, said)
    digit = _class(status, code, action)
    return Verdict(
        kind=_kind(key, status, digit, action),
        key=key,
        enhanced=status or f"{digit}.{_DERIVED[key]}",
        permanent=digit == "5",
        suppress=_suppress(key, status, said, digit, action),
    )


def _ruled(rule: BounceRule, status: str | None, digit: str, action: str) -> Verdict:
    """Return what a rule says. Only what is about the address can keep mail from it."""
    key = rule.key
    kind = _kind(key, status, digit, action)
    if rule.kind is not None and kind != "delayed":
        kind = rule.kind
    suppress = _suppress(key, status, key, digit, action)
    return Verdict(
        kind=kind,
        key=key,
        enhanced=status or f"{digit}.{_DERIVED[key]}",
        permanent=digit == "5",
        suppress="never" if suppress == "now" and kind != "hard" else suppress,
    )


def _canonical(*parts: str) -> str:
    return ".".join(str(int(part)) for part in parts)


def _telling(enhanced: str | None, words: str, code: int | None) -> str | None:
    """Return the status that tells most.

    The one behind a reply code in the words is the server's own; what a report states beside it
    may be what the reporting server made of the code.
    """
    candidates: list[str] = []
    reply = _REPLY.search(words)
    if reply and reply[1] == reply[2]:
        candidates.append(_canonical(*reply.groups()[1:]))
    stated = _STATUS.search(enhanced or "")
    if stated and stated[1] != "2":
        candidates.append(_canonical(*stated.groups()))
    for found in _STATUS.finditer(words):
        if found[1] != "2" and len(candidates) < 12:
            candidates.append(_canonical(*found.groups()))
    if not stated and code is not None:
        agreeing = [one for one in candidates if one[0] == str(code)[0]]
        candidates = agreeing or candidates
    return max(candidates, key=_tells, default=None)


def _tells(status: str) -> int:
    _, subject, detail = status.split(".")
    if subject == "0":
        return 0
    return 1 if detail == "0" or (subject, detail) == ("4", "7") else 2


def _class(status: str | None, code: int | None, action: str) -> str:
    if status:
        return status[0]
    if code is not None and 400 <= code < 600:
        return str(code)[0]
    return "5" if action == "failed" else "4"


def _own(status: str | None, code: int | None, said: ReasonKey | None) -> ReasonKey | None:
    """Return what a server that we sign in to says about us, or None if it is about the mail."""
    if code in _OWN_CODES or (status or "")[1:] in (".7.8", ".7.30", ".7.139"):
        return "tls" if said == "tls" else "own_login"
    if said == "own_quota" or (status or "")[1:] in (".3.1", ".4.5"):
        return "own_quota"
    return None


def _key(status: str | None, code: int | None, words: str, said: ReasonKey | None) -> ReasonKey:
    subject, detail = map(int, status.split(".")[1:]) if status else (0, 0)
    stated = _stated(status, code, words, said) if status else None
    if stated is not None:
        return _refined(stated, said)
    if code in _SIGN_IN_CODES:
        return "own_login"
    if said == "policy" and (subject, detail) == (1, 0):
        return "policy" if "sender" in words or "mail from" in words else "no_such_address"
    if said is not None:
        return said if subject != 7 else _refined("policy", said)
    return _BY_SUBJECT.get(subject) or _BY_CODE.get(code or 0, "unknown")


def _stated(status: str, code: int | None, words: str, said: ReasonKey | None) -> ReasonKey | None:
    """Return the reason that the status itself states, or None where it is too general."""
    kind, subject, detail = map(int, status.split("."))
    match kind, subject, detail:
        case _, 1, 10 if "null" in words and "mx" in words:
            return "no_such_domain"
        case 4, 4, 4:
            return "unreachable"
        case 5, 4, 1 if "access denied" in words:
            return "no_such_address"  # Microsoft's words where the directory lacks it
        case 4, 7, 0 if code == 421 and said in {None, "policy"}:
            return "rate"
        case 4, 7, 0 | 1 if said in {None, "policy"}:
            return "greylisted"
        case _, 7, 0 if code == 530:
            return "tls" if said == "tls" else "own_login"
    return _BY_STATUS.get((subject, detail))


def _refined(stated: ReasonKey, said: ReasonKey | None) -> ReasonKey:
    """Return the stated reason, or what the words say about it more precisely."""
    if said is None:
        return stated
    if stated == "policy" and said in _WITHIN_POLICY:
        return said
    if stated in _ABOUT_ADDRESS and said in ("spam", "blocklist", "auth_failed"):
        # Servers hide their block lists behind "no such user": that must not stop an invoice.
        return said
    return stated


def _said(words: str) -> ReasonKey | None:
    """Return what the words say; block lists are told by their hosts' names, too."""
    plain = " ".join(_ADDRESS.sub(" ", words).split())
    bare = " ".join(_HOST.sub(" ", plain).split())
    for key, pattern in PATTERNS:
        if pattern.search(plain if key == "blocklist" else bare):
            return key
    return None


def _kind(key: ReasonKey, status: str | None, digit: str, action: str) -> Kind:
    if action == "delayed":
        return "delayed"
    if key in {"greylisted", "rate"}:
        return "soft"
    if key in _ABOUT_US or (status and status.split(".")[1] == "7"):
        return "policy"
    return "hard" if key in _ABOUT_ADDRESS and digit == "5" else "soft"


def _suppress(
    key: ReasonKey, status: str | None, said: ReasonKey | None, digit: str, action: str
) -> Suppress:
    if action == "delayed" or (status and status.split(".")[1] == "7"):
        return "never"
    if key == "mailbox_full":
        return "count"
    is_plain = key in _ABOUT_ADDRESS - {"address_moved"}
    is_sure = status in _AT_ONCE or said == key
    return "now" if digit == "5" and is_plain and is_sure else "never"

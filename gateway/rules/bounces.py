"""What a refusal means: the class of a bounce, its plain reason, and whether to stop sending.

Codes first, words after: the enhanced status that the report states, one in the server's words,
the reply code, then phrases. A general code ("5.0.0", "expired") gives way to a telling one.
RFC 3463, RFC 5321, RFC 7505, RFC 7372; Microsoft's and Google's own numbers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from gateway.rules.bounce_words import PATTERNS
from gateway.rules.reasons import ReasonKey

Kind = Literal["hard", "soft", "delayed", "policy"]
Suppress = Literal["now", "count", "never"]

_STATUS: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_MAX_TEXT: Final = 4_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a refusal means.

    kind: "hard" if it is about the address, "policy" about us or the mail, "soft" about a passing
        state, "delayed" if the server still tries.
    enhanced: the status, derived from reply code and reason where none was given.
    permanent: whether the status says that trying again is in vain.
    suppress: "now"; "count" for the third full mailbox in a week; "never".
    """

    kind: Kind
    reason: ReasonKey
    enhanced: str
    permanent: bool
    suppress: Suppress


# Subject and detail of the status (RFC 3463, section 3); None where the words have to tell.
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
    (7, 20): "auth_failed",
    (7, 21): "auth_failed",
    (7, 22): "auth_failed",
    (7, 23): "auth_failed",
    (7, 24): "auth_failed",
    (7, 25): "auth_failed",
    (7, 26): "auth_failed",
    (7, 27): "auth_failed",
    (7, 28): "rate",
    (7, 30): "own_login",
    (7, 139): "own_login",
    (7, 509): "auth_failed",
    (7, 511): "blocklist",
    (7, 515): "auth_failed",
    (7, 705): "rate",
    (7, 708): "rate",
    (7, 750): "auth_failed",
}
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
_SUPPRESSED: Final = frozenset({"no_such_address", "no_such_domain", "bad_syntax", "mailbox_off"})
_BY_CODE: Final[Mapping[int, ReasonKey]] = {
    421: "unreachable",
    530: "own_login",
    534: "own_login",
    535: "own_login",
    551: "address_moved",
    552: "too_large",
    553: "no_such_address",
}


def classify(
    *,
    enhanced: str | None,
    code: int | None,
    text: str,
    action: Literal["failed", "delayed"] = "failed",
    own_server: bool = False,
) -> Verdict:
    """Return what a refusal means.

    enhanced: the status that a report states or a reply carries, or None; one in the text counts
        too where that one is missing or general.
    text: the server's words.
    action: "delayed" where whoever reports keeps trying.
    own_server: the company's own SMTP server said it, not the recipient's.
    """
    words = " ".join(text[:_MAX_TEXT].lower().split())
    status = _telling(enhanced, words, code)
    reason = _reason(status, code, words, own_server=own_server)
    digit = _class(status, code, action)
    kept = status or enhanced_of(enhanced) or f"{digit}.{_DERIVED[reason]}"
    return Verdict(
        kind=_kind(reason, status, action),
        reason=reason,
        enhanced=kept,
        permanent=digit == "5",
        suppress=_suppress(reason, status, digit, action),
    )


def enhanced_of(text: str | None) -> str | None:
    """Return the first enhanced status in the text in its canonical form, or None."""
    found = _STATUS.search(text or "")
    return ".".join(str(int(part)) for part in found.groups()) if found else None


def _telling(enhanced: str | None, words: str, code: int | None) -> str | None:
    """Return the status that tells most; the stated one unless it is general."""
    stated = enhanced_of(enhanced)
    candidates = [stated] if stated else []
    for found in _STATUS.finditer(words):
        candidate = ".".join(str(int(part)) for part in found.groups())
        if candidate[0] != "2" and len(candidates) < 12:
            candidates.append(candidate)
    best = max(candidates, key=_tells, default=None)
    if (
        best is not None
        and stated is None
        and code
        and str(code)[0] in "45"
        and best[0] != str(code)[0]
    ):
        same = [one for one in candidates if one[0] == str(code)[0]]
        best = max(same, key=_tells, default=best)
    return best


def _tells(status: str) -> int:
    _, subject, detail = status.split(".")
    if subject == "0":
        return 0
    if detail == "0" or (subject, detail) == ("4", "7"):
        return 1
    return 2


def _class(status: str | None, code: int | None, action: str) -> str:
    if status:
        return status[0]
    if code:
        return str(code)[0]
    return "5" if action == "failed" else "4"


def _reason(status: str | None, code: int | None, words: str, *, own_server: bool) -> ReasonKey:
    subject, detail = map(int, status.split(".")[1:]) if status else (0, 0)
    said = _said(words)
    stated = _stated(subject, detail, status, code, words, own_server=own_server)
    if stated is not None:
        return _refined(stated, said, subject)
    if said is not None and not (said == "policy" and subject != 7 and code in _BY_CODE):
        return said if subject != 7 else _refined("policy", said, subject)
    if subject == 7:
        return "policy"
    if subject == 6:
        return "policy"
    if subject == 4:
        return "unreachable"
    if subject == 1:
        return "no_such_address"
    if code in _BY_CODE and (own_server or code not in (530, 534)):
        return _BY_CODE[code]
    return said or "unknown"


def _stated(
    subject: int,
    detail: int,
    status: str | None,
    code: int | None,
    words: str,
    *,
    own_server: bool,
) -> ReasonKey | None:
    """Return the reason that the status itself states."""
    if own_server and (code in (530, 534, 535) or "authentication unsuccessful" in words):
        return "own_login" if "starttls" not in words else "tls"
    if (subject, detail) == (1, 10) and ("null mx" in words or "nullmx" in words):
        return "no_such_domain"
    if status is None:
        return None
    if (subject, detail) == (4, 4) and status[0] == "4":
        return "unreachable"
    if (subject, detail) == (4, 1) and status[0] == "5" and "access denied" in words:
        return "no_such_address"
    if (subject, detail) == (3, 1) and own_server:
        return "own_quota"
    if subject == 7 and 606 <= detail <= 649:
        return "blocklist"
    if (
        subject == 7
        and status[0] == "4"
        and detail in (0, 1)
        and _said(words) in (None, "greylisted", "policy")
    ):
        return "rate" if detail == 0 and code == 421 else "greylisted"
    return _BY_STATUS.get((subject, detail))


def _refined(stated: ReasonKey, said: ReasonKey | None, subject: int) -> ReasonKey:
    """Return the stated reason, or what the words say about it more precisely."""
    if said is None:
        return stated
    if (
        subject == 7
        and stated == "policy"
        and said
        in (
            "spam",
            "blocklist",
            "auth_failed",
            "rate",
            "tls",
            "greylisted",
            "mailbox_off",
            "own_quota",
        )
    ):
        return said
    if stated in _ABOUT_ADDRESS and said in ("spam", "blocklist", "auth_failed"):
        # Servers hide their block lists behind "no such user": that must not stop an invoice.
        return said
    return stated


def _said(words: str) -> ReasonKey | None:
    return next((key for key, pattern in PATTERNS if pattern.search(words)), None)


def _kind(reason: ReasonKey, status: str | None, action: str) -> Kind:
    if action == "delayed":
        return "delayed"
    if reason in _ABOUT_US or (status and status.split(".")[1] == "7"):
        return "policy"
    return "hard" if reason in _ABOUT_ADDRESS else "soft"


def _suppress(reason: ReasonKey, status: str | None, digit: str, action: str) -> Suppress:
    if action == "delayed" or (status and status.split(".")[1] == "7"):
        return "never"
    if reason == "mailbox_full":
        return "count"
    return "now" if digit == "5" and reason in _SUPPRESSED else "never"

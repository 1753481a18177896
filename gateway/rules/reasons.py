"""The plain reasons why mail did not arrive: one declaration for chat, Inbox, API and CLI."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

ReasonKey = Literal[
    "no_such_address",
    "no_such_domain",
    "bad_syntax",
    "address_moved",
    "mailbox_full",
    "mailbox_off",
    "too_large",
    "greylisted",
    "unreachable",
    "tls",
    "auth_failed",
    "policy",
    "spam",
    "blocklist",
    "rate",
    "own_login",
    "own_quota",
    "loop",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason in words that a bookkeeper understands, and what to do about it.

    words: a clause without capital and full stop; `{n}` stands for a size in megabytes.
    fix: a sentence or two separated by a slash, each the words of one link; "" for nothing.
    """

    key: ReasonKey
    words: str
    fix: str


REASONS: Final[Mapping[ReasonKey, Reason]] = {
    reason.key: reason
    for reason in (
        Reason(
            "no_such_address", "the address does not exist", "Correct the address and send again"
        ),
        Reason(
            "no_such_domain",
            "the domain after @ does not exist or takes no mail",
            "Correct the address",
        ),
        Reason("bad_syntax", "the address is written wrongly", "Correct the address"),
        Reason("address_moved", "the person has left or moved", "Ask for a new address"),
        Reason("mailbox_full", "their mailbox is full", "Send again / Copy chat link"),
        Reason("mailbox_off", "their mailbox is switched off", "Copy chat link"),
        Reason(
            "too_large",
            "the mail is too big for their server (limit {n} MB)",
            "Send without attachment (link instead)",
        ),
        Reason("greylisted", "their server asks us to try again later (normal)", ""),
        Reason("unreachable", "their server does not answer", "Try now"),
        Reason("tls", "no secure connection could be made", "Details for your admin"),
        Reason(
            "auth_failed",
            "their server could not confirm that the mail is yours",
            "Check domain records",
        ),
        Reason("policy", "their server refuses mail from us", "Details for your admin"),
        Reason("spam", "their server took the mail for spam", "Copy chat link / Details"),
        Reason("blocklist", "our server is on a block list", "Details for your admin"),
        Reason("rate", "we are sending too fast for them; we slow down", ""),
        Reason("own_login", "your mail server refused the login", "Open Email settings"),
        Reason("own_quota", "your mail server's daily limit is reached", "Open Email settings"),
        Reason("loop", "the mail went in circles", "Details for your admin"),
        Reason("unknown", "their server said no", "Show the answer"),
    )
}


_LIMIT = re.compile(r"\(limit (\d+) MB\)", re.ASCII)


def plain_words(key: str, *, limit_mb: int | None = None) -> str:
    """Return the words of a reason, those of `unknown` for a key that is none.

    limit_mb: of `too_large`; the words leave the limit out where it is not known.
    """
    reason = next((one for one in REASONS.values() if one.key == key), REASONS["unknown"])
    if "{n}" not in reason.words:
        return reason.words
    if limit_mb is None:
        return reason.words.partition(" (limit")[0]
    return reason.words.format(n=limit_mb)


def parted(plain: str) -> tuple[str, dict[str, str]]:
    """Return the words of `plain_words` as they stand in `REASONS`, and the value in them."""
    found = _LIMIT.search(plain)
    if found is None:
        return plain, {}
    return plain.replace(found[0], found[0].replace(found[1], "{n}")), {"n": found[1]}

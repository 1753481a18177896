"""Header fields that the gateway writes itself, and nobody hands over. Pure."""

from typing import Final

from gateway.mail.trace import OTHERS

_OURS: Final = OTHERS | {
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
}
_FAMILIES: Final = ("x-postroom-", "content-", "resent-", "arc-")


def is_own_field(name: str) -> bool:
    """Say whether a field, named in any case, is the gateway's own to write."""
    known = name.lower()
    return known in _OURS or known.startswith(_FAMILIES)

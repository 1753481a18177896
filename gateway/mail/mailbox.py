"""A mailbox: a display name and an address (RFC 5322, section 3.4)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name, decoded, "" if none, and an address without angle brackets."""

    name: str
    address: str

"""The envelope of a message, as MAIL and RCPT gave it."""

from dataclasses import dataclass

NULL_REVERSE_PATH = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One RCPT: its address and what the sender wants to hear of its fate (RFC 3461, section 4).

    notify: any of "NEVER", "SUCCESS", "FAILURE", "DELAY"; empty if not given.
    orcpt: the original recipient with its address type, xtext decoded, or None.
    """

    address: str
    notify: tuple[str, ...] = ()
    orcpt: str | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """Reverse-path and recipients (RFC 5321, section 2.3.1).

    sender: `NULL_REVERSE_PATH` for reports.
    ret: "FULL", "HDRS" or None; envid: xtext decoded, or None (RFC 3461, section 4).
    """

    sender: str
    recipients: tuple[Recipient, ...]
    ret: str | None = None
    envid: str | None = None
    smtputf8: bool = False

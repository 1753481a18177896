"""What a submitting service wants to hear of a mail's fate (RFC 3461). Pure."""

from typing import Final

from gateway.mail.report import Action

_WISHES: Final = {
    "failed": "FAILURE",
    "delayed": "DELAY",
    "relayed": "SUCCESS",
    "delivered": "SUCCESS",
}


def wants(notify: tuple[str, ...], action: Action) -> bool:
    """Return whether one who gave these words of NOTIFY is told of this.

    Nobody is told who asked for nothing: the company sees each fate anyway.
    """
    return "NEVER" not in notify and _WISHES.get(action) in notify


def asked_of_next_hop(notify: tuple[str, ...], sender: str) -> tuple[str, ...]:
    """Return what we ask of the next hop. sender: the reverse-path, "" of reports.

    Its reports come to us, and whatever the submitter wants to hear, we need those of failure.
    """
    if not notify or not sender:
        return notify
    kept = [word for word in notify if word != "NEVER"]
    return tuple(dict.fromkeys((*kept, "FAILURE")))

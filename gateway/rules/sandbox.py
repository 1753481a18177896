"""Recipients that never leave the machine, and what each of them answers (contract §3)."""

import re

from gateway.mail.replies import Reply
from gateway.rules.outcome import Stage

SANDBOX_ADDRESS = "sandbox"
"""Stands where the address of a next hop would: nothing is connected to."""

_STATUS = re.compile(r"(bounce|delay)\+([45]\.\d{1,3}\.\d{1,3})", re.ASCII)
_CODES = {"bounce": (550, "5"), "delay": (450, "4")}


def sandbox_answer(local_part: str) -> tuple[Stage, Reply]:
    """Return at which stage the attempt ends, and how.

    `ok` is taken; `bounce+5.1.1` is refused for good, `delay+4.2.2` for now, with that status;
    whatever else is no recipient.
    """
    local = local_part.lower()
    if local == "ok":
        return Stage.DOT, Reply(250, "2.0.0", "Ok: taken by the sandbox")
    found = _STATUS.fullmatch(local)
    if found:
        code, first = _CODES[found[1]]
        if found[2].startswith(first):
            return Stage.RCPT, Reply(code, found[2], "The sandbox was asked to say so")
    known = "ok@, bounce+5.1.1@ and delay+4.2.2@"
    return Stage.RCPT, Reply(550, "5.1.1", f"No such recipient: the sandbox knows {known}")

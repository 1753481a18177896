"""Recipients that never leave the machine, and what each of them does (contract §3)."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from gateway.mail.replies import Reply
from gateway.rules.outcome import Stage

SANDBOX_ADDRESS = "sandbox"
"""Stands where the address of a next hop would: nothing is connected to."""

SLOWEST = timedelta(minutes=5)

_STATUS = re.compile(r"(bounce|delay)\+([45]\.\d{1,3}\.\d{1,3})", re.ASCII)
_SLOW = re.compile(r"slow\+(\d{1,3})s", re.ASCII)
_REPLY = re.compile(r"reply\+(.+)", re.ASCII | re.IGNORECASE)
_CODES = {"bounce": (550, "5"), "delay": (450, "4")}
_TAKEN = Reply(250, "2.0.0", "Ok: taken by the sandbox")
_KNOWN = (
    "ok@, bounce+5.1.1@, delay+4.2.2@, slow+90s@ (up to 300s), complain@, ooo@ and reply+hello@"
)


class Mood(StrEnum):
    """As what a recipient answers by mail."""

    PERSON = "person"
    ABSENT = "absent"
    ANNOYED = "annoyed"
    """Says to its provider that the mail is spam, and the provider tells us."""


@dataclass(frozen=True, slots=True)
class Act:
    """What a recipient does with a mail.

    stage, reply: where the attempt ends, and how. wait: before the final dot is answered.
    mood: as what it answers by mail, None: not at all. words: what a person answers.
    """

    stage: Stage
    reply: Reply
    wait: timedelta = timedelta()
    mood: Mood | None = None
    words: str = ""


KEPT = Act(Stage.DOT, Reply(250, "2.0.0", "Ok: kept here, in test mode nothing leaves"))
"""What becomes of test mail to recipients that are none of the sandbox's."""


def sandbox_act(local_part: str) -> Act:
    """Return what the recipient with this local part does; no such recipient is refused."""
    local = local_part.lower()
    if local == "ok":
        return Act(Stage.DOT, _TAKEN)
    if local == "complain":
        return Act(Stage.DOT, _TAKEN, mood=Mood.ANNOYED)
    if local == "ooo":
        return Act(Stage.DOT, _TAKEN, mood=Mood.ABSENT)
    if found := _REPLY.fullmatch(local_part):
        # An address holds no spaces.
        words = re.sub(r"[+_]+", " ", found[1]).strip()
        if words:
            return Act(Stage.DOT, _TAKEN, mood=Mood.PERSON, words=words)
    if found := _SLOW.fullmatch(local):
        wait = timedelta(seconds=int(found[1]))
        if wait <= SLOWEST:
            return Act(Stage.DOT, _TAKEN, wait=wait)
    if found := _STATUS.fullmatch(local):
        code, first = _CODES[found[1]]
        if found[2].startswith(first):
            return Act(Stage.RCPT, Reply(code, found[2], "The sandbox was asked to say so"))
    return Act(Stage.RCPT, Reply(550, "5.1.1", f"No such recipient: the sandbox knows {_KNOWN}"))

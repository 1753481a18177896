# ruff: noqa: E501 (lines of the document are longer than those of code)
"""What becomes of a delivery, by stage and answer: `python -m gateway.rules.delivery_table`.

Prints docs/delivery.md. Nothing is told here that `outcome`, `fate` and `bounces` don't decide.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.mail.mailbox import Mailbox
from gateway.mail.replies import Reply
from gateway.rules.bounces import classify
from gateway.rules.fate import fate
from gateway.rules.model import Delivery
from gateway.rules.outcome import (
    ANOTHER_MAY_DO,
    Bounced,
    Deferred,
    NextHopKind,
    Obstacle,
    Outcome,
    Stage,
    Trouble,
    judge,
)
from gateway.rules.retry import RetryPolicy

_LIMIT = 10 * 1024**2
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_POLICY = RetryPolicy((timedelta(minutes=5),), timedelta(days=4))
_DELIVERY = Delivery(
    id="dlv_1",
    tenant_id="ten_1",
    message_id="msg_1",
    conversation_id="cnv_1",
    recipient=Mailbox("", "jana@client.example"),
    state="sending",
    sender="",
    route="client.example",
    raw_sha256="",
    raw_size=0,
    queued_at=_NOW,
    next_attempt_at=None,
)
_KINDS = {
    NextHopKind.MX: "the recipient's MX",
    NextHopKind.SMARTHOST: "a smarthost",
    NextHopKind.OWN: "the company's own server",
}
_STAGES = {
    Stage.CONNECT: "connection and greeting",
    Stage.EHLO: "EHLO",
    Stage.TLS: "STARTTLS and handshake",
    Stage.AUTH: "AUTH",
    Stage.MAIL: "MAIL FROM",
    Stage.RCPT: "RCPT TO",
    Stage.DATA: "DATA and the message",
    Stage.DOT: "after the final dot",
}
_REPLIES = (
    ("4yz", Reply(451, "4.3.0", "Local error in processing")),
    ("5yz", Reply(554, "5.0.0", "No")),
)
_BREAKS = (
    ("no connection", Obstacle.UNREACHABLE),
    ("drop", Obstacle.LOST),
    ("hang", Obstacle.TIMED_OUT),
    ("no SMTP", Obstacle.GARBLED),
)
_TLS = (("TLS fails", Obstacle.TLS), ("TLS is not offered", Obstacle.NO_TLS))
_LOOKUPS = (
    ("NXDOMAIN, or neither MX nor address", Obstacle.NO_SUCH_DOMAIN),
    ("null MX (RFC 7505)", Obstacle.NULL_MX),
    ("SERVFAIL, REFUSED, time-out, no MX with an address", Obstacle.DNS),
    ("its best MX is this gateway, by name or address", Obstacle.IS_US),
    ("its MX are on loopback or in networks that we never connect to", Obstacle.NO_ROUTE),
    ("DANE or MTA-STS lets no MX be used now", Obstacle.TLS),
    ("an address in brackets", Obstacle.BAD_ADDRESS),
)
_UNFIT = (
    ("the mail is larger than SIZE", Obstacle.TOO_LARGE),
    ("8 bits, and no 8BITMIME", Obstacle.NOT_SEVEN_BIT),
    ("an address beyond ASCII, and no SMTPUTF8", Obstacle.NO_SMTPUTF8),
    ("an address that no command can hold", Obstacle.BAD_ADDRESS),
)
_TELLING = (
    Reply(550, "5.1.1", "No such user"),
    Reply(550, "5.1.2", "Bad domain"),
    Reply(550, "5.1.3", "Bad address syntax"),
    Reply(550, "5.1.10", "Null MX"),
    Reply(551, "5.1.6", "Moved"),
    Reply(550, "5.2.1", "Mailbox disabled"),
    Reply(552, "5.2.2", "Mailbox full"),
    Reply(452, "4.2.2", "Mailbox full"),
    Reply(552, "5.3.4", "Message too big"),
    Reply(554, "5.4.6", "Too many hops"),
    Reply(550, "5.7.1", "Refused by policy"),
    Reply(550, "5.7.26", "Unauthenticated"),
    Reply(450, "4.7.1", "Greylisted, try again in 5 minutes"),
    Reply(421, "4.7.28", "Rate limit exceeded"),
    Reply(550, "", "User unknown"),
)
_HEAD = """\
# What becomes of a delivery

Made by `python -m gateway.rules.delivery_table > docs/delivery.md` from the rules that decide; a test holds it fresh.

- **State** is the delivery's after the attempt; deferred and unconfirmed mail is tried again by `[relay] retry` until `give_up_after`, then
  it is `expired`.
- **Asked next**: whether the next of the domain's servers, or of its addresses, is asked within the same attempt (five at most).
- **Suppression**: whether the address gets no more mail from the company: *at once*, or *when full* (the third time within 7 days).
- Where an answer names its cause, by its enhanced status (RFC 3463) or its words, reason and suppression are those of the last table. "Try
  again in 5 minutes" in a 4yz is kept to, from a minute up to an hour.
- With `[relay] tls = "opportunistic"` and nothing published by DANE or MTA-STS, TLS that fails gives way to clear text on a new connection,
  and the attempt says so; *TLS fails* below is for all other cases.
- A next hop whose servers fail three times in a row before MAIL is left alone for a minute, then longer, up to 15; what is due for it
  becomes `deferred` without a try.
"""


@dataclass(frozen=True, slots=True)
class _Row:
    cells: Sequence[str]

    def __str__(self) -> str:
        return f"| {' | '.join(self.cells)} |"


def text() -> str:
    """Return docs/delivery.md."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    mx = NextHopKind.MX
    yield _HEAD
    yield "## Before a connection\n"
    looked_up = [_row(what, Trouble(obstacle, ""), Stage.DNS, mx) for what, obstacle in _LOOKUPS]
    yield from _table(["What DNS says"], looked_up)
    for kind, words in _KINDS.items():
        yield f"\n## By {words}\n"
        yield from _table(["Stage", "Answer"], _stages(kind))
    yield "\n## What a next hop can't be given\n"
    yield "It is not offered; the connection serves other mail.\n"
    unfit = [_row(what, Trouble(obstacle, "", _LIMIT), Stage.MAIL, mx) for what, obstacle in _UNFIT]
    yield from _table(["Why"], unfit)
    yield "\n## Answers that name their cause\n"
    telling = [_row(f"`{answer}`", answer, Stage.RCPT, mx) for answer in _TELLING]
    yield from _table(["Answer of an MX to RCPT TO"], telling)


def _table(titles: Sequence[str], rows: Iterable[_Row]) -> Iterator[str]:
    names = *titles, "State", "Reason", "Status", "Tried again", "Asked next", "Suppression"
    yield str(_Row(names))
    yield "|" + "---|" * len(names)
    yield from map(str, rows)


def _stages(kind: NextHopKind) -> Iterator[_Row]:
    for stage, words in _STAGES.items():
        if stage is Stage.AUTH and kind is NextHopKind.MX:
            continue  # nobody signs in there
        answers: list[tuple[str, Reply | Trouble]] = list(_REPLIES)
        if stage is Stage.DOT:
            answers.insert(0, ("2yz", Reply(250, "2.0.0", "Ok")))
        if stage is Stage.AUTH:
            answers.append(("535 5.7.8", Reply(535, "5.7.8", "Authentication failed")))
            answers.append(("no method that we know", Trouble(Obstacle.NO_LOGIN, "")))
        breaks = _TLS if stage is Stage.TLS else _BREAKS
        for name, obstacle in breaks:
            if obstacle is not Obstacle.UNREACHABLE or stage is Stage.CONNECT:
                answers.append((name, Trouble(obstacle, "")))
        for name, answer in answers:
            yield _row(words, answer, stage, kind, name)


def _row(
    what: str, answer: Reply | Trouble, stage: Stage, kind: NextHopKind, name: str | None = None
) -> _Row:
    outcome = judge(answer, stage, kind)
    ended = fate(_DELIVERY, outcome, policy=_POLICY, now=_NOW, spread=0.0)
    reason = ended.reason
    is_next = isinstance(outcome, Deferred) and stage in ANOTHER_MAY_DO
    titles = [what] if name is None else [what, name]
    return _Row(
        [
            *titles,
            f"`{ended.state}`",
            f"`{reason.key}`: {reason.plain}" if reason else "",
            (reason.enhanced or "") if reason else "",
            "yes" if ended.next_attempt_at else "",
            "yes" if is_next else "",
            _suppression(outcome),
        ]
    )


def _suppression(outcome: Outcome) -> str:
    if not isinstance(outcome, Bounced):
        return ""
    reason = outcome.reason
    verdict = classify(enhanced=reason.enhanced, code=reason.code, text=reason.verbatim)
    return {"now": "at once", "count": "when full"}.get(verdict.suppress, "")


if __name__ == "__main__":
    sys.stdout.write(text())

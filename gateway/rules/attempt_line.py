"""One attempt in the words of Postfix's log, so that what admins grep for is found."""

import re
from datetime import datetime

from gateway.rules.model import Attempt, Delivery
from gateway.rules.names import split_address
from gateway.rules.outcome import Bounced, Outcome, Sent, Stage

_MOST_CHARS = 1000
_REPLY = re.compile(r"[2-5]\d\d(?: |$)")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_COMMANDS = {
    Stage.EHLO.value: "EHLO",
    Stage.TLS.value: "STARTTLS",
    Stage.AUTH.value: "AUTH",
    Stage.MAIL.value: "MAIL FROM",
    Stage.RCPT.value: "RCPT TO",
    Stage.DATA.value: "DATA",
    Stage.DOT.value: "end of DATA",
}
_CLASSES = {"sent": "2.0.0", "bounced": "5.0.0", "expired": "4.4.7"}


def attempt_line(delivery: Delivery, outcome: Outcome, attempt: Attempt, now: datetime) -> str:
    """Return the line of an attempt that ended a delivery's turn.

    The recipient's local part stays out of it, also where the reply repeats it: logs are kept
    by others, and nothing of a person may stay in them after an erasure. The id leads to it.
    """
    status = _status(delivery, outcome)
    reason = delivery.reason
    enhanced = outcome.reply.enhanced if isinstance(outcome, Sent) else reason and reason.enhanced
    delay = max(0.0, (now - delivery.queued_at).total_seconds())
    address = delivery.recipient.address
    return (
        f"{delivery.id}: to=<{_masked(address)}>, relay={relay_of(attempt)}, "
        f"delay={delay:.2f}, dsn={enhanced or _CLASSES.get(status, '4.0.0')}, "
        f"status={status} ({_words(attempt, outcome, address)})"
    )


def attempt_note(delivery: Delivery, attempt: Attempt) -> str:
    """Return the line of an attempt after which another of the domain's servers is asked."""
    words = _said(attempt, delivery.recipient.address)
    return f"{delivery.id}: {words}"


def relay_of(attempt: Attempt) -> str:
    """Return a next hop as `mx.example.org[192.0.2.1]:25`, "none" where there was none."""
    if not attempt.address:
        return "none"
    host, _, port = attempt.next_hop.rpartition(":")
    return f"{host.strip('[]')}[{attempt.address}]:{port}"


def _status(delivery: Delivery, outcome: Outcome) -> str:
    if isinstance(outcome, Sent):
        return "sent"
    if delivery.state == "expired":
        return "expired"
    return "bounced" if isinstance(outcome, Bounced) else "deferred"


def _words(attempt: Attempt, outcome: Outcome, address: str) -> str:
    if isinstance(outcome, Sent):
        return _plain(attempt.reply, address)
    return _said(attempt, address)


def _said(attempt: Attempt, address: str) -> str:
    text = _plain(attempt.reply, address)
    if not attempt.address:
        return text
    where = relay_of(attempt)
    if not _REPLY.match(attempt.reply):
        return f"host {where}: {text}"
    command = _COMMANDS.get(attempt.stage)
    after = f" (in reply to {command} command)" if command else ""
    return f"host {where.rpartition(':')[0]} said: {text}{after}"


def _masked(address: str) -> str:
    return f"…@{split_address(address)[1]}"


def _plain(text: str, address: str) -> str:
    """Return a reply as one line without the recipient's local part."""
    line = _SPACE.sub(" ", text[: 2 * _MOST_CHARS]).strip()
    local = split_address(address)[0]
    line = re.sub(re.escape(address), _masked(address), line, flags=re.IGNORECASE)
    if len(local) > 1:
        whole = rf"(?<![\w.+-]){re.escape(local)}(?![\w+-])"
        line = re.sub(whole, "…", line, flags=re.IGNORECASE)
    return line[:_MOST_CHARS]

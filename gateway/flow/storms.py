"""Robots that answer robots: what comes to one conversation by machine is bounded (RFC 3834)."""

from collections import OrderedDict, deque
from datetime import datetime

from gateway.mail.headers import read_head
from gateway.mail.replies import Reply
from gateway.rules.automation import MOST_ROBOT_MAILS, ROBOT_WINDOW

_MOST_KNOWN = 10_000
_TOO_MANY = Reply(
    450, "4.2.1", "Too many automatic messages came to this conversation, try again later"
)
_TELLING = (b"auto-submitted", b"precedence")
_MACHINES = frozenset({"bulk", "junk", "list", "auto_reply"})
_HEADER_OCTETS = 64 * 1024
_FIELDS = 1000


class Storms:
    """Counts automatic mail by whose token it came to; people's mail is never counted."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: OrderedDict[tuple[int, int], deque[datetime]] = OrderedDict()

    def refusal(self, person: tuple[int, int], now: datetime) -> Reply | None:
        """Count an automatic mail; return 450 where there were too many, which counts nothing.

        person: the number of the company and that of the participant.
        """
        times = self._known.setdefault(person, deque())
        self._known.move_to_end(person)
        while times and times[0] <= now - ROBOT_WINDOW:
            times.popleft()
        if len(times) >= MOST_ROBOT_MAILS:
            return _TOO_MANY
        times.append(now)
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return None


def is_by_machine(head: bytes, *, null_sender: bool) -> bool:
    """Say whether a mail's header alone tells that a machine wrote it."""
    if null_sender:
        return True
    lowered = head.lower()
    if not any(name in lowered for name in _TELLING):  # most mail, and nobody need wait longer
        return False
    fields = read_head(head, 0, len(head), octets=_HEADER_OCTETS, fields=_FIELDS).fields
    submitted = fields.text("auto-submitted").partition(";")[0].strip().lower()
    if submitted not in {"", "no"}:
        return True
    return fields.text("precedence").strip().lower() in _MACHINES

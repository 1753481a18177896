"""How fast next hops are given mail: slowly at first, less on failure, not while they are dead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.ports.queues import Rooms
from gateway.ports.routing import Rate, Way
from gateway.rules.model import Reason
from gateway.rules.outcome import Deferred, Outcome, Stage, Suspended
from gateway.rules.reasons import plain_words

FIRST_ROOM = 1
"""Attempts at once at a next hop that nothing is known of; each success adds one."""
UNPROVEN_SHARE = 3 / 4
"""Of all attempts, those at next hops that are not known to work: unknown ones, which may hang
for minutes each, and failing ones. The rest is for those that work."""
MOST_FAILURES = 3
SHORTEST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=15)
SOON = timedelta(seconds=2)
"""So short a wait for a turn is waited out."""
_SWEPT = 50
"""Deliveries at once of a next hop that is shut: they only learn when to come back."""
_FORGOTTEN = timedelta(hours=2)
_MOST_LANES = 20_000
_NO_SESSION = frozenset({Stage.DNS, Stage.CONNECT, Stage.EHLO, Stage.TLS, Stage.AUTH})


@dataclass(slots=True)
class Lane:
    """What is known of a next hop.

    proven: the last attempt came as far as a transaction. failures: in a row, before one.
    shut_until: nothing is tried before; then one attempt, `probe`, tells whether it goes on.
    """

    room: int = FIRST_ROOM
    most: int = 20
    proven: bool = False
    failures: int = 0
    pause: timedelta = SHORTEST_PAUSE
    shut_until: datetime | None = None
    probe: str | None = None
    reason: Reason | None = None
    seen: datetime | None = None


class Lanes:
    """The next hops that mail has been tried at lately, by the name of the way there.

    A next hop that fails three times in a row before any transaction is left alone for a
    minute, then longer and longer, up to a quarter of an hour; what is due for it waits meanwhile,
    without a try that counts, and one attempt asks whether it is back.
    """

    def __init__(self) -> None:
        """Know of none."""
        self._lanes: dict[str, Lane] = {}
        self._slots: dict[Rate, datetime] = {}
        self._queues: dict[Rate, datetime] = {}

    def rooms(self, trying: Mapping[str, int], now: datetime) -> tuple[Rooms, Rooms]:
        """Return the room at next hops that work, and at the others, known or not.

        trying: attempts under way by next hop.
        """
        working: dict[str, int] = {}
        others: dict[str, int] = {}
        for name, lane in self._lanes.items():
            is_shut = lane.shut_until is not None and lane.shut_until > now
            room = _SWEPT if is_shut else lane.room - trying.get(name, 0)
            target, other = (working, others) if lane.proven else (others, working)
            target[name], other[name] = max(0, room), 0
        for name, count in trying.items():
            others.setdefault(name, max(0, FIRST_ROOM - count))
        return Rooms(working, 0), Rooms(others, FIRST_ROOM)

    def unproven(self, trying: Mapping[str, int]) -> int:
        """Return how many attempts are under way at next hops that are not known to work."""
        return sum(
            count
            for name, count in trying.items()
            if not ((lane := self._lanes.get(name)) and lane.proven)
        )

    def admit(self, way: Way, delivery_id: str, now: datetime, spread: float) -> Suspended | None:
        """Return how long a delivery has to wait, or None if it may be tried now.

        spread: from -1 to 1, so that what waited together does not come back together.
        """
        lane = self._lane(way.name, now)
        lane.most = way.most
        if lane.shut_until is None or lane.probe == delivery_id:
            return None
        if lane.shut_until > now:
            return self._waits(lane, lane.shut_until, spread)
        if lane.probe is not None:
            return self._waits(lane, now + SHORTEST_PAUSE, spread)
        lane.probe = delivery_id
        return None

    def left(self, name: str, delivery_id: str) -> None:
        """Note that an attempt is over, whatever became of it."""
        lane = self._lanes.get(name)
        if lane is not None and lane.probe == delivery_id:
            lane.probe = None

    def ended(self, name: str, stage: Stage, outcome: Outcome, now: datetime) -> None:
        """Learn from an attempt."""
        lane = self._lane(name, now)
        if isinstance(outcome, Deferred) and stage in _NO_SESSION:
            self._failed(lane, outcome.reason, now)
            return
        lane.proven, lane.failures, lane.pause = True, 0, SHORTEST_PAUSE
        if lane.shut_until is not None:
            lane.shut_until, lane.probe, lane.room = None, None, FIRST_ROOM
        if isinstance(outcome, Deferred) and outcome.reason.key == "rate":
            lane.room = max(1, lane.room // 2)
        else:
            lane.room = min(lane.most, lane.room + 1)

    def slot(self, rate: Rate, now: datetime) -> timedelta:
        """Return how long to wait for the next moment at which one may leave; takes it.

        Where that is more than `SOON`, none is taken: it is when to ask again.
        """
        interval = rate.per / rate.count
        slot = max(now, self._slots.get(rate, now))
        if slot - now <= SOON:
            self._slots[rate] = slot + interval
            return slot - now
        turn = max(slot, self._queues.get(rate, slot))
        self._queues[rate] = turn + interval
        return turn - now

    def _failed(self, lane: Lane, reason: Reason, now: datetime) -> None:
        lane.proven, lane.reason = False, reason
        lane.room = max(1, lane.room // 2)
        lane.failures += 1
        if lane.shut_until is not None and lane.shut_until > now:
            return  # several at once found it dead
        if lane.shut_until is not None:
            lane.pause = min(2 * lane.pause, LONGEST_PAUSE)
            lane.shut_until = now + lane.pause
        elif lane.failures >= MOST_FAILURES:
            lane.shut_until = now + lane.pause

    def _waits(self, lane: Lane, until: datetime, spread: float) -> Suspended:
        reason = lane.reason
        if reason is not None:
            words = f"not tried, their server failed a moment ago: {reason.verbatim}"
            plain = plain_words(reason.key)
            reason = Reason(reason.key, plain, reason.code, reason.enhanced, words, permanent=False)
        return Suspended(until + lane.pause * (abs(spread) / 2), reason)

    def _lane(self, name: str, now: datetime) -> Lane:
        lane = self._lanes.get(name)
        if lane is None:
            if len(self._lanes) >= _MOST_LANES:
                self._forget(now)
            lane = self._lanes[name] = Lane()
        lane.seen = now
        return lane

    def _forget(self, now: datetime) -> None:
        """Forget next hops that nothing was sent to for long; all, if that doesn't help."""
        kept = {
            name: lane
            for name, lane in self._lanes.items()
            if now - (lane.seen or now) < _FORGOTTEN
        }
        self._lanes = kept if len(kept) < _MOST_LANES else {}

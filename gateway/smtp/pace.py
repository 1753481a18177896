"""Whether content comes fast enough."""

from collections.abc import Callable

from gateway.smtp.limits import Seconds
from gateway.smtp.wire import TooLate, Wire

_TICK = 0.01  # timers of event loops may ring this many seconds early


class Pace:
    """The clock of one message's content, by loop time in seconds.

    Only time spent waiting for the client counts for the rate: a client is not to blame
    for our disk. The rate is judged at the end of each window, so short stalls break nothing.
    """

    def __init__(self, seconds: Seconds, rate: int, clock: Callable[[], float]) -> None:
        """Start now; ask for `rate` octets a second."""
        self._clock = clock
        self._window = seconds.rate_window
        self._octets_due = rate * seconds.rate_window
        self._idle = seconds.idle
        self._end = clock() + seconds.content_time
        self._waited = 0.0
        self._octets = 0

    async def block(
        self, wire: Wire, enough: int, most: int | None = None, *, behind: bytes | None = None
    ) -> bytearray:
        """Return the next octets of `wire`; see `Wire.gather`.

        Raises TooLate if they do not come, or too few came so far; Hangup.
        """
        while True:
            asked = self._clock()
            try:
                block = await wire.gather(self._deadline(asked), enough, most, behind=behind)
            except TooLate:
                block = bytearray()
            now = self._clock()
            self._judge(now - asked + _TICK, len(block), now + _TICK)
            if block:
                return block

    def _deadline(self, now: float) -> float:
        deadline = min(self._end, now + self._idle)
        if self._octets_due:
            return min(deadline, now + self._window - self._waited)
        return deadline

    def _judge(self, waited: float, octets: int, now: float) -> None:
        self._waited += waited - _TICK
        self._octets += octets
        if now >= self._end or (not octets and waited >= self._idle):
            raise TooLate
        if self._octets_due and self._waited + _TICK >= self._window:
            if self._octets < self._octets_due:
                raise TooLate
            self._waited = 0.0
            self._octets = 0

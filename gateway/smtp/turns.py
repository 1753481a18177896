"""Who sends much waits for others: uploads get a part of the event loop and of the disk."""

import asyncio
from collections import deque
from time import perf_counter

_RESTS = 3  # times as long as was worked
_TICK = 0.001  # seconds; the loop's timers know no less


class Turns:
    """Hands out one turn in a round of the event loop, in the order of asking, and rests between.

    A block takes up to a millisecond to be looked at, and as long nobody else is heard, nor gets
    the store's writer the interpreter. Without turns, every upload that has a block waiting is
    served in the same round, and a few of them leave nothing to who says a short command. And what
    is written as fast as it can be sent keeps the disk from the commits of others.

    rate: octets of strangers a second, all of them together; may be changed at any time.
    """

    def __init__(self, rate: int) -> None:
        """Begin with the next turn free."""
        self.rate = rate
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_taken = False
        self._began = 0.0
        self._octets = 0
        self._owed = 0.0  # seconds of rest

    async def take(self, octets: int = 0) -> None:
        """Wait for the next free turn; it ends by itself with that round of the loop.

        octets: what a stranger has sent, and `rate` holds back.
        """
        if self._is_taken:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        else:
            self._is_taken = True
            self._begin()
        self._octets += octets

    def _begin(self) -> None:
        self._began = perf_counter()
        asyncio.get_running_loop().call_soon(self._end)

    def _end(self) -> None:
        """Rest, once it is for long enough to be measured."""
        worked, octets, self._octets = perf_counter() - self._began, self._octets, 0
        self._owed += max(_RESTS * worked, octets / self.rate - worked)
        if self._owed < _TICK:
            self._pass_on()
            return
        asyncio.get_running_loop().call_later(self._owed, self._pass_on)
        self._owed = 0.0

    def _pass_on(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # else its session was cancelled
                turn.set_result(None)
                self._begin()
                return
        self._is_taken = False

"""The bytes that a client sends: lines, blocks, deadlines, back pressure."""

import asyncio
from collections.abc import Iterable
from typing import SupportsIndex, cast

from gateway.mail.transparency import END

HIGH_WATER = 64 * 1024  # octets read ahead of the session before the socket is left alone

_NEVER = float("inf")


class Hangup(Exception):  # noqa: N818 (not an error: clients leave)
    """The client is gone."""


class TooLate(Exception):  # noqa: N818 (a moment, not an error)
    """The client did not send in time."""


class LineTooLong(Exception):  # noqa: N818 (the line is at fault, and has been dropped)
    """A line was longer than it may be; it has been dropped to its end."""


class Wire(asyncio.StreamReader):
    """The receiving half of a connection, in the place of asyncio's StreamReader.

    asyncio's own reader has no deadline, no way to put bytes back and none to drop them at
    STARTTLS; and a timer for each command is costly. Here one timer a connection is moved
    only when it rings. A subclass, since StreamReaderProtocol (which aiosmtpd builds on)
    feeds whatever stands in this place; nothing private of asyncio's is used.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Serve one connection on `loop`."""
        super().__init__(loop=loop)
        self._clock = loop.time
        self._running = loop
        self._inbox = bytearray()
        self._is_ended = False
        self._source: asyncio.Transport | None = None
        self._is_halted = False
        self._waiter: asyncio.Future[None] | None = None
        self._enough = 1  # octets that are worth waking the session for
        self._behind: bytes | None = None  # in DATA: what was read last, where it may be END's
        self._deadline = _NEVER
        self._alarm: asyncio.TimerHandle | None = None

    # What StreamReaderProtocol calls.

    def set_transport(self, transport: asyncio.BaseTransport) -> None:
        """Take bytes from `transport` from now on, letting go of the one before."""
        if self._is_halted and self._source is not None:
            self._source.resume_reading()
            self._is_halted = False
        self._source = cast("asyncio.Transport", transport)

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        """Take what has arrived."""
        self._inbox += data  # type: ignore[arg-type]  # bytes, but typeshed says less
        # Also where the session waits: uvloop reads up to 8 MB before anybody else has a turn.
        if len(self._inbox) > HIGH_WATER and not self._is_halted and self._source is not None:
            self._source.pause_reading()
            self._is_halted = True
        if self._waiter is not None and self._has_enough(len(data)):  # type: ignore[arg-type]
            self._wake()

    def feed_eof(self) -> None:
        """Note that no more will come."""
        self._is_ended = True
        self._wake()

    def set_exception(self, exc: Exception) -> None:  # noqa: ARG002 (every end is the same end)
        """Note that the connection broke."""
        self.feed_eof()

    # What the session calls.

    @property
    def has_line(self) -> bool:
        """True if a whole line has arrived, so that `line` will not wait."""
        return b"\n" in self._inbox

    @property
    def is_empty(self) -> bool:
        """True if nothing waits to be read."""
        return not self._inbox

    @property
    def is_ended(self) -> bool:
        """True once the client has closed its side."""
        return self._is_ended

    async def line(self, most: int, deadline: float) -> bytes:
        """Return the next line with its line end, whichever that is.

        most: octets that the line may have; more are dropped as they come.
        deadline: loop time by which the line must be whole.

        Raises LineTooLong, TooLate, Hangup.
        """
        searched = 0
        is_too_long = False
        while (end := self._inbox.find(b"\n", searched)) < 0:
            searched = len(self._inbox)
            if searched > most:
                is_too_long = True
                searched = 0
                self._inbox.clear()
            await self._more(deadline)
        if end + 1 == len(self._inbox):
            line = bytes(self._inbox)
            self._inbox.clear()
        else:
            line = bytes(self._inbox[: end + 1])
            del self._inbox[: end + 1]
        if is_too_long or len(line) > most:
            raise LineTooLong
        return line

    async def block(self, deadline: float, most: int | None = None) -> bytearray:
        """Return what has arrived, at least one octet, at most `most`.

        Raises TooLate, Hangup.
        """
        while not self._inbox:
            await self._more(deadline)
        return self._taken(most)

    async def gather(
        self, deadline: float, enough: int, most: int | None = None, *, behind: bytes | None = None
    ) -> bytearray:
        """Return content, at least one octet, at most `most`: once it is `enough`, or ends.

        Clients write by the line or by the page, and to wake the session for each would cost
        more than the octets do.

        enough: octets worth waiting for, no more than HIGH_WATER. deadline: loop time at which
        less is enough. behind: in DATA, what came before and may be the beginning of END.

        Raises TooLate, Hangup.
        """
        self._enough, self._behind = enough, behind
        try:
            while not self._has_enough(len(self._inbox)):
                await self._more(deadline)
        except (TooLate, Hangup):
            if not self._inbox:
                raise
        finally:
            self._enough, self._behind = 1, None
        return self._taken(most)

    def _taken(self, most: int | None) -> bytearray:
        block = self._inbox
        if most is not None and len(block) > most:
            block = self._inbox[:most]
            del self._inbox[:most]
        else:
            self._inbox = bytearray()
        return block

    def put_back(self, rest: bytes) -> None:
        """Let `rest` be read again, before all else."""
        self._inbox[:0] = rest

    def drop(self) -> None:
        """Forget what has arrived and was not read."""
        self._inbox.clear()

    def interrupt(self, error: Exception) -> None:
        """Raise `error` where the session waits for the client, if it does."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)

    def stop(self) -> None:
        """Let go of the timer."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _has_enough(self, new: int) -> bool:
        """Return whether what has arrived, the last `new` octets now, is what is waited for."""
        if len(self._inbox) >= self._enough:
            return True
        if self._behind is None:
            return False
        reach = new + len(END) - 1
        seen = self._inbox[-reach:]
        return END in (self._behind + seen if reach > len(self._inbox) else seen)

    async def _more(self, deadline: float) -> None:
        if self._is_ended:
            raise Hangup
        if self._is_halted and self._source is not None:
            self._is_halted = False
            self._source.resume_reading()
        self._deadline = deadline
        if self._alarm is None:
            self._alarm = self._running.call_at(deadline, self._ring)
        elif self._alarm.when() > deadline:
            self._alarm.cancel()
            self._alarm = self._running.call_at(deadline, self._ring)
        self._waiter = self._running.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _ring(self) -> None:
        self._alarm = None
        if self._waiter is None or self._waiter.done():
            return
        if self._clock() >= self._deadline:
            self._waiter.set_exception(TooLate())
        else:
            self._alarm = self._running.call_at(self._deadline, self._ring)

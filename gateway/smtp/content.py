"""The content of one transaction, from DATA or from BDAT."""

from collections.abc import Callable

from gateway.mail.errors import Fault
from gateway.mail.prescan import prescan
from gateway.mail.replies import Reply
from gateway.mail.transparency import Unstuffer
from gateway.ports.reception import Content
from gateway.smtp.pace import Pace
from gateway.smtp.station import Station
from gateway.smtp.wire import Wire

BLOCK_OCTETS = 32 * 1024  # gathered before they are looked at
MOST_OCTETS = 64 * 1024  # looked at at once
HEAD_SPARE = 1024  # octets of the head beyond the limit of the header block, so that it shows

TOO_BIG = Reply(552, "5.3.4", "The message is bigger than we take")
HEADER_TOO_BIG = Reply(552, "5.3.4", "The message's header is bigger than we take")
BARE_LINE_END = Reply(550, "5.6.11", "The message has a CR or LF that stands alone")
TOO_MANY_HOPS = Reply(554, "5.4.6", "The message has come a suspiciously long way; is it a loop?")
NO_STORAGE = Reply(452, "4.3.1", "We have no room at the moment, please try again later")

REASONS = {
    TOO_BIG: "size",
    HEADER_TOO_BIG: "header",
    BARE_LINE_END: "line_end",
    TOO_MANY_HOPS: "hops",
    NO_STORAGE: "storage",
}


class Body:
    """Takes content as it comes, and drops it once it is certain to be refused.

    refusal: the reply that the content will get, or None while it may be taken.
    """

    def __init__(
        self, station: Station, clock: Callable[[], float], refusal: Reply | None = None
    ) -> None:
        """Start empty, now; with a `refusal`, only to read past what comes."""
        self.refusal = refusal
        self._limits = station.config.limits
        self._intake = station.config.spool.open(self._limits.header_bytes + HEAD_SPARE)
        self._turns = station.config.spool.turns
        self._is_of_stranger = not station.config.role.signs_in
        self._pace = Pace(station.seconds, self._limits.data_min_rate, clock)
        self._arrived = 0

    @property
    def is_flood(self) -> bool:
        """True if so much came that the connection is not worth keeping."""
        return self._arrived > 2 * self._limits.message

    async def read_data(self, wire: Wire) -> None:
        """Read to the end of DATA, or until it is a flood. Raises TooLate, Hangup."""
        unstuffer = Unstuffer()
        while not unstuffer.is_ended and not self.is_flood:
            enough = min(BLOCK_OCTETS, 2 * self._limits.message + 1 - self._arrived)
            block = await self._pace.block(wire, enough, MOST_OCTETS, behind=unstuffer.held)
            self._arrived += len(block)
            await self._turn(len(block))
            await self._add(unstuffer.feed(block))
            if unstuffer.has_bare and self.refusal is None:
                self._refuse(BARE_LINE_END)
        wire.put_back(unstuffer.rest)

    async def read_chunk(self, wire: Wire, octets: int) -> None:
        """Read one chunk of BDAT, or nothing if it makes a flood. Raises TooLate, Hangup."""
        self._arrived += octets
        if self.is_flood:
            self._refuse(TOO_BIG)
            return
        while octets:
            most = min(MOST_OCTETS, octets)
            block = await self._pace.block(wire, min(BLOCK_OCTETS, octets), most)
            octets -= len(block)
            await self._turn(len(block))
            await self._add(block)

    async def finish(self) -> Content | None:
        """Return the content if it may be taken; else None, and `refusal` says why.

        Linear in the header block; RFC 5321, section 6.3, for hops.
        """
        if self.refusal is not None:
            return None
        limit = self._limits.header_bytes
        try:
            content = await self._intake.finish()
        except Fault:
            self._refuse(NO_STORAGE)
            return None
        header = prescan(content.head, size=content.size, limit=limit)
        if header.is_too_long:
            self._refuse(HEADER_TOO_BIG)
            return None
        if header.received > self._limits.hops:
            self._refuse(TOO_MANY_HOPS)
            return None
        return content

    def hand_over(self) -> None:
        """Leave the file, if there is one, to whoever got the content."""
        self._intake.hand_over()

    def end(self) -> None:
        """Give everything back; may be called again."""
        self._intake.end()

    async def _turn(self, octets: int) -> None:
        if self._arrived > self._limits.spool_each:
            await self._turns.take(octets if self._is_of_stranger else 0)

    async def _add(self, piece: bytes | bytearray) -> None:
        if self.refusal is not None or not piece:
            return
        if self._intake.size + len(piece) > self._limits.message:
            self._refuse(TOO_BIG)
            return
        try:
            await self._intake.add(piece)
        except Fault:
            self._refuse(NO_STORAGE)

    def _refuse(self, reply: Reply) -> None:
        self.refusal = reply
        self._intake.end()

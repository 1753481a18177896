"""Connections to next hops, kept open for a while and used again."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.ports.relay import NextHop
from gateway.smtp.connection import Connection

Opener = Callable[[NextHop], Awaitable[Connection]]


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long connections are kept; times in seconds.

    unasked: silence after which a next hop is asked whether it still listens.
    """

    longest_idle: float = 30.0
    unasked: float = 5.0
    most_transactions: int = 100


class Pool:
    """Keeps connections by next hop: host, port, address, TLS, credentials and all."""

    def __init__(self, opener: Opener, keeping: Keeping) -> None:
        """Open connections with `opener`."""
        self._opener = opener
        self._keeping = keeping
        self._doors: dict[tuple[str, int, int], Door] = {}
        self._is_closed = False

    @asynccontextmanager
    async def door(self, hop: NextHop) -> AsyncIterator["Door"]:
        """Wait, first come, first served, until one more connection may be used there."""
        place = hop.host, hop.port, hop.most_connections
        door = self._doors.get(place)
        if door is None:
            door = Door(self._opener, self._keeping, hop.most_connections)
            door.when_unused = lambda: self._forget(place)
            door.is_closed = self._is_closed
            self._doors[place] = door
        async with door.turn():
            yield door

    def close(self) -> None:
        """Close what is idle, and whatever is given back from now on."""
        self._is_closed = True
        for door in list(self._doors.values()):
            door.close()

    @property
    def open_connections(self) -> int:
        """How many connections are open, used or idle."""
        return sum(door.open for door in self._doors.values())

    def _forget(self, place: tuple[str, int, int]) -> None:
        self._doors.pop(place, None)


@dataclass(eq=False, slots=True)
class _Idle:
    connection: Connection
    since: float
    closing: asyncio.TimerHandle | None = None


class Door:
    """A host and port, where at most so many connections lead."""

    def __init__(self, opener: Opener, keeping: Keeping, most: int) -> None:
        """Let at most `most` connections be open, used or idle."""
        self.open = 0
        self.is_closed = False
        self.when_unused: Callable[[], None] = lambda: None
        self._opener = opener
        self._keeping = keeping
        self._most = most
        self._turns = asyncio.Semaphore(most)
        self._users = 0
        self._idle: deque[_Idle] = deque()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until one connection more may be used."""
        self._users += 1
        try:
            async with self._turns:
                yield
        finally:
            self._users -= 1
            self._tell_if_unused()

    async def kept(self, hop: NextHop) -> Connection | None:
        """Return an idle connection to this next hop that still works, or None."""
        while True:
            # The latest one: it is the least likely to have been closed by the next hop.
            idle = next((idle for idle in reversed(self._idle) if idle.connection.hop == hop), None)
            if idle is None:
                return None
            connection = self._take(idle)
            silence = asyncio.get_running_loop().time() - idle.since
            try:
                if connection.is_open and (
                    (silence <= self._keeping.unasked and not connection.needs_reset)
                    or await connection.is_alive()
                ):
                    return connection
            except BaseException:
                self._discard(connection)
                raise
            self._discard(connection)

    async def opened(self, hop: NextHop) -> Connection:
        """Return a new connection; raises what the opener raises."""
        if self.open >= self._most and self._idle:
            self._close_idle(self._idle[0])
        self.open += 1
        try:
            return await self._opener(hop)
        except BaseException:
            self.open -= 1
            raise

    def give_back(self, connection: Connection) -> None:
        """Keep a connection for others; close it if it has served its time."""
        is_spent = connection.transactions >= self._keeping.most_transactions
        if self.is_closed or is_spent or not connection.is_open:
            connection.close()
            self.open -= 1
            return
        loop = asyncio.get_running_loop()
        idle = _Idle(connection, loop.time())
        idle.closing = loop.call_later(self._keeping.longest_idle, self._close_idle, idle)
        self._idle.append(idle)

    def close(self) -> None:
        """Close what is idle, and whatever is given back from now on."""
        self.is_closed = True
        while self._idle:
            self._close_idle(self._idle[0])

    def _close_idle(self, idle: _Idle) -> None:
        self._take(idle).close()
        self.open -= 1
        self._tell_if_unused()

    def _take(self, idle: _Idle) -> Connection:
        if idle.closing is not None:
            idle.closing.cancel()
        self._idle.remove(idle)
        return idle.connection

    def _discard(self, connection: Connection) -> None:
        connection.abort()
        self.open -= 1

    def _tell_if_unused(self) -> None:
        if not self._users and not self.open:
            self.when_unused()

"""Connections to next hops, kept open for a while and used again."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gateway.ports.relay import NextHop
from gateway.smtp.connection import Connection

MOST_TRANSACTIONS = 100
LONGEST_IDLE = 30.0
UNASKED_IDLE = 5.0
"""Seconds of silence after which a next hop is asked whether it still listens."""


@dataclass(eq=False, slots=True)
class _Idle:
    connection: Connection
    since: float
    closing: asyncio.TimerHandle


@dataclass(eq=False, slots=True)
class _Door:
    """A host and port, where at most so many connections lead."""

    turns: asyncio.Semaphore
    most: int
    open: int = 0
    users: int = 0
    idle: deque[_Idle] = field(default_factory=deque)


class Turn:
    """The right to one connection to a next hop, for one copy."""

    def __init__(self, pool: "Pool", door: _Door, hop: NextHop) -> None:
        self._pool = pool
        self._door = door
        self._hop = hop

    async def kept(self) -> Connection | None:
        """Return a kept connection that still works, or None."""
        return await self._pool._kept(self._door, self._hop)  # noqa: SLF001 (its other half)

    async def opened(self) -> Connection:
        """Return a new connection; raises what the opener raises."""
        return await self._pool._opened(self._door, self._hop)  # noqa: SLF001

    def give_back(self, connection: Connection) -> None:
        """Keep it for others, or close it if it has served its time."""
        self._pool._give_back(self._door, connection)  # noqa: SLF001


class Pool:
    """Keeps connections by next hop: host, port, address, TLS, credentials and all."""

    def __init__(
        self,
        opener: Callable[[NextHop], Awaitable[Connection]],
        *,
        longest_idle: float = LONGEST_IDLE,
        most_transactions: int = MOST_TRANSACTIONS,
        unasked_idle: float = UNASKED_IDLE,
    ) -> None:
        """Open connections with `opener`; the times are seconds."""
        self._opener = opener
        self._longest_idle = longest_idle
        self._most_transactions = most_transactions
        self._unasked_idle = unasked_idle
        self._doors: dict[tuple[str, int, int], _Door] = {}
        self._is_closed = False

    @asynccontextmanager
    async def turn(self, hop: NextHop) -> AsyncIterator[Turn]:
        """Wait, first come, first served, until one more connection may be used."""
        place = hop.host, hop.port, hop.most_connections
        door = self._doors.get(place)
        if door is None:
            turns = asyncio.Semaphore(hop.most_connections)
            door = self._doors[place] = _Door(turns, hop.most_connections)
        door.users += 1
        try:
            async with door.turns:
                yield Turn(self, door, hop)
        finally:
            door.users -= 1
            self._forget_unused()

    def close(self) -> None:
        """Close what is idle, and whatever is given back from now on."""
        self._is_closed = True
        for door in list(self._doors.values()):
            while door.idle:
                self._close_idle(door, door.idle[0])

    @property
    def open_connections(self) -> int:
        """How many connections are open, used or idle."""
        return sum(door.open for door in self._doors.values())

    async def _kept(self, door: _Door, hop: NextHop) -> Connection | None:
        now = asyncio.get_running_loop().time()
        while True:
            # The latest one: it is the least likely to have been closed by the next hop.
            idle = next((idle for idle in reversed(door.idle) if idle.connection.hop == hop), None)
            if idle is None:
                return None
            door.idle.remove(idle)
            idle.closing.cancel()
            connection = idle.connection
            is_due = connection.needs_reset or now - idle.since > self._unasked_idle
            try:
                if connection.is_open and (not is_due or await connection.is_alive()):
                    return connection
            except BaseException:
                connection.abort()
                door.open -= 1
                raise
            connection.abort()
            door.open -= 1

    async def _opened(self, door: _Door, hop: NextHop) -> Connection:
        if door.open >= door.most and door.idle:
            self._close_idle(door, door.idle[0])
        door.open += 1
        try:
            return await self._opener(hop)
        except BaseException:
            door.open -= 1
            raise

    def _give_back(self, door: _Door, connection: Connection) -> None:
        is_spent = connection.transactions >= self._most_transactions
        if self._is_closed or is_spent or not connection.is_open:
            connection.close()
            door.open -= 1
            return
        loop = asyncio.get_running_loop()
        idle = _Idle(
            connection,
            loop.time(),
            loop.call_later(self._longest_idle, lambda: self._close_idle(door, idle)),
        )
        door.idle.append(idle)

    def _close_idle(self, door: _Door, idle: _Idle) -> None:
        idle.closing.cancel()
        door.idle.remove(idle)
        idle.connection.close()
        door.open -= 1
        self._forget_unused()

    def _forget_unused(self) -> None:
        for place, door in list(self._doors.items()):
            if not door.users and not door.open:
                del self._doors[place]

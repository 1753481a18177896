"""Handing mail on: the Relay port, over kept connections."""

import asyncio

from gateway.mail.replies import Reply
from gateway.ports.relay import Attempted, BeforeDot, NextHop, Outgoing
from gateway.ports.world import Clock
from gateway.rules.outcome import Stage, Trouble
from gateway.runtime.world import SystemClock
from gateway.smtp.connection import SERVICE_CLOSING, Connection, Ended, Timeouts
from gateway.smtp.dialling import Dialler, TlsContexts
from gateway.smtp.pool import Door, Keeping, Pool


class SmtpRelay:
    """Hands mail on, one recipient per transaction."""

    def __init__(
        self,
        hostname: str,
        contexts: TlsContexts,
        *,
        timeouts: Timeouts | None = None,
        keeping: Keeping | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Say EHLO as `hostname`."""
        dialler = Dialler(hostname, contexts, timeouts or Timeouts(), clock or SystemClock())
        self._pool = Pool(dialler.open, keeping or Keeping())

    async def relay(self, hop: NextHop, copy: Outgoing, *, before_dot: BeforeDot) -> Attempted:
        """Return how the attempt ended, whatever the next hop does.

        Waits while as many connections to the hop are in use as may be; that time is not
        counted. What `before_dot` raises comes through, and the mail was not sent then.
        """
        async with self._pool.door(hop) as door:
            loop = asyncio.get_running_loop()
            began = loop.time()
            ended = await self._by_kept(door, hop, copy, before_dot)
            is_new = ended is None
            if ended is None:
                ended = await self._by_new(door, hop, copy, before_dot)
        connection, stage, answer = ended
        return Attempted(
            next_hop=hop,
            tls=connection.tls if connection else "none",
            stage=stage,
            answer=answer,
            ms=round(1000 * (loop.time() - began)),
            tls_failure=connection.tls_failure if connection else "",
            is_new=is_new,
            reports=connection is not None and connection.reports,
        )

    def close(self) -> None:
        """Close the connections that are idle, and the others after their transaction."""
        self._pool.close()

    @property
    def open_connections(self) -> int:
        """How many connections are open, used or idle."""
        return self._pool.open_connections

    async def _by_kept(
        self, door: Door, hop: NextHop, copy: Outgoing, before_dot: BeforeDot
    ) -> "_End | None":
        """Return the end over a kept connection; None if there is none, or it has gone stale.

        A next hop may close at any time between transactions: that says nothing about the mail.
        """
        connection = await door.kept(hop)
        if connection is None:
            return None
        end = await self._transact(door, connection, copy, before_dot)
        return None if _is_stale(end) else end

    async def _by_new(
        self, door: Door, hop: NextHop, copy: Outgoing, before_dot: BeforeDot
    ) -> "_End":
        try:
            connection = await door.opened(hop)
        except Ended as ended:
            return None, ended.stage, ended.answer
        return await self._transact(door, connection, copy, before_dot)

    async def _transact(
        self, door: Door, connection: Connection, copy: Outgoing, before_dot: BeforeDot
    ) -> "_End":
        try:
            reply = await connection.transact(copy, before_dot)
        except Ended as ended:
            return connection, ended.stage, ended.answer
        finally:
            door.give_back(connection)
        return connection, Stage.DOT, reply


_End = tuple[Connection | None, Stage, Reply | Trouble]


def _is_stale(end: _End) -> bool:
    connection, stage, answer = end
    if connection is None or connection.is_open or stage is not Stage.MAIL:
        return False
    return isinstance(answer, Trouble) or answer.code == SERVICE_CLOSING

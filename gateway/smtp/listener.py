"""A listener: opens sockets, lets connections in, and lets them out again."""

import asyncio
import socket
import ssl
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from gateway.mail.errors import ConfigError, MailError
from gateway.runtime.networks import Network, is_within, network_of, plain_address
from gateway.smtp.limits import SessionLimits
from gateway.smtp.proxy import read_header
from gateway.smtp.session import Session
from gateway.smtp.station import Guest, ListenerConfig, Role, Station

BACKLOG = 512
ACCEPT_PAUSE = 0.5  # seconds, where the system has no descriptor left for us

log = structlog.get_logger(__name__)


class Listener:
    """Serves one role on some addresses.

    Not aiosmtpd's Controller, which runs a thread and fails on port 0.
    """

    def __init__(
        self,
        config: ListenerConfig,
        addresses: Sequence[str] = (),
        sockets: Sequence[socket.socket] = (),
    ) -> None:
        """Listen on `addresses`, each "host:port" or "[host]:port", and on given `sockets`."""
        self._config = config
        self._wanted = tuple(addresses)
        self._sockets = list(sockets)
        self._station = Station(config)
        self._servers: list[asyncio.Server] = []
        self._accepting: list[asyncio.Task[None]] = []
        self._arriving: set[asyncio.Task[None]] = set()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where clients get in: as the configuration writes it, with the port that was taken."""
        return tuple(_written(listening.getsockname()) for listening in self._sockets)

    @property
    def sessions(self) -> int:
        """How many sessions there are."""
        return len(self._station.guests)

    async def start(self) -> None:
        """Open the sockets and serve. Raises ConfigError, and then holds no socket."""
        if self._config.role is Role.SUBMISSIONS and self._config.tls is None:
            raise ConfigError("submissions needs [tls] certificate and key")
        loop = asyncio.get_running_loop()
        try:
            for address in self._wanted:
                self._sockets += await _opened(address)
        except ConfigError:
            self._close_sockets()
            raise
        for listening in self._sockets:
            listening.setblocking(False)
            if self._config.role is Role.SUBMISSIONS or self._config.proxy_networks:
                self._accepting.append(loop.create_task(self._accept(listening)))
            else:
                self._servers.append(
                    await loop.create_server(self._session, sock=listening, backlog=BACKLOG)
                )

    def replace_tls(self, context: ssl.SSLContext | None) -> None:
        """Use another certificate for handshakes from now on; sessions go on as they are."""
        self._station.tls = context

    def apply(self, limits: SessionLimits, plain_networks: tuple[Network, ...]) -> None:
        """Let sessions that begin from now on have these limits.

        The size of a message and the memory for them stay: buffers were made for them.
        """
        was = self._config.limits
        limits = replace(limits, message=was.message, spool_memory=was.spool_memory)
        self._config = replace(self._config, limits=limits, plain_networks=plain_networks)
        self._station.apply(self._config)

    async def drain(self, patience: timedelta) -> int:
        """Let nobody in, end sessions between transactions, wait for the others.

        Returns how many sessions were left when `patience` was over.
        """
        await self._stop_accepting()
        self._station.is_retiring = True
        for guest in tuple(self._station.guests):
            guest.retire()
        await self._wait_for(self._station.guests, patience.total_seconds())
        return self.sessions

    async def close(self) -> None:
        """Cut what is left off; what is being stored right then is waited for."""
        await self._stop_accepting()
        self._station.is_retiring = True
        for guest in tuple(self._station.guests):
            guest.cut()
        await self._wait_for(self._station.guests)

    @staticmethod
    async def _wait_for(guests: Collection[Guest], seconds: float | None = None) -> None:
        tasks = [guest.task for guest in guests]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
            await asyncio.sleep(0)  # let them give back what they held

    async def _stop_accepting(self) -> None:
        for server in self._servers:
            server.close()
        for task in (*self._accepting, *self._arriving):
            task.cancel()
        await asyncio.gather(*self._accepting, *self._arriving, return_exceptions=True)
        self._accepting.clear()
        self._servers.clear()
        self._close_sockets()

    def _close_sockets(self) -> None:
        for listening in self._sockets:
            listening.close()
        self._sockets.clear()

    def _session(self) -> Session:
        return Session(self._station, asyncio.get_running_loop())

    # Where a PROXY header or TLS comes first, connections are accepted here: the header must
    # be read to its last octet and no further, and the certificate may change at any time.

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(listening)
            except OSError as error:
                log.warning("listener.failed", error=error.strerror)
                await asyncio.sleep(ACCEPT_PAUSE)
                continue
            if len(self._arriving) >= self._config.limits.connections:
                connection.close()
                continue
            task = loop.create_task(self._let_in(connection, address))
            self._arriving.add(task)
            task.add_done_callback(self._arriving.discard)

    async def _let_in(self, connection: socket.socket, address: tuple[str, int]) -> None:
        try:
            origin = await self._origin(connection, address)
            if self._config.role is Role.SUBMISSIONS:
                await self._let_in_by_tls(connection, origin)
            else:
                await asyncio.get_running_loop().connect_accepted_socket(
                    lambda: self._made(origin), connection
                )
        except (MailError, OSError, TimeoutError) as error:
            self._config.meter.refused("preface")
            log.info("session.refused", peer=address[0], reason=str(error) or "timeout")
            connection.close()
        except asyncio.CancelledError:
            connection.close()
            raise

    def _made(self, origin: tuple[str, int], *, is_counted: bool = False) -> Session:
        loop = asyncio.get_running_loop()
        return Session(self._station, loop, origin, is_counted=is_counted)

    async def _origin(self, connection: socket.socket, address: tuple[str, int]) -> tuple[str, int]:
        peer = plain_address(address[0])
        if not is_within(peer, self._config.proxy_networks):
            return peer, address[1]
        async with asyncio.timeout(self._station.seconds.preface_time):
            named = await read_header(connection)
        return (plain_address(named[0]), named[1]) if named else (peer, address[1])

    async def _let_in_by_tls(self, connection: socket.socket, origin: tuple[str, int]) -> None:
        connections = self._config.quotas.connections
        network = network_of(origin[0])
        if self._station.tls is None or not connections.enter(network):
            # Nothing can be said before the handshake, which would cost more than it tells.
            self._config.meter.refused("connections")
            connection.close()
            return
        session = self._made(origin, is_counted=True)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: session,
                connection,
                ssl=self._station.tls,
                ssl_handshake_timeout=self._station.seconds.handshake_time,
                ssl_shutdown_timeout=self._station.seconds.linger,
            )
        finally:
            if not session.has_begun:  # else it counts itself out
                connections.leave(network)


async def _opened(address: str) -> list[socket.socket]:
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f'cannot listen on "{address}": write host:port')
    loop = asyncio.get_running_loop()
    opened: list[socket.socket] = []
    try:
        found = await loop.getaddrinfo(
            None if host in {"", "*"} else host,
            int(port),
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
        for family, kind, protocol, _, where in dict.fromkeys(found):
            listening = socket.socket(family, kind, protocol)
            opened.append(listening)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listening.bind(where)
            listening.listen(BACKLOG)
    except OSError as error:
        for listening in opened:
            listening.close()
        raise ConfigError(f'cannot listen on "{address}": {error.strerror}') from error
    return opened


def _written(where: tuple[str, int]) -> str:
    host, port = where[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

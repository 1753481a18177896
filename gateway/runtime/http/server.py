"""The embedded HTTP server: uvicorn inside our own process, without its signal handlers."""

import asyncio
import contextlib
import socket
from collections.abc import Generator, Sequence
from datetime import timedelta

import uvicorn
from starlette.types import ASGIApp

from gateway.mail.errors import ConfigError
from gateway.runtime.http.draining import Draining
from gateway.runtime.http.protocol import HttpLimits, PatientConfig

_BACKLOG = 2048


class _Uvicorn(uvicorn.Server):
    """uvicorn that leaves signals to us and says when it listens."""

    def __init__(self, config: PatientConfig) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # uvicorn has no switch for this; the process' own handlers stop us.
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


class HttpServer:
    """Serves one application on some listeners."""

    def __init__(
        self, app: ASGIApp, limits: HttpLimits, *, drain: timedelta, draining: Draining
    ) -> None:
        """Prepare; drain: how long `stop` waits for requests under way.

        draining: told when a stop begins, so that held requests end by themselves.
        """
        self._server = _Uvicorn(PatientConfig(app, limits, drain=drain))
        self._draining = draining
        self._task: asyncio.Task[None] | None = None

    async def start(self, listeners: Sequence[tuple[str, int] | socket.socket]) -> tuple[str, ...]:
        """Listen, and return the real addresses as "host:port".

        listeners: hosts and ports (0 takes a free one), or bound sockets, which are taken over.

        Raises ConfigError if an address can't be listened on.
        """
        sockets: list[socket.socket] = []
        try:
            for listener in listeners:
                if isinstance(listener, socket.socket):
                    sockets.append(listener)
                else:
                    sockets += await _bound(*listener)
        except BaseException:
            for bound in sockets:
                bound.close()
            raise
        addresses = tuple(_address(bound) for bound in sockets)
        self._task = asyncio.create_task(self._server.serve(sockets), name="http")
        listens = asyncio.create_task(self._server.listens.wait())
        await asyncio.wait({self._task, listens}, return_when=asyncio.FIRST_COMPLETED)
        listens.cancel()
        if self._task.done():
            await self._task
        return addresses

    async def stop(self) -> None:
        """Accept nothing more, wait for what is under way, then close."""
        self._draining.begin()
        self._server.should_exit = True
        if self._task is not None:
            await self._task


async def _bound(host: str, port: int) -> list[socket.socket]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ConfigError(f"[listen] http: {host} is not an address of this machine") from error
    sockets: list[socket.socket] = []
    for family, kind, protocol, _, address in dict.fromkeys(found):
        bound = socket.socket(family, kind, protocol)
        sockets.append(bound)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            bound.bind(address)
            bound.listen(_BACKLOG)
            bound.setblocking(False)
        except OSError as error:
            for other in sockets:
                other.close()
            raise ConfigError(f"[listen] http: {host}:{port}: {error.strerror}") from error
    return sockets


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

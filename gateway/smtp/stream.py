"""One connection: what asyncio and aiosmtpd call, bytes out, TLS, and the end."""

import asyncio
import contextlib
from abc import abstractmethod
from typing import cast

import structlog
from aiosmtpd.smtp import SMTP

from gateway.runtime.networks import network_of, plain_address
from gateway.smtp.station import Station
from gateway.smtp.wire import Hangup, TooLate, Wire

log = structlog.get_logger(__name__)


class Stream(SMTP):
    """The part of a session that knows no SMTP.

    Of aiosmtpd's class this keeps the life of a connection: its place under asyncio's
    streams, and the task that serves it, `_handle_client`. Lines, limits, errors and commands
    are handled above this, because aiosmtpd's own loop takes bare LF, shares its limits among
    connections, cancels a running commit when the client closes its side, and sends the text
    of exceptions out.
    """

    def __init__(
        self,
        station: Station,
        loop: asyncio.AbstractEventLoop,
        origin: tuple[str, int] | None = None,
        *,
        is_counted: bool = False,
    ) -> None:
        """Serve a client of `station`.

        origin: the real peer where a PROXY header named one.
        is_counted: the connection has been let in already, and is only to be counted out.
        """
        # Not SMTP.__init__, which costs a fifth of a short session: it inspects the class,
        # and looks its own host up. What follows is what the methods that we keep rely on.
        self._wire = Wire(loop)
        asyncio.StreamReaderProtocol.__init__(self, self._wire, loop=loop)
        self.loop = loop
        self.session = None
        self.envelope = None
        self.transport = None
        self._original_transport = None
        self._handler_coroutine = None

        self.station = station
        self.address, self.port = origin or ("", 0)
        self.tls_version: str | None = None
        self.is_committing = False
        self._network = ""
        self._is_counted = is_counted
        self._is_metered = False
        self._is_stranger = False
        self._stream: asyncio.Transport | None = None
        self._outbox = bytearray()
        self._unclogged: asyncio.Future[None] | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: aiosmtpd starts `_handle_client` as a task."""
        # uvloop's transports are none of asyncio's classes, but do what those do.
        self._stream = transport = cast("asyncio.Transport", transport)
        if not self.address:
            # None where the client left before it was accepted; then the end comes by itself.
            host, port = (transport.get_extra_info("peername") or ("", 0))[:2]
            self.address, self.port = plain_address(host), port
        self._network = network_of(self.address)
        self._note_tls()
        super().connection_made(transport)
        self.station.guests.add(self)
        self.task.add_done_callback(self._leave)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        self._wire.feed_data(data)

    def eof_received(self) -> bool:
        """Note that the client sends no more; what runs goes on, and its reply is still sent."""
        self._wire.feed_eof()
        return self.tls_version is None  # TLS has no half-closed state here

    def connection_lost(self, error: Exception | None) -> None:
        """Let the session find out by itself: a commit that runs must not be broken off."""
        self._wire.feed_eof()
        self._unclog()
        self._stream = None
        asyncio.StreamReaderProtocol.connection_lost(self, error)

    def pause_writing(self) -> None:
        """Note that the client does not read its replies."""
        super().pause_writing()
        self._unclogged = self.loop.create_future()

    def resume_writing(self) -> None:
        """Note that it reads again."""
        super().resume_writing()
        self._unclog()

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Do nothing: the wire keeps the deadlines, where aiosmtpd sets a timer a command."""

    # What the listener calls.

    @property
    def task(self) -> "asyncio.Task[None]":
        """What serves the connection."""
        assert self._handler_coroutine is not None
        return self._handler_coroutine

    @property
    def has_begun(self) -> bool:
        """True once there is a task."""
        return self._handler_coroutine is not None

    @abstractmethod
    def retire(self) -> None:
        """End at the next moment that breaks no transaction off."""

    def cut(self) -> None:
        """End now, or as soon as nothing is being stored."""
        if self._stream is not None:
            self._stream.abort()
        if not self.is_committing:
            self.task.cancel()

    # What the session calls.

    def let_in(self) -> bool:
        """Return whether there is a place for this connection, and take it."""
        config = self.station.config
        connections = config.quotas.connections
        if not self._is_counted:
            self._is_counted = connections.enter(self._network)
        if not self._is_counted:
            return False
        if config.role.signs_in:
            self._is_stranger = connections.wait_for_sign_in()
            if not self._is_stranger:
                return False
        self._is_metered = True
        config.meter.connected()
        return True

    def be_known(self) -> None:
        """Take no stranger's place any more."""
        if self._is_stranger:
            self._is_stranger = False
            self.station.config.quotas.connections.sign_in()

    def say(self, line: bytes) -> None:
        """Send a line, at the latest before the session waits."""
        self._outbox += line

    async def flush(self) -> None:
        """Hand what was said to the transport; wait if the client does not read."""
        if self._outbox and self._stream is not None and not self._stream.is_closing():
            self._stream.write(bytes(self._outbox))
        self._outbox.clear()
        if self._unclogged is not None:
            try:
                await asyncio.wait_for(self._unclogged, self.station.seconds.idle)
            except TimeoutError:
                self.cut()

    async def start_tls(self) -> bool:
        """Put TLS under the connection and forget what came before; False if it failed."""
        context = self.station.tls
        assert context is not None
        await self.flush()
        if self._stream is None:
            return False
        # What arrived in clear text behind STARTTLS may be another's word (CVE-2011-0411,
        # CVE-2024-34083). No await stands between here and the change of protocol below, so
        # nothing gets in after it.
        self._wire.drop()
        try:
            stream = await self.loop.start_tls(
                self._stream,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=self.station.seconds.handshake_time,
                ssl_shutdown_timeout=self.station.seconds.linger,
            )
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            self.station.config.meter.refused("tls")
            log.info("tls.failed", peer=self.address, error=type(error).__name__)
            return False
        if stream is None:  # the client left in the middle
            return False
        self._stream = self.transport = stream
        self._wire.set_transport(stream)
        self._note_tls()
        return True

    async def part(self, *, is_broken_off: bool) -> None:
        """Send the last words and close.

        is_broken_off: the client may still be sending. A socket that is closed while bytes
            come resets the connection, and the client never reads why; so we listen a little.
        """
        await self.flush()
        if self._stream is None or self._stream.is_closing():
            return
        if is_broken_off:
            if self._stream.can_write_eof():
                with contextlib.suppress(OSError):  # the client was quicker
                    self._stream.write_eof()
            deadline = self.loop.time() + self.station.seconds.linger
            with contextlib.suppress(TooLate, Hangup):
                while True:
                    await self._wire.block(deadline)
        if self._stream is not None:
            self._stream.close()

    def _note_tls(self) -> None:
        assert self._stream is not None
        tls = self._stream.get_extra_info("ssl_object")
        self.tls_version = tls.version() if tls is not None else None

    def _unclog(self) -> None:
        if self._unclogged is not None and not self._unclogged.done():
            self._unclogged.set_result(None)
        self._unclogged = None

    def _leave(self, task: "asyncio.Task[None]") -> None:
        """Give back what the session held, however it ended."""
        self._wire.stop()
        self.station.guests.discard(self)
        self.be_known()
        if self._is_counted:
            self.station.config.quotas.connections.leave(self._network)
        if self._is_metered:
            self.station.config.meter.disconnected()
        if self._stream is None:
            pass
        elif not self._stream.is_closing():
            self._stream.abort()
        elif self._stream.get_write_buffer_size():
            # Closing waits for a client to read its last replies; some never do.
            self.loop.call_later(self.station.seconds.linger, self._stream.abort)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("session.failed", peer=self.address, exc_info=error)

"""One connection as a dialogue: commands in, replies out, budgets, and its end."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, cast

import structlog
from aiosmtpd.smtp import SMTP

from gateway.mail.errors import Fault
from gateway.mail.replies import Reply
from gateway.smtp.budget import Budget
from gateway.smtp.networks import network_of, plain_address
from gateway.smtp.station import Station
from gateway.smtp.wire import Hangup, LineTooLong, TooLate, Wire
from gateway.smtp.wording import (
    BARE_LINE_END,
    GIVING_UP,
    LOCAL_FAULT,
    NOT_SMTP,
    RETIRING,
    TOO_LATE,
    TOO_LONG,
    TOO_MANY_CONNECTIONS,
    TOO_MANY_ERRORS,
    UNKNOWN,
    written,
)

BURST = 32  # commands obeyed at a stretch before other sessions get their turn
OUTBOX_OCTETS = 16 * 1024  # replies gathered for one write while a client pipelines
CROWDED_IDLE = 0.2  # of the idle time, while connections are scarce

# What browsers say when a page makes them talk to us; their next lines may hold mail commands.
FOREIGN_VERBS = frozenset({b"GET", b"POST", b"PUT", b"HEAD", b"CONNECT", b"OPTIONS"})

log = structlog.get_logger(__name__)


class Retired(Exception):  # noqa: N818 (not an error)
    """The listener wants this session to end, and it may."""


class Speaker(SMTP):
    """The part of a session that knows no mail: lines, replies, and when to stop.

    Of aiosmtpd's class this keeps the life of a connection (the task that serves it, its
    place under asyncio's streams); lines, limits, errors and commands are handled here,
    because aiosmtpd's own loop takes bare LF, shares its limits among connections, cancels
    a running commit when the client closes its side, and sends the text of exceptions out.
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
        self.limits = station.config.limits
        self.address, self.port = origin or ("", 0)
        self.tls_version: str | None = None
        self._network = ""
        self._is_counted = is_counted
        self._stream: asyncio.Transport | None = None
        self._outbox = bytearray()
        self._unclogged: asyncio.Future[None] | None = None
        self._is_over = False
        self._is_waiting = False
        self.has_content_under_way = False
        self.is_committing = False
        self.end_of_life = loop.time() + station.seconds.lifetime
        self.budget = Budget(self.limits, loop.time())

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

    def retire(self) -> None:
        """End at the next moment that breaks no transaction off."""
        if self._is_waiting and not self.is_in_transaction:
            self._wire.interrupt(Retired())

    def cut(self) -> None:
        """End now, or as soon as nothing is being stored."""
        if self._stream is not None:
            self._stream.abort()
        if not self.is_committing:
            self.task.cancel()

    # What the subclass adds.

    @property
    def is_in_transaction(self) -> bool:
        """True between MAIL and the reply to its content."""
        raise NotImplementedError

    def end_transaction(self) -> None:
        """Forget envelope and content."""
        raise NotImplementedError

    def command(self, verb: bytes) -> Callable[[Any, str], Awaitable[None]] | None:
        """Return what to do for `verb`, in capitals, or None.

        aiosmtpd looks its methods through for each connection, and would take a new one
        for a command; here a table says what there is.
        """
        raise NotImplementedError

    # What commands use.

    def answer(self, reply: Reply) -> None:
        """Send `reply`, at the latest before the session waits; 421 ends it.

        Each refusal for good counts; one too many, and 421 is said instead.
        """
        if reply.is_final and not self.budget.err():
            self.station.config.meter.refused("errors")
            reply = TOO_MANY_ERRORS
        self._outbox += written(reply)
        if reply.code == 421:
            self._is_over = True

    def say(self, line: bytes) -> None:
        """Send a line that needs no judging: a good reply, ready made."""
        self._outbox += line

    def end(self) -> None:
        """End the session once what was said is sent."""
        self._is_over = True

    def spend(self) -> bool:
        """Return whether a command that leads nowhere may be obeyed still."""
        if self.budget.idle(self.loop.time()):
            return True
        self.station.config.meter.refused("idle_commands")
        self.answer(TOO_MANY_ERRORS)
        return False

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

    async def ask_line(self, most: int) -> bytes:
        """Send what was said and return the client's next line without its line end.

        Raises LineTooLong, TooLate, Hangup.
        """
        await self.flush()
        line = await self._wire.line(most, self.loop.time() + self._idle())
        return line.rstrip(b"\r\n")

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
            )
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            self.note_tls_failure(error)
            return False
        if stream is None:  # the client left in the middle
            return False
        self._stream = self.transport = stream
        self._wire.set_transport(stream)
        self._note_tls()
        return True

    def note_tls_failure(self, error: Exception) -> None:
        """Log a handshake that failed."""
        self.station.config.meter.refused("tls")
        log.info("tls.failed", peer=self.address, error=type(error).__name__)

    # The dialogue.

    async def _handle_client(self) -> None:
        try:
            await self._serve()
        except Hangup:
            pass
        except Retired:
            self.answer(RETIRING)
        except TooLate:
            self.station.config.meter.refused("late")
            self.answer(TOO_LATE)
        except Exception:
            log.exception("session.failed", peer=self.address)
            self.answer(GIVING_UP)
        finally:
            self.end_transaction()
        await self._part()

    async def _serve(self) -> None:
        if not self._is_counted:
            self._is_counted = self.station.config.quotas.connections.enter(self._network)
        if not self._is_counted:
            self.station.config.meter.refused("connections")
            log.info("session.refused", peer=self.address, reason="connections")
            self.answer(TOO_MANY_CONNECTIONS)
            return
        self.station.config.meter.connected()
        self._outbox += f"220 {self.station.config.hostname} ESMTP\r\n".encode()
        obeyed = 0
        while not self._is_over:
            obeyed += 1
            if not self._wire.has_line or len(self._outbox) > OUTBOX_OCTETS:
                await self.flush()
            elif obeyed % BURST == 0:
                await asyncio.sleep(0)
            if self.station.is_retiring and not self.is_in_transaction:
                raise Retired
            self._is_waiting = True
            try:
                line = await self._wire.line(
                    self.limits.auth_octets, self.loop.time() + self._idle()
                )
            except LineTooLong:
                self.answer(TOO_LONG)
                continue
            finally:
                self._is_waiting = False
            await self._obey(line)

    async def _obey(self, line: bytes) -> None:
        if line.find(b"\r") != len(line) - 2 or b"\0" in line:
            self.answer(BARE_LINE_END)
            return
        verb, _, argument = line[:-2].partition(b" ")
        verb = verb.upper()
        command = self.command(verb)
        if command is None:
            self._refuse_verb(verb)
        elif len(line) > self._octets(verb):
            self.answer(TOO_LONG)
        else:
            try:
                await command(self, argument.decode("utf-8", "surrogateescape").strip(" "))
            except (Hangup, TooLate):
                raise
            except Exception as error:
                # Never the text of an exception, and never a refusal for good: the fault is
                # ours, and the client's mail must not bounce for it.
                if isinstance(error, Fault):
                    log.warning("session.fault", peer=self.address, error=str(error))
                else:
                    log.exception("session.fault", peer=self.address)
                self.station.config.meter.refused("fault")
                self.answer(GIVING_UP if self.has_content_under_way else LOCAL_FAULT)

    def _refuse_verb(self, verb: bytes) -> None:
        if verb in FOREIGN_VERBS:
            self.answer(NOT_SMTP)
            self.end()
        else:
            self.answer(UNKNOWN)

    def _octets(self, verb: bytes) -> int:
        if verb in {b"MAIL", b"RCPT"}:
            return self.limits.path_octets
        return self.limits.auth_octets if verb == b"AUTH" else self.limits.command_octets

    def _idle(self) -> float:
        idle = self.station.seconds.idle
        return idle * CROWDED_IDLE if self.station.config.quotas.connections.is_crowded else idle

    def _note_tls(self) -> None:
        assert self._stream is not None
        tls = self._stream.get_extra_info("ssl_object")
        self.tls_version = tls.version() if tls is not None else None

    def _unclog(self) -> None:
        if self._unclogged is not None and not self._unclogged.done():
            self._unclogged.set_result(None)
        self._unclogged = None

    async def _part(self) -> None:
        """Send the last words.

        A socket that is closed while bytes still come resets the connection, and the client
        never reads why; so a session that breaks off listens a little longer.
        """
        is_broken_off = not self._wire.is_empty or self.has_content_under_way
        await self.flush()
        if self._stream is None:
            return
        if self._is_counted and is_broken_off:
            if self._stream.can_write_eof():
                self._stream.write_eof()
            deadline = self.loop.time() + self.station.seconds.linger
            with contextlib.suppress(TooLate, Hangup):
                while True:
                    await self._wire.block(deadline)
        if self._stream is not None:
            self._stream.close()

    def _leave(self, task: "asyncio.Task[None]") -> None:
        """Give back what the session held, however it ended."""
        self._wire.stop()
        self.station.guests.discard(self)
        if self._is_counted:
            self.station.config.quotas.connections.leave(self._network)
            self.station.config.meter.disconnected()
        if self._stream is not None and not self._stream.is_closing():
            self._stream.abort()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("session.failed", peer=self.address, exc_info=error)

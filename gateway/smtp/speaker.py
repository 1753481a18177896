"""A dialogue: commands in, replies out, budgets, and when to stop."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from gateway.mail.errors import Fault
from gateway.mail.replies import Reply
from gateway.smtp.budget import Budget
from gateway.smtp.station import Station
from gateway.smtp.stream import Stream
from gateway.smtp.wire import Hangup, LineTooLong, TooLate
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


class Speaker(Stream):
    """The part of a session that knows lines and replies, but no mail."""

    def __init__(
        self,
        station: Station,
        loop: asyncio.AbstractEventLoop,
        origin: tuple[str, int] | None = None,
        *,
        is_counted: bool = False,
    ) -> None:
        """Serve a client of `station`, as `Stream` says."""
        super().__init__(station, loop, origin, is_counted=is_counted)
        self.limits = station.config.limits
        self.budget = Budget(self.limits, loop.time())
        self.end_of_life = loop.time() + station.seconds.lifetime
        self.has_content_under_way = False
        self._is_over = False
        self._is_waiting = False

    def retire(self) -> None:
        """End at the next moment that breaks no transaction off."""
        if self._is_waiting and not self.is_in_transaction:
            self._wire.interrupt(Retired())

    # What the subclass adds.

    @property
    @abstractmethod
    def is_in_transaction(self) -> bool:
        """True between MAIL and the reply to its content."""

    @abstractmethod
    def end_transaction(self) -> None:
        """Forget envelope and content."""

    @abstractmethod
    def command(self, verb: bytes) -> Callable[[Any, str], Awaitable[None]] | None:
        """Return what to do for `verb`, in capitals, or None.

        aiosmtpd looks its methods through for each connection, and would take a new one
        for a command; here a table says what there is.
        """

    # What commands use.

    def answer(self, reply: Reply) -> None:
        """Send `reply`, at the latest before the session waits; 421 ends it.

        Each refusal for good counts; one too many, and 421 is said instead.
        """
        if reply.is_final and not self.budget.err():
            self.station.config.meter.refused("errors")
            reply = TOO_MANY_ERRORS
            self.station.config.quotas.dismissals.count(self._network, self.loop.time())
        self.say(written(reply))
        if reply.code == 421:
            self._is_over = True

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

    async def ask_line(self, most: int) -> bytes:
        """Send what was said and return the client's next line without its CR LF.

        Raises LineTooLong, TooLate, Hangup.
        """
        await self.flush()
        line = await self._wire.line(most, self.loop.time() + self._idle())
        return line.removesuffix(b"\r\n")

    # The dialogue.

    async def _handle_client(self) -> None:
        try:
            if self.let_in():
                dismissals = self.station.config.quotas.dismissals
                if late := dismissals.delay(self._network, self.loop.time()):
                    await asyncio.sleep(late)
                self.say(f"220 {self.station.config.hostname} ESMTP\r\n".encode())
                await self._serve()
            else:
                self.station.config.meter.refused("connections")
                log.info("session.refused", peer=self.address, reason="connections")
                self.answer(TOO_MANY_CONNECTIONS)
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
        is_broken_off = not self._wire.is_empty or self.has_content_under_way
        await self.part(is_broken_off=is_broken_off and not self._wire.is_ended)

    async def _serve(self) -> None:
        obeyed = 0
        while not self._is_over:
            obeyed += 1
            if not self._wire.has_line or len(self._outbox) > OUTBOX_OCTETS:
                await self.flush()
            elif obeyed % BURST == 0:
                await asyncio.sleep(0)
            if self.station.is_retiring and not self.is_in_transaction:
                raise Retired
            deadline = self.loop.time() + self._idle()
            self._is_waiting = True
            try:
                line = await self._wire.line(self.limits.auth_octets, deadline)
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

"""One connection to a next hop: one transaction after another, by aiosmtplib."""

import asyncio
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import cast

import aiosmtplib
from aiosmtplib.errors import SMTPResponseException

from gateway.mail.replies import Reply
from gateway.ports.relay import BeforeDot, NextHop, Outgoing
from gateway.rules.outcome import Obstacle, Stage, Trouble
from gateway.smtp.commands import Offer, envelope_commands
from gateway.smtp.hop_replies import read_reply
from gateway.smtp.pipelining import PipeliningProtocol, stuffed

SERVICE_CLOSING = 421
ONE_PIECE_OCTETS = 32 * 1024
_HANDSHAKES = frozenset({Stage.CONNECT, Stage.EHLO, Stage.TLS})


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that a next hop has at each stage (RFC 5321, section 4.5.3.2)."""

    connect: float = 30
    greeting: float = 300
    command: float = 300
    data: float = 120
    block: float = 180
    final_dot: float = 600
    probe: float = 10


class Ended(Exception):  # noqa: N818 (what it tells may well be a reply)
    """An attempt ended at this stage with this answer, and was not taken."""

    def __init__(self, stage: Stage, answer: Reply | Trouble) -> None:
        super().__init__(stage, answer)
        self.stage = stage
        self.answer = answer


@contextmanager
def translated(stage: Stage) -> Iterator[None]:
    """Turn what the library and the network raise into `Ended` at this stage."""
    try:
        yield
    except SMTPResponseException as error:
        if error.code < 0:  # the library's way to say that it was no SMTP
            words = read_reply(0, error.message).text
            raise Ended(stage, Trouble(Obstacle.GARBLED, words)) from error
        raise Ended(stage, read_reply(error.code, error.message)) from error
    except TimeoutError as error:
        raise Ended(stage, Trouble(Obstacle.TIMED_OUT, _silence(stage))) from error
    except ssl.SSLError as error:
        if stage not in _HANDSHAKES:
            raise Ended(stage, Trouble(Obstacle.LOST, _loss(stage, error))) from error
        words = getattr(error, "verify_message", "") or error.reason or str(error)
        raise Ended(Stage.TLS, Trouble(Obstacle.TLS, f"TLS failed: {words}")) from error
    except OSError as error:
        obstacle = Obstacle.UNREACHABLE if stage is Stage.CONNECT else Obstacle.LOST
        raise Ended(stage, Trouble(obstacle, _loss(stage, error))) from error
    except aiosmtplib.SMTPException as error:
        raise Ended(stage, Trouble(Obstacle.GARBLED, error.message)) from error


def _silence(stage: Stage) -> str:
    if stage is Stage.CONNECT:
        return "their server did not answer in time"
    return f"their server fell silent ({stage})"


def _loss(stage: Stage, error: OSError) -> str:
    if stage is Stage.CONNECT:
        return f"could not connect: {os.strerror(error.errno) if error.errno else error}"
    return f"the connection was lost ({stage})"


class Connection:
    """An open session with a next hop, in which nothing is under way."""

    def __init__(
        self,
        hop: NextHop,
        client: aiosmtplib.SMTP,
        protocol: PipeliningProtocol,
        offer: Offer,
        timeouts: Timeouts,
    ) -> None:
        """Use `client`, which has said EHLO, and is signed in where it has to be."""
        self.hop = hop
        self.transactions = 0
        self.tls = "none"
        self.tls_failure = ""
        self.needs_reset = False
        self._client = client
        self._protocol = protocol
        self._offer = offer
        self._timeouts = timeouts

    @property
    def is_open(self) -> bool:
        """False once either side has closed."""
        return self._client.is_connected

    def close(self) -> None:
        """Say QUIT if nothing is under way, and close; waits for nothing."""
        if self.is_open:
            with suppress(aiosmtplib.SMTPServerDisconnected):
                self._protocol.write(b"QUIT\r\n")
        self._client.close()

    def abort(self) -> None:
        """Close at once; what was not sent yet never leaves."""
        transport = self._client.transport
        if transport is not None:
            # uvloop's transports are none of asyncio's classes, but do what those do.
            cast("asyncio.WriteTransport", transport).abort()
        self._client.close()

    @property
    def reports(self) -> bool:
        """Whether the next hop takes over to report a mail's fate (RFC 3461)."""
        return self._offer.dsn

    async def is_alive(self) -> bool:
        """Ask by RSET whether the next hop still listens, and clear its transaction."""
        try:
            with translated(Stage.MAIL):
                await self._client.rset(timeout=self._timeouts.probe)
        except Ended:
            self.abort()
            return False
        self.needs_reset = False
        return True

    async def transact(self, copy: Outgoing, before_dot: BeforeDot) -> Reply:
        """Hand a copy on; return the 2yz reply to its final dot.

        Raises Ended for every other end; the connection is closed then, unless it was a reply,
        or the copy was not fit to be offered. Raises what `before_dot` raises.
        """
        commands = envelope_commands(copy, self._offer)
        if isinstance(commands, Trouble):
            raise Ended(Stage.MAIL, commands)
        self.transactions += 1
        try:
            await self._open_transaction(*commands)
            return await self._send(copy, before_dot)
        except Ended as ended:
            answer = ended.answer
            if not isinstance(answer, Reply) or answer.code == SERVICE_CLOSING:
                self.abort()
            self.needs_reset = ended.stage is not Stage.DOT
            raise
        except BaseException:
            self.abort()
            raise

    async def _open_transaction(self, mail: bytes, rcpt: bytes) -> None:
        """Bring the next hop to its 354. Raises Ended with the first refusal."""
        steps = [(Stage.MAIL, mail), (Stage.RCPT, rcpt), (Stage.DATA, b"DATA")]
        groups = [steps] if self._offer.pipelining else [[step] for step in steps]
        for group in groups:
            with translated(group[0][0]):
                self._protocol.send([command for _, command in group])
            await self._read_group([stage for stage, _ in group])

    async def _read_group(self, stages: list[Stage]) -> None:
        refusal: Ended | None = None
        for stage in stages:
            try:
                within = self._timeouts.data if stage is Stage.DATA else self._timeouts.command
                reply = await self._reply(stage, within)
            except Ended as ended:
                if refusal is None:
                    raise
                self.abort()  # the refusal stands, whatever happened to the rest
                raise refusal from ended
            wanted = 300 if stage is Stage.DATA else 200
            if refusal is None and not wanted <= reply.code < wanted + 100:
                refusal = Ended(stage, reply)
            elif refusal is not None and stage is Stage.DATA and reply.code == 354:
                await self._end_empty_message()
        if refusal is not None:
            raise refusal

    async def _end_empty_message(self) -> None:
        """End the message that a server wants though it refused the recipient (RFC 2920, 3.1)."""
        try:
            with translated(Stage.DATA):
                self._protocol.expect()
                self._protocol.send_end(b".\r\n")
            await self._reply(Stage.DATA, self._timeouts.command)
        except Ended:
            self.abort()

    async def _send(self, copy: Outgoing, before_dot: BeforeDot) -> Reply:
        """Send the message up to its dot, then the dot, and return the reply.

        A small message leaves in one piece with its dot, a large one before it: should the
        connection be lost on the way, the mail was surely not taken.
        """
        self._protocol.expect()
        end = b".\r\n"
        if copy.size <= ONE_PIECE_OCTETS:
            end = b"".join(stuffed(copy.content)) + end
        else:
            await self._send_body(copy)
        if not self._protocol.has_reply:
            await before_dot()
        if self._protocol.has_reply:
            raise await self._premature()
        # Until this line the next hop can't have taken the mail; from here on it can.
        with translated(Stage.DATA):
            self._protocol.send_end(end)
        reply = await self._reply(Stage.DOT, self._timeouts.final_dot)
        if not 200 <= reply.code < 300:
            raise Ended(Stage.DOT, reply)
        return reply

    async def _send_body(self, copy: Outgoing) -> None:
        """Send the message without its dot; leave off when a reply comes."""
        try:
            for block in stuffed(copy.content):
                with translated(Stage.DATA):
                    await self._protocol.send_block(block, self._timeouts.block)
                if self._protocol.has_reply:
                    return
        except Ended:
            if not self._protocol.has_reply:
                raise

    async def _premature(self) -> Ended:
        """Return the end by a reply that came before the message was complete."""
        reply = await self._reply(Stage.DATA, self._timeouts.command)
        self.abort()
        return Ended(Stage.DATA, reply)

    async def _reply(self, stage: Stage, within: float) -> Reply:
        with translated(stage):
            response = await self._protocol.reply(within)
        return read_reply(response.code, response.message)

"""A server on a loopback port, a reception that remembers, and a client that says any bytes."""

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvloop

from gateway.mail.envelope import Envelope
from gateway.mail.replies import Reply
from gateway.ports.reception import Account, Content, Peer
from gateway.smtp.limits import SessionLimits
from gateway.smtp.listener import Listener
from gateway.smtp.quotas import Quotas
from gateway.smtp.spool import Spool
from gateway.smtp.station import ListenerConfig, Role

HOST = "mail.gateway.test"
SOON = 10  # seconds; nothing here takes so long unless it is broken
ENVELOPE = (b"MAIL FROM:<carol@customer.test>", b"RCPT TO:<acme@reply.test>")
MAIL = b"From: carol@customer.test\r\nSubject: hi\r\n\r\nHello\r\n"

Run = Callable[[Coroutine[Any, Any, None]], None]


def runner(kind: str) -> Run:
    """Return what runs a coroutine to its end on an event loop of `kind`."""
    factory = uvloop.new_event_loop if kind == "uvloop" else asyncio.new_event_loop

    def run(work: Coroutine[Any, Any, None]) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(60):
                await work

        with asyncio.Runner(loop_factory=factory) as loop:
            loop.run(bounded())

    return run


@dataclass
class Taken:
    """A message that was accepted, its content read back."""

    envelope: Envelope
    data: bytes
    peer: Peer
    content: Content


def moved(path: str | None) -> bytes:
    """Return the bytes of a spooled file, and take it away."""
    assert path is not None
    data = Path(path).read_bytes()
    Path(path).unlink()
    return data


@dataclass
class FakeReception:
    """Takes everything, unless told otherwise."""

    accounts: dict[str, str] = field(default_factory=lambda: {"acme": "s3cret"})
    taken: list[Taken] = field(default_factory=list)
    judged: list[tuple[str, tuple[str, ...], str, Peer]] = field(default_factory=list)
    tried: list[tuple[str, str]] = field(default_factory=list)
    refuses: dict[str, Reply] = field(default_factory=dict)
    fault: Exception | None = None
    verdict: Reply | None = None
    gate: asyncio.Event | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def authenticate(self, username: str, password: str, peer: Peer) -> Account | None:
        self.tried.append((username, password))
        if self.fault:
            raise self.fault
        if self.accounts.get(username) != password:
            return None
        return Account(username, f"ten_{username}")

    async def judge(
        self, sender: str, accepted: Sequence[str], recipient: str, peer: Peer
    ) -> Reply | None:
        self.judged.append((sender, tuple(accepted), recipient, peer))
        if self.fault:
            raise self.fault
        return self.refuses.get(recipient)

    async def accept(self, envelope: Envelope, content: Content, peer: Peer) -> Reply:
        self.reached.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.fault:
            raise self.fault
        data = content.data if content.data is not None else moved(content.path)
        self.taken.append(Taken(envelope, data, peer, content))
        return self.verdict or Reply(250, "2.0.0", f"Queued as msg_{len(self.taken)}")


@dataclass
class FakeMeter:
    """Remembers what was counted."""

    open: int = 0
    sizes: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def connected(self) -> None:
        self.open += 1

    def disconnected(self) -> None:
        self.open -= 1

    def accepted(self, size: int) -> None:
        self.sizes.append(size)

    def refused(self, reason: str) -> None:
        self.reasons.append(reason)


class Client:
    """Says what it is told, and returns replies whole, lines joined by newlines."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def reply(self) -> str:
        lines = []
        async with asyncio.timeout(SOON):
            while True:
                line = await self.reader.readline()
                assert line.endswith(b"\r\n"), f"the connection ended; so far {lines} {line!r}"
                lines.append(line[:-2].decode())
                if re.match(r"\d{3}(?: |$)", lines[-1]):
                    return "\n".join(lines)

    async def replies(self, count: int) -> list[str]:
        return [await self.reply() for _ in range(count)]

    async def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    async def say(self, line: bytes) -> str:
        await self.send(line + b"\r\n")
        return await self.reply()

    async def hello(self) -> str:
        await self.reply()
        return await self.say(b"EHLO client.test")

    async def envelope(self, *lines: bytes) -> list[str]:
        return [await self.say(line) for line in lines or ENVELOPE]

    async def mail(self, data: bytes = MAIL, end: bytes = b".\r\n") -> str:
        """Send envelope and content and return the last reply."""
        await self.envelope()
        assert (await self.say(b"DATA")).startswith("354")
        await self.send(data + end)
        return await self.reply()

    async def rest(self) -> bytes:
        """Return all that comes until the server closes."""
        async with asyncio.timeout(SOON):
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                return await self.reader.read()
            return b""

    async def start_tls(self, context: ssl.SSLContext, name: str = HOST) -> None:
        await self.writer.start_tls(context, server_hostname=name)

    def close(self) -> None:
        self.writer.close()


@dataclass
class Server:
    """A listener with what stands around it."""

    listener: Listener
    reception: FakeReception
    meter: FakeMeter
    spool: Path

    @property
    def port(self) -> int:
        return int(self.listener.addresses[0].rpartition(":")[2])

    @contextlib.asynccontextmanager
    async def client(
        self, source: str = "127.0.0.1", context: ssl.SSLContext | None = None
    ) -> AsyncIterator[Client]:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1",
            self.port,
            local_addr=(source, 0),
            ssl=context,
            server_hostname=HOST if context else None,
            limit=2**20,
        )
        client = Client(reader, writer)
        try:
            yield client
        finally:
            client.close()

    async def quiet(self) -> None:
        """Wait until no session is left."""
        async with asyncio.timeout(SOON):
            while self.listener.sessions or self.meter.open:  # noqa: ASYNC110 (not ours to tell)
                await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def serving(
    tmp_path: Path,
    role: Role = Role.MX,
    reception: FakeReception | None = None,
    limits: SessionLimits | None = None,
    **more: Any,
) -> AsyncIterator[Server]:
    """Serve `role` until the block ends; then nothing may be left behind."""
    limits = limits or SessionLimits()
    limits = replace(limits, linger=timedelta(milliseconds=50))
    reception = reception or FakeReception()
    meter = FakeMeter()
    spool = Spool(
        tmp_path, memory=limits.spool_memory, each=limits.spool_each, rate=limits.upload_rate
    )
    config = ListenerConfig(
        role=role,
        hostname=HOST,
        reception=reception,
        spool=spool,
        quotas=more.pop("quotas", None) or Quotas(limits),
        limits=limits,
        meter=meter,
        **more,
    )
    listener = Listener(config, ["127.0.0.1:0"])
    await listener.start()
    try:
        yield Server(listener, reception, meter, tmp_path)
    finally:
        await listener.close()
        await asyncio.to_thread(spool.close)
    assert listener.sessions == 0
    assert meter.open == 0

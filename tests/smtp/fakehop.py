"""A next hop on loopback that does what its script says."""

import asyncio
import re
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gateway.ports.relay import NextHop, Tls
from gateway.rules.outcome import NextHopKind

DROP = "drop"
"""Close the connection without a word."""
RESET = "reset"
"""Break the connection off (RST)."""
HANG = "hang"
"""Say nothing more."""
NOISE = "noise"
"""Send bytes that are neither SMTP nor TLS."""

_FINE = {
    "connect": "220 hop.test ESMTP",
    "starttls": "220 2.0.0 Go on",
    "tls": "",
    "auth": "235 2.7.0 Welcome",
    "mail": "250 2.1.0 Sender fine",
    "rcpt": "250 2.1.5 Recipient fine",
    "data": "354 Go on",
    "body": "",
    "dot": "250 2.0.0 Taken as 1",
    "rset": "250 2.0.0 Reset",
    "quit": "221 2.0.0 Bye",
}


@dataclass
class Taken:
    """A message as it came: the commands' arguments, the bytes with their dots unstuffed."""

    mail: str
    rcpt: str
    content: bytes
    wire: bytes
    tls: bool
    connection: int


class _Leave(Exception):  # noqa: N818 (it ends a session, it is no error)
    pass


@dataclass
class FakeHop:
    """script: stage to what happens there, a reply or one of the words above; a list is
    followed one by one, its last entry stays. recipients: the same for one RCPT address.

    "body": what happens after the first bytes of the message, before its end is read.
    heard: the bytes of each message that came whole, whatever its final dot was answered.
    """

    script: dict = field(default_factory=dict)
    recipients: dict = field(default_factory=dict)
    offers: tuple = ("PIPELINING", "SIZE 100000", "8BITMIME", "ENHANCEDSTATUSCODES")
    tls_context: object = None
    implicit_tls: bool = False
    naive: bool = False  # wants a message even for a refused recipient
    taken: list = field(default_factory=list)
    heard: list = field(default_factory=list)
    commands: list = field(default_factory=list)
    logins_in_clear: list = field(default_factory=list)
    connections: int = 0
    quits: int = 0
    port: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, is_so):
        """Wait until `is_so()`, which is asked again whenever a client came, spoke or left."""
        while not is_so():
            self.changed.clear()
            await self.changed.wait()

    def hop(self, host="127.0.0.1", **changes):
        """Return this server as a next hop."""
        settings = {"kind": NextHopKind.MX, "tls": Tls.OPPORTUNISTIC} | changes
        return NextHop(
            host=host,
            port=self.port,
            address="127.0.0.1",
            implicit_tls=self.implicit_tls,
            **settings,
        )

    @asynccontextmanager
    async def running(self):
        """Listen on a free port of loopback."""
        tasks = set()

        async def client(reader, writer):
            task = asyncio.current_task()
            tasks.add(task)
            try:
                await _Session(self, reader, writer).run()
            except (_Leave, OSError, asyncio.CancelledError):
                pass
            finally:
                tasks.discard(task)
                self.changed.set()
                writer.close()

        context = self.tls_context if self.implicit_tls else None
        server = await asyncio.start_server(client, "127.0.0.1", 0, ssl=context, limit=2**20)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in list(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await server.wait_closed()


class _Session:
    def __init__(self, fake, reader, writer):
        fake.connections += 1
        fake.changed.set()
        self.fake = fake
        self.reader = reader
        self.writer = writer
        self.number = fake.connections
        self.tls = fake.implicit_tls
        self.mail = self.rcpt = ""
        self.wants_data = self.has_mail = False

    async def run(self):
        await self.act("connect")
        while line := await self.reader.readline():
            command = line.decode("utf-8", "replace").rstrip("\r\n")
            self.fake.commands.append(command)
            self.fake.changed.set()
            verb = command.split(" ")[0].lower()
            answer = getattr(self, f"do_{verb}", None)
            if answer is None:
                await self.say("500 5.5.2 What?")
            else:
                await answer(command)

    async def act(self, stage):
        """Do what the script says; return the reply that was given."""
        entry = self.fake.script.get(stage, _FINE.get(stage))
        if stage == "rcpt":
            address = self.rcpt.split(">")[0].lstrip("<")
            entry = self.fake.recipients.get(address, entry)
        if isinstance(entry, list):
            entry = entry.pop(0) if len(entry) > 1 else entry[0]
        if entry == DROP:
            raise _Leave
        if entry == RESET:
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            self.writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
            self.writer.transport.abort()
            raise _Leave
        if entry == HANG:
            await asyncio.Event().wait()
        if entry == NOISE:
            self.writer.write(b"\x00\xffHTTP/1.1 400 Bad Request\r\n\r\n")
            await self.writer.drain()
            return ""
        if entry:
            await self.say(entry)
        return entry

    async def say(self, text):
        self.writer.write(text.encode() + b"\r\n")
        await self.writer.drain()

    async def do_ehlo(self, _command):
        if "ehlo" in self.fake.script:
            await self.act("ehlo")
            return
        offers = ["hop.test", *self.fake.offers]
        if self.fake.tls_context is not None and not self.tls:
            offers.append("STARTTLS")
        lines = [f"250-{offer}" for offer in offers[:-1]]
        await self.say("\r\n".join([*lines, f"250 {offers[-1]}"]))

    async def do_helo(self, _command):
        await self.say("250 hop.test")

    async def do_starttls(self, _command):
        if not (await self.act("starttls")).startswith("220"):
            return
        if self.fake.script.get("tls"):
            await self.act("tls")
            await asyncio.Event().wait()
        await self.writer.start_tls(self.fake.tls_context)
        self.tls = True

    async def do_auth(self, command):
        if not self.tls:
            self.fake.logins_in_clear.append(command)
        if command.upper().startswith("AUTH LOGIN"):
            await self.say("334 UGFzc3dvcmQ6")
            self.fake.commands.append((await self.reader.readline()).decode().strip())
        await self.act("auth")

    async def do_mail(self, command):
        self.mail = command.partition(":")[2]
        self.wants_data = False
        self.has_mail = (await self.act("mail")).startswith("250")

    async def do_rcpt(self, command):
        self.rcpt = command.partition(":")[2]
        if not self.has_mail:
            await self.say("503 5.5.1 No sender")
            return
        self.wants_data = (await self.act("rcpt")).startswith("25") or self.fake.naive

    async def do_data(self, _command):
        if not self.wants_data:
            await self.say("503 5.5.1 No recipient")
            return
        if not (await self.act("data")).startswith("354"):
            return
        if self.fake.script.get("body"):
            await self.reader.read(100)
            await self.act("body")
        wire = b""
        while not wire.endswith(b"\r\n.\r\n") and wire != b".\r\n":
            line = await self.reader.readline()
            if not line:
                raise _Leave
            wire += line
        content = re.sub(rb"(?m)^\.", b"", wire[:-3])
        self.fake.heard.append(content)
        reply = await self.act("dot")
        if reply.startswith("250"):
            taken = Taken(self.mail, self.rcpt, content, wire, self.tls, self.number)
            self.fake.taken.append(taken)

    async def do_rset(self, _command):
        await self.act("rset")

    async def do_quit(self, _command):
        self.fake.quits += 1
        await self.act("quit")
        raise _Leave

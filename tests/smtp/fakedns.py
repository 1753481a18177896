"""A DNS server on loopback that answers as it is told."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager

from dnslib import RCODE, RR, DNSHeader, DNSRecord

SILENT = "silent"
GARBLED = "garbled"
_KINDS = {
    1: "A", 28: "AAAA", 12: "PTR", 15: "MX", 16: "TXT", 5: "CNAME", 33: "SRV", 52: "TLSA",
}  # fmt: skip


class FakeDns:
    """Answers from a zone; names that it doesn't have don't exist.

    zone: (name, type) to a list of records in zone file form; a name alone to an RCODE's name,
    `SILENT` or `GARBLED`. signed: names whose answers bear the flag AD. `asked` holds the
    questions in their order.
    """

    def __init__(self, zone, *, soa=True, truncate=False, signed=()):
        self.zone = zone
        self.signed = signed
        self.soa = soa
        self.truncate = truncate
        self.asked = []
        self.over_tcp = 0
        self.port = 0

    @property
    def server(self):
        return ("127.0.0.1", self.port)

    def records(self, name, kind):
        """Return the records of a name, else those of the wildcard beside it (RFC 4592)."""
        known = self.zone.get((name, kind))
        return self.zone.get((f"*.{name.partition('.')[2]}", kind)) if known is None else known

    def answer(self, wire, *, tcp):
        """Return the answer to a question, None for silence."""
        question = DNSRecord.parse(wire)
        name = str(question.q.qname).rstrip(".").lower()
        kind = _KINDS[question.q.qtype]
        self.asked.append((name, kind))
        self.over_tcp += tcp
        fate = self.zone.get(name)
        if fate == SILENT:
            return None
        if fate == GARBLED:
            return b"\x00\x01nonsense"
        header = DNSHeader(id=question.header.id, qr=1, aa=1, ra=1)
        header.ad = int(name in self.signed)
        reply = DNSRecord(header, q=question.q)
        if isinstance(fate, str):
            header.rcode = getattr(RCODE, fate)
            return reply.pack()
        if self.truncate and not tcp:
            header.tc = 1
            return reply.pack()
        records = self.records(name, kind)
        for alias in self.zone.get((name, "CNAME"), ()) if kind != "CNAME" else ():
            reply.add_answer(*RR.fromZone(f"{name}. 60 IN CNAME {alias}"))
            name = alias.rstrip(".")
            records = self.records(name, kind)
        if records is None:
            if not any(isinstance(key, tuple) and key[0] == name for key in self.zone):
                header.rcode = RCODE.NXDOMAIN
            if self.soa:
                reply.add_auth(*RR.fromZone(f"{name}. 60 IN SOA ns. admin. 1 1 1 1 60"))
            return reply.pack()
        for record in records:
            reply.add_answer(*RR.fromZone(f"{name}. 60 IN {kind} {record}"))
        return reply.pack()

    @asynccontextmanager
    async def running(self):
        """Listen on UDP and TCP of one port."""
        fake = self

        class Datagrams(asyncio.DatagramProtocol):
            def connection_made(self, transport):
                self.transport = transport

            def datagram_received(self, data, address):
                answer = fake.answer(data, tcp=False)
                if answer is not None:
                    self.transport.sendto(answer, address)

        async def stream(reader, writer):
            size = int.from_bytes(await reader.readexactly(2), "big")
            answer = fake.answer(await reader.readexactly(size), tcp=True) or b""
            writer.write(len(answer).to_bytes(2, "big") + answer)
            await writer.drain()
            writer.close()

        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(stream, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        transport, _ = await loop.create_datagram_endpoint(
            Datagrams, local_addr=("127.0.0.1", self.port)
        )
        try:
            yield self
        finally:
            transport.close()
            server.close()
            await server.wait_closed()


@contextmanager
def answering(zone):
    """A name server in a thread of its own: the command has its own loop."""
    ready, done = threading.Event(), threading.Event()
    fake = FakeDns(zone)

    async def serve():
        async with fake.running():
            ready.set()
            await asyncio.to_thread(done.wait)

    with ThreadPoolExecutor(1) as pool:
        serving = pool.submit(asyncio.run, serve())
        ready.wait()
        try:
            yield fake
        finally:
            done.set()
            serving.result()

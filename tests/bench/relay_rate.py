"""Counts relayed mails a second: `python -m tests.bench.relay_rate`.

The same mails go to the same sink in a process of its own: by this relay with and without
PIPELINING offered, and by aiosmtplib's `sendmail` on kept connections. The rounds alternate, so
only ratios within one run count. `--delay 0.02` lets the sink wait before each answer, as a
distant one would.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import time

import aiosmtplib
import uvloop

from gateway.mail.envelope import Recipient
from gateway.ports.relay import NextHop, Outgoing, Tls
from gateway.rules.outcome import NextHopKind, Stage
from gateway.smtp.dialling import TlsContexts
from gateway.smtp.relay import SmtpRelay

CONNECTIONS = 10
ROUNDS = 3
SENDER, RECIPIENT = "b-token@bounce.example.com", "jana@example.org"


class Sink(asyncio.Protocol):
    """Takes everything; answers commands that came together together."""

    offers = b""
    delay = 0.0

    def connection_made(self, transport):
        self.transport = transport
        self.held = b""
        self.in_data = False
        transport.write(b"220 sink\r\n")

    def data_received(self, data):
        self.held += data
        answers = []
        while self.held:
            end = self.held.find(b"\r\n.\r\n" if self.in_data else b"\r\n")
            if end < 0:
                break
            line, self.held = self.held[:end], self.held[end + (5 if self.in_data else 2) :]
            answers.append(self.answer(line[:4].upper()))
        if answers:
            loop = asyncio.get_running_loop()
            loop.call_later(self.delay, self.say, b"".join(answers))

    def say(self, answers):
        if not self.transport.is_closing():
            self.transport.write(answers)

    def answer(self, verb):
        if self.in_data:
            self.in_data = False
            return b"250 2.0.0 Ok\r\n"
        if verb == b"EHLO":
            return b"250-sink\r\n" + self.offers + b"250 8BITMIME\r\n"
        if verb == b"DATA":
            self.in_data = True
            return b"354 Go on\r\n"
        return b"250 2.0.0 Ok\r\n"


def run_sink(pipe, offers, delay):
    async def serve():
        kind = type("Kind", (Sink,), {"offers": offers, "delay": delay})
        server = await asyncio.get_running_loop().create_server(kind, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(serve())


def start_sink(offers, delay):
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=run_sink, args=(there, offers, delay), daemon=True)
    process.start()
    return here.recv()


async def nothing():
    """Store no mark: this counts the relay alone."""


async def by_relay(relay, port, mail, count):
    hop = NextHop("127.0.0.1", port, "127.0.0.1", NextHopKind.SMARTHOST, Tls.NONE)
    todo = iter(range(count))

    async def work():
        for _ in todo:
            copy = Outgoing(SENDER, Recipient(RECIPIENT), (mail,))
            attempted = await relay.relay(hop, copy, before_dot=nothing)
            assert attempted.stage is Stage.DOT, attempted

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))


async def by_library(port, mail, count):
    todo = iter(range(count))

    async def work():
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for _ in todo:
                await client.sendmail(SENDER, [RECIPIENT], mail)

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))


async def measure(ports, size, count):
    mail = b"From: a@mail.example.com\r\n\r\n" + (b"x" * 76 + b"\r\n") * (size // 78)
    relay = SmtpRelay("mail.example.com", TlsContexts.of_system())
    ways = {
        "pipelined": lambda: by_relay(relay, ports["pipelined"], mail, count),
        "one by one": lambda: by_relay(relay, ports["plain"], mail, count),
        "aiosmtplib": lambda: by_library(ports["plain"], mail, count),
    }
    rates = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            begin = time.perf_counter()
            await way()
            rates[name].append(count / (time.perf_counter() - begin))
    relay.close()
    medians = {name: statistics.median(values) for name, values in rates.items()}
    shown = "  ".join(f"{name} {rate:7.0f}/s" for name, rate in medians.items())
    print(f"{size // 1000:4} KB  {shown}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--count", type=int, default=2000)
    chosen = parser.parse_args()
    ports = {
        "pipelined": start_sink(b"250-PIPELINING\r\n", chosen.delay),
        "plain": start_sink(b"", chosen.delay),
    }
    for size in (10_000, 150_000):
        uvloop.run(measure(ports, size, chosen.count if size < 100_000 else chosen.count // 4))


if __name__ == "__main__":
    main()

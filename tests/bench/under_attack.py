"""What honest clients notice while others attack: `python -m tests.bench.under_attack`.

Fifty honest clients hand mails over at an even, slow pace, each over a connection of its own,
and one session asks NOOP every 20 ms. First alone, then beside each kind of attack, whose clients
come from other addresses of loopback and are a process of their own. Printed for each: median
and 99th percentile of a whole transaction, how they compare to the calm before, the slowest
NOOPs, and the most memory of all processes. Calm and attack alternate, so that a busy machine
weighs on both.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import statistics
import time

from tests.bench.memory import Sampler
from tests.bench.serving import open_conversation, scratch, serving

HONEST = 50
BODY = b"Subject: Hello\r\n\r\n" + b"Thank you for the invoice.\r\n" * 300
BOMB = b"Content-Type: text/plain" + b";" * 40_000 + b"\r\n\r\nx\r\n"
BLOCK = b"\r\n" * 2**14


async def opened(port, address="127.0.0.1"):
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))


async def said(reader, writer, line):
    writer.write(line)
    return await reader.readline()


async def transaction(port, recipient, content, address="127.0.0.1"):
    """Hand one mail over; return the reply to its final dot."""
    reader, writer = await opened(port, address)
    try:
        await reader.readline()
        for line in (
            b"HELO x\r\n",
            b"MAIL FROM:<jana@client.example>\r\n",
            b"RCPT TO:<" + recipient + b">\r\n",
            b"DATA\r\n",
        ):
            await said(reader, writer, line)
        reply = await said(reader, writer, content + b"\r\n.\r\n")
        writer.write(b"QUIT\r\n")
    finally:
        writer.close()
    return reply


# Attacks: each runs until it is cancelled, again and again.


async def empty_lines(ports, recipient, address):
    """25 MB of line ends in DATA."""
    reader, writer = await opened(ports["mx"], address)
    await reader.readline()
    for line in (
        b"HELO x\r\n",
        b"MAIL FROM:<>\r\n",
        b"RCPT TO:<" + recipient + b">\r\n",
        b"DATA\r\n",
    ):
        await said(reader, writer, line)
    for _ in range(24 * 2**20 // len(BLOCK)):
        writer.write(BLOCK)
        await writer.drain()
    await said(reader, writer, b".\r\n")
    writer.close()


async def idle(ports, _recipient, address):
    """A connection that says nothing more."""
    reader, writer = await opened(ports["mx"], address)
    await reader.readline()
    await reader.read()
    writer.close()


async def bombs(ports, recipient, address):
    """Mail that costs parsers seconds."""
    await transaction(ports["mx"], recipient, BOMB, address)


async def commands(ports, _recipient, address):
    """NOOPs as fast as they go, until one is sent away."""
    reader, writer = await opened(ports["mx"], address)
    await reader.readline()
    writer.write(b"NOOP\r\n" * 5000)
    await reader.read()
    writer.close()


async def harvest(ports, _recipient, address):
    """Recipients guessed."""
    reader, writer = await opened(ports["mx"], address)
    await reader.readline()
    await said(reader, writer, b"HELO x\r\n")
    await said(reader, writer, b"MAIL FROM:<>\r\n")
    for number in range(50):
        if not await said(reader, writer, b"RCPT TO:<x%d@mail.example.com>\r\n" % number):
            break
    writer.close()


async def slow_http(ports, _recipient, address):
    """A header that drips."""
    reader, writer = await opened(ports["http"], address)
    for octet in b"GET /inbox HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100:
        writer.write(bytes([octet]))
        await asyncio.sleep(0.2)
    await reader.read(1)
    writer.close()


ATTACKS = {
    "25 MB of empty lines": (empty_lines, 4),
    "idle connections": (idle, 600),
    "parser bombs": (bombs, 8),
    "floods of commands": (commands, 8),
    "harvesting": (harvest, 8),
    "dripping HTTP": (slow_http, 500),
}


def attack(name, ports, recipient):
    """Run an attack in a process of its own until it is killed."""
    one, count = ATTACKS[name]

    async def attacker(number):
        address = f"127.1.{number // 200}.{number % 200 + 1}"
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await one(ports, recipient, address)
            await asyncio.sleep(0.05)

    async def all_of_them():
        await asyncio.gather(*(attacker(number) for number in range(count)))

    asyncio.run(all_of_them())


async def measured(port, recipient, seconds, every, found):
    """Add to `found` the seconds of each honest transaction, and those of each NOOP."""
    (taken, noops), over = found, time.monotonic() + seconds

    async def honest(number):
        await asyncio.sleep(every * number / HONEST)
        while time.monotonic() < over:
            began = time.monotonic()
            mark = b"Message-ID: <%d.%d@x>\r\n" % (number, time.monotonic_ns())
            reply = await transaction(port, recipient, mark + BODY)
            assert reply.startswith(b"250"), reply
            taken.append(time.monotonic() - began)
            await asyncio.sleep(max(0.0, began + every - time.monotonic()))

    async def kept():
        reader, writer = await opened(port, "127.0.0.2")
        await reader.readline()
        while time.monotonic() < over:
            began = time.monotonic()
            if not await said(reader, writer, b"NOOP\r\n"):
                reader, writer = await opened(port, "127.0.0.2")
                await reader.readline()
                continue
            noops.append(time.monotonic() - began)
            await asyncio.sleep(0.06)  # slower than the budget of such commands fills up
        writer.close()

    await asyncio.gather(kept(), *(honest(number) for number in range(HONEST)))


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def told(taken, noops):
    return {
        "transactions": len(taken),
        "median_ms": round(1000 * statistics.median(taken), 1),
        "p99_ms": round(1000 * percentile(taken, 0.99), 1),
        "noop_p999_ms": round(1000 * percentile(noops, 0.999), 1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each phase")
    parser.add_argument("--rounds", type=int, default=3, help="of calm and attack")
    parser.add_argument("--rate", type=float, default=25.0, help="honest mails a second, in all")
    parser.add_argument("--only", choices=ATTACKS, help="one attack")
    options = parser.parse_args()
    with scratch() as directory, serving(directory) as (running, company):
        recipient = open_conversation(running, company, 1).encode()
        ports = {name: running.address(name)[1] for name in ("mx", "http")}
        every = HONEST / options.rate
        found = {}
        for name in [options.only] if options.only else ATTACKS:
            calm, attacked, peak = ([], []), ([], []), 0
            for _ in range(options.rounds):
                asyncio.run(measured(ports["mx"], recipient, options.seconds, every, calm))
                process = multiprocessing.get_context("spawn").Process(
                    target=attack, args=(name, ports, recipient), daemon=True
                )
                process.start()
                time.sleep(2)
                sampler = Sampler(running.process.pid)
                sampler.start()
                asyncio.run(measured(ports["mx"], recipient, options.seconds, every, attacked))
                peak = max(peak, sampler.peak())
                process.kill()
                process.join()
            before, during = told(*calm), told(*attacked)
            found[name] = {"calm": before, "attacked": during, "peak_mib": peak}
            print(
                f"{name}: p99 {before['p99_ms']} -> {during['p99_ms']} ms "
                f"({during['p99_ms'] / before['p99_ms']:.1f} x), NOOP p99.9 "
                f"{during['noop_p999_ms']} ms, {peak} MiB",
                flush=True,
            )
        print(json.dumps(found))


if __name__ == "__main__":
    main()

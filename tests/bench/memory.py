"""What a hundred big mails at once cost in memory, and others in patience.

    python -m tests.bench.memory [--clients N] [--size MIB] [--limit MIB]

As many connections as told send 25 MiB each at once to mx of a running `postroom serve`, its
limits raised for it. The resident memory of all its processes is sampled every 50 ms until
every mail is answered 250 and found by the API. Then a body of empty lines, the worst for who
looks at lines, must not delay a NOOP of another session while it arrives.
"""

import argparse
import asyncio
import base64
import os
import socket
import statistics
import sys
import threading
import time

import uvloop

from tests.bench.processes import cpu_seconds, family, memory_mib, resident_mib
from tests.bench.serving import open_conversation, scratch, serving
from tests.bench.whole_way import Watcher

MIB = 2**20
LIMITS = 'message = "40MiB"\nconnections = 2000\nspool_memory = "64MiB"\nupload_rate = "1GiB"\n'
BLOCK = b"\r\n" * 2**15
SAMPLE_SECONDS = 0.05
QUIET_SECONDS = 2.0


class Sampler(threading.Thread):
    """Notes the resident memory of a process and all below it, until it is stopped."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.samples = []
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(SAMPLE_SECONDS):
            each = [(round(resident_mib(pid, alone=True)), pid) for pid in family(self.pid)]
            self.samples.append((sum(mib for mib, _ in each), time.monotonic(), each))

    def peak(self):
        self.over.set()
        self.join()
        return max(self.samples)[0]


async def send(port, recipient, pieces):
    """Send one mail; return the reply to its final dot."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    for line in (
        b"HELO client.example\r\n",
        b"MAIL FROM:<jana@client.example>\r\n",
        b"RCPT TO:<" + recipient.encode() + b">\r\n",
        b"DATA\r\n",
    ):
        writer.write(line)
        answered = await reader.readline()
        if answered[:1] not in b"23":
            raise RuntimeError(answered)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    writer.write(b".\r\n")
    answered = await reader.readline()
    writer.close()
    return answered.decode().strip()


def head(number, seed):
    return (
        f"From: Jana <jana@client.example>\r\nSubject: Scan {number}\r\n"
        f"Message-ID: <{seed}.{number}@client.example>\r\nMIME-Version: 1.0\r\n"
    ).encode()


def with_document(number, seed, size, chunk):
    """Give the pieces of a mail of about `size` octets, nearly all of it one document."""
    yield head(number, seed) + (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nHere it is.\r\n--b\r\n'
        b'Content-Type: application/pdf; name="scan.pdf"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n"
    )
    for _ in range(size // len(chunk)):
        yield chunk
    yield b"\r\n--b--\r\n"


async def send_all(port, recipient, clients, size):
    chunk = base64.encodebytes(os.urandom(48_735)).replace(b"\n", b"\r\n")
    seed = time.time_ns()
    return await asyncio.gather(
        *(
            send(port, recipient, with_document(number, seed, size, chunk))
            for number in range(clients)
        )
    )


def say_noop(port):
    """Print how many seconds each NOOP took, until told to end; in a process of its own."""
    while True:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.recv(1000)
            for _ in range(90):
                began = time.perf_counter()
                connection.sendall(b"NOOP\r\n")
                if not connection.recv(1000):
                    break
                print(time.perf_counter() - began, flush=True)
                time.sleep(0.06)


async def noops_while(port, work):
    """Return what the work returns, and how long NOOPs took meanwhile."""
    prober = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.memory", "--noop", str(port)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert prober.stdout is not None
    await prober.stdout.readline()
    result = await work
    prober.terminate()
    waits, _ = await prober.communicate()
    return result, [float(line) for line in waits.split()]


async def empty_lines(port, recipient, size):
    async def several():
        began, sent = time.monotonic(), 0
        while time.monotonic() - began < QUIET_SECONDS:
            pieces = [head(sent, time.time_ns()), b"\r\n", *[BLOCK] * (size // len(BLOCK))]
            await send(port, recipient, pieces)
            sent += 1
        return sent

    return await noops_while(port, several())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--size", type=int, default=25, help="MiB")
    parser.add_argument("--limit", type=int, default=400, help="MiB of memory")
    parser.add_argument("--noop", type=int, metavar="PORT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.noop:
        say_noop(options.noop)
        return
    with scratch() as directory, serving(directory, settings=LIMITS) as (running, company):
        port, pid = running.address("mx")[1], running.process.pid
        recipient = open_conversation(running, company, 1)
        watcher = Watcher(running, company)
        watcher.look()
        sent, waits = uvloop.run(empty_lines(port, recipient, 24 * MIB))
        print(
            f"{sent} bodies of empty lines: NOOP median {1000 * statistics.median(waits):.1f} ms,"
            f" worst {1000 * max(waits):.1f} ms of {len(waits)}"
        )
        watcher.until(sent)
        print(f"memory before {memory_mib(pid):.0f} MiB (PSS), {resident_mib(pid):.0f} (RSS)")
        sampler, used, began = Sampler(pid), cpu_seconds(pid), time.monotonic()
        sampler.start()
        replies = uvloop.run(send_all(port, recipient, options.clients, options.size * MIB))
        answered = time.monotonic() - began
        watcher.until(options.clients)
        visible = time.monotonic() - began
        peak = sampler.peak()
        good = sum(reply.startswith("250") for reply in replies)
        while_answered = max(mib for mib, at, _ in sampler.samples if at < began + answered)
        print(
            f"{good} of {options.clients} answered 250 after {answered:.1f} s, visible after"
            f" {visible:.1f} s, {cpu_seconds(pid) - used:.1f} s of CPU"
        )
        ids = {reply.split()[-1] for reply in replies}
        print(f"{len(ids & set(watcher.seen))} found by the API")
        print("at the peak, by process:", [mib for mib, _ in max(sampler.samples)[2]])
        print(
            f"resident {while_answered:.0f} MiB at most while they came, {peak:.0f} MiB in all"
            f" ({'within' if peak < options.limit else 'BEYOND'} {options.limit})"
        )


if __name__ == "__main__":
    main()

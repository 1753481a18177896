"""What a hundred big messages at once cost in memory, and others in patience.

    python -m tests.bench.smtp_memory [--clients N] [--size OCTETS]

Each client sends one message, all at the same time; meanwhile another session says NOOP and
is timed. Prints the server's peak of resident memory and the waits.
"""

import argparse
import asyncio
import socket
import statistics
import sys
import time
from pathlib import Path

import uvloop

from tests.bench.smtp_accept import cpu_seconds, server

BLOCK = b"\r\n" * 2**15  # empty lines: the worst content for who looks at lines


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    writer.write(b"HELO bench\r\n")
    await reader.readline()
    return reader, writer


async def send_big(port: int, size: int) -> bytes:
    reader, writer = await connect(port)
    for line in (b"MAIL FROM:<a@b.test>\r\n", b"RCPT TO:<c@d.test>\r\n", b"DATA\r\n"):
        writer.write(line)
        await reader.readline()
    writer.write(b"Subject: big\r\n\r\n")
    for _ in range(size // len(BLOCK)):
        writer.write(BLOCK)
        await writer.drain()
    writer.write(b".\r\n")
    reply = await reader.readline()
    writer.close()
    return reply


def say_noop(port: int, seconds: float) -> None:
    """Print how long NOOPs took, in seconds; a process of its own, as loaders are busy."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.recv(1000)
            for _ in range(90):
                started = time.perf_counter()
                connection.sendall(b"NOOP\r\n")
                connection.recv(1000)
                print(time.perf_counter() - started, flush=True)
                time.sleep(0.06)


async def measure(port: int, clients: int, size: int) -> tuple[set[bytes], list[float]]:
    prober = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.smtp_memory", "--noop", str(port)),
        stdout=asyncio.subprocess.PIPE,
    )
    replies = await asyncio.gather(*(send_big(port, size) for _ in range(clients)))
    prober.terminate()
    waits, _ = await prober.communicate()
    return set(replies), [float(line) for line in waits.split()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--size", type=int, default=24 * 2**20)
    parser.add_argument("--noop", type=int, metavar="PORT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.noop:
        say_noop(options.noop, 600)
        return
    with server("ours", "uvloop") as (port, pid):
        status = Path(f"/proc/{pid}/status")
        before = status.read_text().partition("VmRSS:")[2].split()[0]
        started = time.perf_counter()
        replies, waits = uvloop.run(measure(port, options.clients, options.size))
        took = time.perf_counter() - started
        peak = status.read_text().partition("VmHWM:")[2].split()[0]
        print(f"replies {replies}, {took:.1f} s, {cpu_seconds(pid):.1f} s of CPU")
        print(f"resident {int(before) // 1024} MiB idle, {int(peak) // 1024} MiB at the peak")
        print(
            f"NOOP median {1000 * statistics.median(waits):.1f} ms,"
            f" worst {1000 * max(waits):.1f} ms of {len(waits)}"
        )


if __name__ == "__main__":
    main()

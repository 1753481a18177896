"""What an open event stream costs while nothing happens, and how soon all hear of an event.

    python -m tests.bench.streams [--streams N]

So many readers follow `GET /v1/events/stream` of a running `postroom serve`. The resident memory
of its main process is compared before and after; then one event is made, and the time until
each reader has it is measured. The processor's share while nothing happens is told too.
"""

import argparse
import asyncio
import statistics
import time

import uvloop

from tests.bench.processes import cpu_seconds, resident_mib
from tests.bench.serving import open_conversation, scratch, serving

SETTINGS = "http_requests_per_address = 100000\n"
QUIET_SECONDS = 20


async def follow(host, port, key):
    """Open a stream and read its first words."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(
        f"GET /v1/events/stream HTTP/1.1\r\nHost: {host}\r\n"
        f"Authorization: Bearer {key}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.partition(b"\r\n")[0]:
        raise RuntimeError(head.decode())
    await reader.readuntil(b"\n\n")
    return reader, writer


async def hear(reader):
    """Return when the first event came."""
    while b"data: " not in await reader.readuntil(b"\n\n"):
        pass
    return time.perf_counter()


async def measure(running, company, count):
    host, port = running.address("http")
    pid, key = running.process.pid, company["api_key"]
    warm = [await follow(host, port, key) for _ in range(20)]
    before = resident_mib(pid, alone=True)
    streams = [await follow(host, port, key) for _ in range(count)]
    after = resident_mib(pid, alone=True)
    print(f"{count} streams: {(after - before) * 1024 / count:.1f} KiB each", end=" ")
    print(f"({before:.0f} -> {after:.0f} MiB)")
    began = cpu_seconds(pid)
    await asyncio.sleep(QUIET_SECONDS)
    print(f"idle: {(cpu_seconds(pid) - began) / QUIET_SECONDS:.1%} of a processor")
    hearing = [asyncio.create_task(hear(reader)) for reader, _ in (*warm, *streams)]
    made = time.perf_counter()
    await asyncio.to_thread(open_conversation, running, company, 1)
    heard = [moment - made for moment in await asyncio.gather(*hearing)]
    print(f"an event: p50 {statistics.median(heard):.3f} s, the last {max(heard):.3f} s", end=" ")
    print("from asking for the invoice")
    for _, writer in (*warm, *streams):
        writer.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=950)
    given = parser.parse_args()
    with scratch() as directory, serving(directory, settings=SETTINGS) as (running, company):
        uvloop.run(measure(running, company, given.streams))


if __name__ == "__main__":
    main()

"""How fast the store writes: `python -m tests.bench.store_write [URL]`, run by hand.

Prints adds to the spool a second, alone and many at once, at 10 KB and 150 KB, and claims
and finishes a second. Rates depend on the disk and on who else uses it: compare only
numbers of one run.
"""

import asyncio
import hashlib
import itertools
import os
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta

import uvloop

from gateway.mail.envelope import Envelope, Recipient
from gateway.ports.correspondence import Kept
from gateway.ports.queues import Inbound, Lease
from gateway.ports.reception import Peer
from gateway.store.opening import OpenStore, open_store

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_SINCE = _NOW - timedelta(days=7)
_ENVELOPE = Envelope("jana@example.com", (Recipient("acme-abcdefghijklmnop@reply.example.com"),))
_PEER = Peer("192.0.2.7", 4711, "mx.example.com")
_TENANT = "ten_aaaaaaaaaaaaaaaaaaaaaaaa"
_LEASE = Lease("bench", timedelta(minutes=5))
_numbers = itertools.count()
_Measured = tuple[int, float, float]
"""How many, and the wall clock and CPU clock when it began."""


def _mail(size: int) -> tuple[Inbound, Kept]:
    number = next(_numbers)
    data = number.to_bytes(8, "big") + os.urandom(64) + bytes(size - 72)
    kept = Kept(_TENANT, hashlib.sha256(data).hexdigest(), size, data)
    inbound = Inbound(
        id=f"msg_{number:024d}",
        tenant_id=_TENANT,
        envelope=_ENVELOPE,
        peer=_PEER,
        received_at=_NOW,
        raw_sha256=kept.sha256,
        raw_size=size,
        dedupe=hashlib.sha256(data[::-1]).hexdigest(),
    )
    return inbound, kept


async def _add(store: OpenStore, size: int, clients: int, total: int) -> _Measured:
    mails = [_mail(size) for _ in range(total)]
    todo = iter(mails)

    async def client() -> None:
        for inbound, kept in todo:
            await store.write(
                lambda work, inbound=inbound, kept=kept: work.spool.add(
                    inbound, kept, again_since=_SINCE
                )
            )

    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*[client() for _ in range(clients)])
    return total, began, used


async def _batches(store: OpenStore, size: int, batch: int, total: int) -> _Measured:
    """Add mails, a batch in one job: what the database alone can do."""
    mails = [_mail(size) for _ in range(total)]
    began, used = time.perf_counter(), time.process_time()
    for start in range(0, total, batch):

        def job(work, start=start):
            for inbound, kept in mails[start : start + batch]:
                work.spool.add(inbound, kept, again_since=_SINCE)

        await store.write(job)
    return total, began, used


async def _claims(store: OpenStore, batch: int) -> _Measured:
    count, began, used = 0, time.perf_counter(), time.process_time()
    while claimed := await store.write(lambda work: work.spool.claim(_LEASE, batch)):
        await asyncio.gather(
            *[
                store.write(lambda work, item=item: work.spool.finish(item.id, item.fence))
                for item in claimed
            ]
        )
        count += len(claimed)
    return count, began, used


async def _reads(store: OpenStore, clients: int, total: int) -> _Measured:
    todo = iter(range(total))

    async def client() -> None:
        for _ in todo:
            await store.read(lambda work: work.spool.get("msg_000000000000000000000000"))

    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*[client() for _ in range(clients)])
    return total, began, used


async def _main(where: str) -> None:
    async with open_store(where) as store:
        await _add(store, 1000, 1, 50)
        for label, measure in (
            ("adds, 1 client, 1 KB", lambda: _add(store, 1000, 1, 3000)),
            ("adds, 1 client, 10 KB", lambda: _add(store, 10_240, 1, 3000)),
            ("adds, 10 clients, 10 KB", lambda: _add(store, 10_240, 10, 10_000)),
            ("adds, 50 clients, 10 KB", lambda: _add(store, 10_240, 50, 20_000)),
            ("adds, 50 a job, 10 KB", lambda: _batches(store, 10_240, 50, 20_000)),
            ("adds, 50 a job, 1 KB", lambda: _batches(store, 1000, 50, 20_000)),
            ("adds, 10 clients, 150 KB", lambda: _add(store, 153_600, 10, 1500)),
            ("claims of 50 and finishes", lambda: _claims(store, 50)),
            ("reads, 1 client", lambda: _reads(store, 1, 5000)),
            ("reads, 20 clients", lambda: _reads(store, 20, 10_000)),
        ):
            count, began, used = await measure()
            seconds, cpu = time.perf_counter() - began, time.process_time() - used
            rate, cost = count / seconds, 1e6 * cpu / count
            print(f"{label:28} {rate:8,.0f}/s {cost:8,.0f} µs of CPU each", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        uvloop.run(_main(sys.argv[1]))
    else:
        directory = tempfile.mkdtemp(prefix="postroom-bench-", dir=".")
        try:
            uvloop.run(_main(directory))
        finally:
            shutil.rmtree(directory)

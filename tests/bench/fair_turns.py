"""Whether one company's mass of mail keeps another's invoice waiting.

    python -m tests.bench.fair_turns [--count 50000] [--hops 1] [--letters 10]

So many mails of one company are queued for so many next hops, and leave. Meanwhile another
company queues single letters to the same next hop, one after the other; each is timed from its
queueing to its fate, then the same without the first company. Real store, real sockets.
"""

import argparse
import asyncio
import logging
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import structlog
import uvloop

from gateway.flow.companies import Companies
from gateway.flow.deliver import WayOut
from gateway.flow.drafts import TenantDraft
from gateway.flow.queue_manager import QueueLimits, QueueManager
from gateway.mail.mailbox import Mailbox
from gateway.ports.relay import NextHop
from gateway.ports.tally import NoTally
from gateway.rules.outcome import NextHopKind
from gateway.runtime.world import SystemClock
from gateway.smtp.dialling import TlsContexts
from gateway.smtp.relay import SmtpRelay
from tests.bench.relay import start_sink
from tests.fakes import FakeSigner
from tests.flow.desk import POLICY, open_desk
from tests.store import make

BATCH = 500
PATIENCE_SECONDS = 120


class OneSink:
    """Routes: every domain leads to the sink."""

    def __init__(self, port):
        self.port = port

    async def to_domain(self, domain):
        return [NextHop(domain, self.port, "127.0.0.1", NextHopKind.MX)]


async def begin(desk, tenant_id, name):
    """Make a conversation and a message that deliveries can be of; return the content."""
    content = make.kept(b"Subject: Statement\r\n\r\nHello\r\n" + 2000 * b"x" + b"\r\n", tenant_id)

    def add(work):
        work.conversations.add(make.conversation(f"cnv_{name}", tenant_id))
        work.contents.add(content)
        work.messages.add(make.message(f"msg_{name}", f"cnv_{name}", tenant_id))

    await desk.context.store.write(add)
    return content


def queued(desk, tenant_id, name, content, *, number, domain):
    now = desk.context.clock.now()
    return replace(
        make.delivery(f"dlv_{name}_{number}", content=content),
        tenant_id=tenant_id,
        message_id=f"msg_{name}",
        conversation_id=f"cnv_{name}",
        recipient=Mailbox("Jana", f"jana{number}@{domain}"),
        route=domain,
        queued_at=now,
        next_attempt_at=now,
    )


async def fill(desk, options, content):
    for start in range(0, options.count, BATCH):

        def add(work, start=start):
            for number in range(start, min(start + BATCH, options.count)):
                domain = f"h{number % options.hops}.test"
                work.deliveries.add(
                    queued(desk, desk.tenant.id, "mass", content, number=number, domain=domain)
                )

        await desk.context.store.write(add)


async def timed(desk, tenant_id, content, number):
    """Queue one letter; return the seconds until its fate is known."""
    delivery = queued(desk, tenant_id, "single", content, number=number, domain="h0.test")

    def add(work):
        work.deliveries.add(delivery)
        work.wake("deliveries")

    began = time.perf_counter()
    await desk.context.store.write(add)
    while time.perf_counter() - began < PATIENCE_SECONDS:
        seen = await desk.context.store.read(lambda work: work.deliveries.get(None, delivery.id))
        if seen.state == "delivered":
            return time.perf_counter() - began
        await asyncio.sleep(0.005)
    raise RuntimeError(f"the letter never came: {seen.state}")


async def round_of(options, *, with_mass):
    """Return the seconds that each letter took, and how many of the mass had left by then."""
    port, taken = start_sink()
    with tempfile.TemporaryDirectory() as directory:
        async with open_desk(Path(directory)) as desk:
            desk.context = replace(desk.context, clock=SystemClock())
            other = (await Companies(desk.context).add(TenantDraft("Single s.r.o."))).tenant
            if with_mass:
                await fill(desk, options, await begin(desk, desk.tenant.id, "mass"))
            content = await begin(desk, other.id, "single")
            relay = SmtpRelay("mail.example.com", TlsContexts.of_system())
            way = WayOut(OneSink(port), relay, FakeSigner(), POLICY, NoTally(), desk.accounts)
            manager = QueueManager(desk.context, way, QueueLimits())
            running = asyncio.create_task(manager.run())
            started = time.perf_counter()
            while with_mass and taken.value < options.count // 50:
                if time.perf_counter() - started > PATIENCE_SECONDS:
                    raise RuntimeError("the mass of mail does not leave")
                await asyncio.sleep(0.01)
            seconds = [await timed(desk, other.id, content, n) for n in range(options.letters)]
            left = taken.value - options.letters
            await manager.stop(0.1)
            await running
            relay.close()
    return seconds, left


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--hops", type=int, default=1)
    parser.add_argument("--letters", type=int, default=10)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    alone, _ = uvloop.run(round_of(options, with_mass=False))
    beside, left = uvloop.run(round_of(options, with_mass=True))
    print(
        f"alone: median {statistics.median(alone):.3f} s, worst {max(alone):.3f} s\n"
        f"beside {options.count} mails of another company ({left} of them had left at the end): "
        f"median {statistics.median(beside):.3f} s, worst {max(beside):.3f} s\n"
        f"ratio of the medians {statistics.median(beside) / statistics.median(alone):.1f} "
        "(a few seconds are permitted)"
    )


if __name__ == "__main__":
    main()

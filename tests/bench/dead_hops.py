"""Whether dead next hops keep living ones waiting: `python -m tests.bench.dead_hops`.

    [--count 10000] [--hops 500] [--dead 100] [--way hang|refuse] [--repeat 1]

So many queued mails to so many next hops, a part of which is dead: they accept a connection and
never greet, or refuse it. The clock runs until each mail for a living one is at its sink, which
is a process of its own. Then the same mails without those for the dead ones; the ratio counts.
Real store, real sockets, the gateway's own time-outs and limits.
"""

import argparse
import asyncio
import logging
import socket
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import structlog
import uvloop

from gateway.flow.deliver import WayOut
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

PATIENCE_SECONDS = 600
BATCH = 500


class Hops:
    """Routes: a domain beginning with "dead" leads to the dead port, others to the sink."""

    def __init__(self, living, dead):
        self.ports = {True: dead, False: living}

    async def to_domain(self, domain):
        port = self.ports[domain.startswith("dead")]
        return [NextHop(domain, port, "127.0.0.1", NextHopKind.MX)]


def domains(hops, dead):
    """Living and dead ones, mixed evenly."""
    every = hops // dead if dead else hops + 1
    return [f"{'dead' if n % every == 0 else 'live'}{n}.test" for n in range(hops)]


async def fill(desk, names, count, *, with_dead):
    """Queue the mails; return how many."""
    now, tenant_id = desk.context.clock.now(), desk.tenant.id
    content = make.kept(b"Subject: Statement\r\n\r\nHello\r\n" + 2000 * b"x" + b"\r\n", tenant_id)
    wanted = [names[n % len(names)] for n in range(count)]
    wanted = [name for name in wanted if with_dead or not name.startswith("dead")]

    def begin(work):
        work.conversations.add(make.conversation("cnv_1", tenant_id))
        work.contents.add(content)
        work.messages.add(make.message("msg_1", "cnv_1", tenant_id))

    await desk.context.store.write(begin)
    for start in range(0, len(wanted), BATCH):

        def add(work, start=start):
            for number, name in enumerate(wanted[start : start + BATCH], start):
                queued = make.delivery(
                    f"dlv_{number}",
                    content=content,
                    recipient=Mailbox("Jana", f"jana{number}@{name}"),
                    route=name,
                    queued_at=now,
                    next_attempt_at=now,
                )
                work.deliveries.add(queued)

        await desk.context.store.write(add)
    return sum(not name.startswith("dead") for name in wanted)


async def round_of(options, *, with_dead):
    """Return the seconds until the living next hops have theirs."""
    port, taken = start_sink()
    with socket.socket() as silent, tempfile.TemporaryDirectory() as directory:
        silent.bind(("127.0.0.1", 0))
        if options.way == "hang":
            silent.listen(4096)
        async with open_desk(Path(directory)) as desk:
            desk.context = replace(desk.context, clock=SystemClock())
            names = domains(options.hops, options.dead)
            wanted = await fill(desk, names, options.count, with_dead=with_dead)
            relay = SmtpRelay("mail.example.com", TlsContexts.of_system())
            hops = Hops(port, silent.getsockname()[1])
            way = WayOut(hops, relay, FakeSigner(), POLICY, NoTally(), desk.accounts)
            manager = QueueManager(desk.context, way, QueueLimits())
            began = time.perf_counter()
            running = asyncio.create_task(manager.run())
            while taken.value < wanted:
                if time.perf_counter() - began > PATIENCE_SECONDS:
                    raise RuntimeError(f"{wanted - taken.value} mails never came")
                await asyncio.sleep(0.01)
            seconds = time.perf_counter() - began
            await manager.stop(0.1)
            await running
            relay.close()
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--hops", type=int, default=500)
    parser.add_argument("--dead", type=int, default=100)
    parser.add_argument("--way", choices=["hang", "refuse"], default="hang")
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    ratios = []
    for _ in range(options.repeat):
        with_dead = uvloop.run(round_of(options, with_dead=True))
        without = uvloop.run(round_of(options, with_dead=False))
        ratios.append(with_dead / without)
        print(
            f"with the dead ones {with_dead:.1f} s, without {without:.1f} s: {ratios[-1]:.2f}",
            flush=True,
        )
    print(f"ratio {statistics.median(ratios):.2f} (at most 1.5 is wanted)")


if __name__ == "__main__":
    main()

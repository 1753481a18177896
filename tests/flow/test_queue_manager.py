"""The queue manager on the real store: dead next hops, rates, slow starts."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gateway.flow.deliver import WayOut
from gateway.flow.queue_manager import QueueLimits, QueueManager
from gateway.mail.mailbox import Mailbox
from gateway.ports.relay import Attempted
from gateway.ports.routing import Rate, Way
from gateway.ports.tally import NoTally
from gateway.rules.outcome import Obstacle, Stage, Trouble
from tests.fakes import TAKEN, FakeRoutes, FakeSigner
from tests.flow.desk import POLICY, open_desk

REFUSED = (Stage.CONNECT, Trouble(Obstacle.UNREACHABLE, "could not connect: refused"))


@dataclass
class Hops:
    """A Relay: next hops in `dead` refuse, the others take everything; counts both."""

    dead: set = field(default_factory=set)
    attempts: list = field(default_factory=list)
    under_way: int = 0
    most: int = 0

    async def relay(self, hop, copy, *, before_dot):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        self.attempts.append(hop.host)
        if hop.host in self.dead:
            return Attempted(hop, "none", *REFUSED, 1)
        await before_dot()
        return Attempted(hop, "none", *TAKEN, 1)


async def invoices(desk, count, domain):
    return [
        await desk.invoice(f"{domain}-{n}", customer=Mailbox("Jana", f"jana{n}@{domain}"))
        for n in range(count)
    ]


async def deliveries(desk, submitted):
    return [(await desk.deliveries(one.message_id))[0] for one in submitted]


@asynccontextmanager
async def managed(desk, relay, **limits):
    way = WayOut(FakeRoutes(), relay, FakeSigner(), POLICY, NoTally(), desk.accounts)
    manager = QueueManager(desk.context, way, QueueLimits(**limits))
    running = asyncio.create_task(manager.run())
    try:
        async with asyncio.timeout(30):
            yield manager
    finally:
        await manager.stop(5)
        await running


async def until(desk, is_so):
    seen = 0
    while not await is_so():
        seen = await desk.context.store.wait("events", seen, 0.1)


def test_a_dead_next_hop_is_left_alone_and_keeps_nobody_waiting(tmp_path):
    async def journey():
        async with open_desk(tmp_path) as desk:
            dead, living = await invoices(desk, 12, "dead.test"), await invoices(desk, 6, "ok.test")
            relay = Hops({"mx.dead.test"})

            async def is_done():
                states = {one.state for one in await deliveries(desk, dead + living)}
                return states <= {"deferred", "delivered"}

            async with managed(desk, relay):
                await until(desk, is_done)
            assert 3 <= relay.attempts.count("mx.dead.test") <= 4
            assert relay.attempts.count("mx.ok.test") == 6
            waiting = [one for one in await deliveries(desk, dead) if one.tries == 0]
            assert len(waiting) >= 8
            for one in waiting:
                assert (one.state, one.attempts) == ("deferred", ())
                assert one.reason.verbatim.startswith("not tried, their server failed")
                assert one.next_attempt_at - desk.clock.now() >= timedelta(minutes=1)

    asyncio.run(journey())


def test_what_waits_for_a_dead_next_hop_expires_in_its_time(tmp_path):
    async def journey():
        async with open_desk(tmp_path) as desk:
            submitted = await invoices(desk, 6, "dead.test")
            desk.clock.pass_by(days=5)

            async def is_done():
                return all(one.state == "expired" for one in await deliveries(desk, submitted))

            async with managed(desk, Hops({"mx.dead.test"})):
                await until(desk, is_done)
            told = [event.type for event in await desk.events()]
            assert told.count("message.bounced") == 6

    asyncio.run(journey())


def test_a_rate_lets_one_go_and_gives_the_others_their_turns(tmp_path):
    class Slow:
        def way(self, domain):
            return Way(domain, rate=Rate("*", 6, timedelta(minutes=1)))

    async def journey():
        async with open_desk(tmp_path) as desk:
            desk.context = replace(desk.context, ways=Slow())
            submitted = await invoices(desk, 4, "ok.test")
            relay = Hops()

            async def is_done():
                now = desk.clock.now()
                due = [one.next_attempt_at for one in await deliveries(desk, submitted)]
                return sum(one is not None and one > now for one in due) == 3

            async with managed(desk, relay):
                await until(desk, is_done)
            assert relay.attempts == ["mx.ok.test"]
            turns = sorted(
                (one.next_attempt_at - desk.clock.now()).total_seconds()
                for one in await deliveries(desk, submitted)
                if one.next_attempt_at is not None
            )
            assert turns == [10, 20, 30]

    asyncio.run(journey())

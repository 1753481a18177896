import asyncio

import pytest

from gateway.ports.relay import DnsFault, NoSuchDomain
from gateway.verify.shared import SharedLookups
from tests.verify.zone import TIMEOUT, Zone


class Slow(Zone):
    """Answers once it is let."""

    def __init__(self, table):
        super().__init__(table)
        self.go = asyncio.Event()

    async def txt(self, name):
        found = await super().txt(name)
        await self.go.wait()
        return found


def test_a_question_under_way_is_asked_once():
    async def run():
        zone = Slow({"x.example": {"TXT": ["hello"]}})
        shared = SharedLookups(zone)
        asking = [asyncio.create_task(shared.txt(name)) for name in ("x.example", "X.example")]
        gone = asyncio.create_task(shared.txt("x.example"))
        await asyncio.sleep(0)
        gone.cancel()
        zone.go.set()
        assert await asyncio.gather(*asking) == [["hello"], ["hello"]]
        assert zone.asked == [("x.example", "TXT")]
        assert await shared.txt("x.example") == ["hello"]
        assert len(zone.asked) == 2

    asyncio.run(run())


@pytest.mark.parametrize(("seconds", "asked"), [(60, 1), (0, 2)])
def test_a_question_without_an_answer_is_left_alone_for_a_while(seconds, asked):
    async def run():
        zone = Zone({"x.example": TIMEOUT})
        shared = SharedLookups(zone, fault_seconds=seconds)
        for _ in range(2):
            with pytest.raises(DnsFault):
                await shared.ipv4("x.example")
        assert len(zone.asked) == asked

    asyncio.run(run())


def test_each_kind_of_question_is_handed_on():
    async def run():
        zone = Zone(
            {
                "x.example": {"A": ["192.0.2.1"], "AAAA": ["::1"], "MX": [(5, "m.example")]},
                "1.2.0.192.in-addr.arpa": {"PTR": ["x.example"]},
            }
        )
        shared = SharedLookups(zone)
        assert await shared.ipv4("x.example") == ["192.0.2.1"]
        assert await shared.ipv6("x.example") == ["::1"]
        assert [one.host for one in await shared.mx("x.example")] == ["m.example"]
        assert await shared.ptr("192.0.2.1") == ["x.example"]
        with pytest.raises(NoSuchDomain):
            await shared.txt("y.example")

    asyncio.run(run())

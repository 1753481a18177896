"""MTA-STS policies: found, kept, renewed, on the real store, with DNS and web scripted."""

import asyncio
import functools
import inspect
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from gateway.flow.sts import StsLookup
from gateway.mail.errors import Fault
from gateway.mail.mta_sts import Mode
from gateway.ports.outward import HttpAnswer, NotPermitted
from gateway.ports.relay import DnsFault, NoAnswer, NoSuchDomain
from gateway.store.opening import open_store
from tests.fakes import FakeClock

ENFORCE = b"version: STSv1\nmode: enforce\nmx: mx.example.org\nmax_age: 604800\n"
TESTING = ENFORCE.replace(b"enforce", b"testing")
PLAIN = {"content-type": "text/plain; charset=utf-8"}


def page(body, status=200, headers=None):
    return HttpAnswer(status, PLAIN if headers is None else headers, body)


@dataclass
class World:
    """DNS and the web as they are now; an exception as an answer is raised."""

    record: object = "v=STSv1; id=a1;"
    web: object = field(default_factory=lambda: page(ENFORCE))
    asked: list = field(default_factory=list)
    pause: float = 0

    async def txt(self, name):
        assert name == "_mta-sts.example.org"
        if isinstance(self.record, Exception):
            raise self.record
        return [self.record]

    async def ask(self, method, url, *, headers=None, body=b"", seconds=15, most_octets=0):
        self.asked.append((method, url))
        await asyncio.sleep(self.pause)
        if isinstance(self.web, Exception):
            raise self.web
        return self.web


@dataclass
class Bench:
    store: object
    world: World
    clock: FakeClock

    def __post_init__(self):
        self.restart()

    def restart(self):
        self.lookup = StsLookup(self.store, self.world, self.world, self.clock)

    async def mode(self):
        policy = await self.lookup.of("example.org")
        return policy and policy.mode

    @property
    def fetches(self):
        return len(self.world.asked)


@asynccontextmanager
async def opened(directory):
    async with open_store(directory) as store:
        yield Bench(store, World(), FakeClock())


def journey(test):
    @functools.wraps(test)
    def run(tmp_path, **cases):
        async def whole():
            async with opened(tmp_path) as bench:
                await test(bench, **cases)

        asyncio.run(whole())

    run.__signature__ = _without_bench(test)
    return run


def _without_bench(test):
    found = inspect.signature(test)
    kept = [p for name, p in found.parameters.items() if name != "bench"]
    first = inspect.Parameter("tmp_path", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return found.replace(parameters=[first, *kept])


@journey
async def test_a_policy_is_fetched_once_and_kept(bench):
    assert [await bench.mode() for _ in range(3)] == 3 * [Mode.ENFORCE]
    url = "https://mta-sts.example.org/.well-known/mta-sts.txt"
    assert bench.world.asked == [("GET", url)]
    bench.restart()
    assert await bench.mode() is Mode.ENFORCE
    assert bench.fetches == 1


@pytest.mark.parametrize("record", [NoSuchDomain("x"), NoAnswer("x"), DnsFault("x"), "v=spf1 -all"])
@journey
async def test_a_domain_that_announces_none_has_none(bench, record):
    bench.world.record = record
    assert await bench.mode() is None
    assert bench.fetches == 0


@journey
async def test_a_new_id_brings_the_new_policy(bench):
    await bench.mode()
    bench.world.record, bench.world.web = "v=STSv1; id=a2", page(TESTING)
    assert await bench.mode() is Mode.TESTING
    assert bench.fetches == 2


@pytest.mark.parametrize(
    "record", [NoSuchDomain("x"), DnsFault("x"), "v=spf1 -all", "v=STSv1; id=a2"]
)
@journey
async def test_who_suppresses_record_or_web_server_does_not_suppress_the_policy(bench, record):
    await bench.mode()
    bench.world.record, bench.world.web = record, Fault("gone")
    bench.restart()
    assert await bench.mode() is Mode.ENFORCE
    bench.clock.pass_by(days=6, hours=23)
    assert await bench.mode() is Mode.ENFORCE
    bench.clock.pass_by(hours=2)
    assert await bench.mode() is None


@pytest.mark.parametrize(
    "web",
    [
        Fault("certificate verify failed"),
        NotPermitted("private"),
        page(b"", 301, {"location": "https://elsewhere.test/"}),
        page(ENFORCE, 404),
        page(ENFORCE, headers={"content-type": "text/html"}),
        page(ENFORCE, headers={}),
        page(b"no policy"),
        page(ENFORCE + b"x" * 65536),
    ],
)
@journey
async def test_a_policy_that_cannot_be_had_is_not_asked_for_again_at_once(bench, web):
    bench.world.web = web
    assert [await bench.mode() for _ in range(3)] == 3 * [None]
    assert bench.fetches == 1
    bench.clock.pass_by(minutes=6)
    bench.world.web = page(ENFORCE)
    assert await bench.mode() is Mode.ENFORCE


@journey
async def test_a_kept_policy_is_renewed_before_its_time_is_over(bench):
    await bench.mode()
    bench.clock.pass_by(days=2)
    assert await bench.mode() is Mode.ENFORCE
    assert bench.fetches == 2
    bench.clock.pass_by(days=6)
    bench.world.web = Fault("gone for now")
    bench.restart()
    assert await bench.mode() is Mode.ENFORCE


@journey
async def test_many_mails_at_once_fetch_the_policy_once(bench):
    bench.world.pause = 0.01
    found = await asyncio.gather(*(bench.mode() for _ in range(20)))
    assert found == 20 * [Mode.ENFORCE]
    assert bench.fetches == 1

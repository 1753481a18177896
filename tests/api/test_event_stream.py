import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from gateway.api import streams
from tests.api.kit import application, problem, with_api

PATH = "/v1/events/stream"


class Following:
    """A stream as its reader sees it."""

    def __init__(self):
        self.text = ""
        self.status = None
        self.headers = {}
        self.came = asyncio.Event()
        self.leaving = asyncio.Event()
        self.over = False
        self.asked = False

    async def receive(self):
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.leaving.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.text += message["body"].decode()
            self.over = not message.get("more_body", False)
        self.came.set()

    async def until(self, is_so):
        async with asyncio.timeout(10):
            while not is_so():
                self.came.clear()
                await self.came.wait()

    def events(self):
        """Give what was said: fields by name, without heartbeats and the first word."""
        said = [part.split("\n") for part in self.text.split("\n\n") if part]
        fields = [dict(line.split(": ", 1) for line in lines) for lines in said[1:]]
        return [one for one in fields if "data" in one]

    async def count(self, count):
        await self.until(lambda: len(self.events()) >= count)
        return self.events()


@asynccontextmanager
async def following(api, company, query="", **headers):
    reader = Following()
    sent = {"authorization": f"Bearer {company.key}", **headers}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "client": ("192.0.2.1", 4711),
        "server": ("mail.test", 80),
        "root_path": "",
        "state": {},
    }
    task = asyncio.create_task(application(api.services)(scope, reader.receive, reader.send))
    await reader.until(lambda: reader.status is not None and reader.text)
    yield reader
    reader.leaving.set()
    while not task.done():
        await tell(api, company, "over")
        await asyncio.wait({task}, timeout=0.02)
    await task


async def tell(api, company, *kinds):
    context = api.services.context
    now = context.clock.now()
    events = [context.event(company.id, kind, now, {"n": kind}) for kind in kinds]
    await api.store.write(lambda work: [work.events.add(one) for one in events])


@with_api()
async def test_a_stream_tells_what_happens_from_now_on(api):
    company, other = await api.company(), await api.company("Other")
    await tell(api, company, "a.b")
    async with following(api, company) as reader:
        assert reader.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert reader.headers["cache-control"] == "no-store"
        await tell(api, other, "c.d")
        await tell(api, company, "invoice.sent", "message.received")
        events = await reader.count(2)
    assert [(one["id"], one["event"]) for one in events] == [
        ("2", "invoice.sent"),
        ("3", "message.received"),
    ]
    shown = (await api.get("/v1/events?after=1&limit=2", company.key)).json()["data"]
    assert [json.loads(one["data"]) for one in events] == shown


@pytest.mark.parametrize(
    ("query", "headers", "numbers"),
    [
        ("after=0", {}, ["1", "2", "3"]),
        ("after=1", {}, ["2", "3"]),
        ("after=0", {"last-event-id": "2"}, ["3"]),
        ("types=b&after=0", {}, ["2"]),
        ("after=99", {}, []),
    ],
)
@with_api()
async def test_a_stream_goes_on_where_its_reader_was(api, query, headers, numbers):
    company = await api.company()
    await tell(api, company, "a", "b", "c")
    async with following(api, company, query, **headers) as reader:
        await reader.count(len(numbers))
        await tell(api, company, "b")
        events = await reader.count(len(numbers) + 1)
    assert [one["id"] for one in events] == [*numbers, "4"]


@with_api()
async def test_a_stream_gives_more_than_a_portion(api):
    company = await api.company()
    await tell(api, company, *["a"] * 250)
    async with following(api, company, "after=0") as reader:
        events = await reader.count(250)
    assert [one["id"] for one in events] == [str(number) for number in range(1, 251)]


@with_api()
async def test_a_quiet_stream_has_a_heartbeat(api, monkeypatch):
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.0)
    company = await api.company()
    async with following(api, company) as reader:
        await reader.until(lambda: reader.text.count(": still here\n\n") >= 2)
        assert "data:" not in reader.text


@with_api()
async def test_a138_a_stream_ends_when_its_key_is_revoked(api):
    company = await api.company()
    async with following(api, company) as reader:
        keys = await api.store.read(lambda work: work.keys.all(company.id))
        for key in keys:
            await api.services.companies.revoke_key(key.id)
        await tell(api, company, "a.secret")
        await reader.until(lambda: reader.over)
        assert "a.secret" not in reader.text


@with_api()
async def test_a_stream_ends_when_the_gateway_stops(api):
    company = await api.company()
    async with following(api, company) as reader:
        assert not reader.over
        api.services.draining.begin()
        await reader.until(lambda: reader.over)
    assert api.services.streams.open == 0


@with_api()
async def test_a_reader_that_left_is_forgotten(api):
    company = await api.company()
    async with following(api, company):
        assert api.services.streams.open == 1
    assert api.services.streams.open == 0


@with_api()
async def test_a_company_has_half_of_the_streams_at_most(api):
    company, other = await api.company(), await api.company("Other")
    api.services.streams._most = 2
    async with following(api, company):
        refused = await api.get(PATH, company.key)
        assert problem(refused)[:2] == (429, "rate_limited")
        assert refused.headers["retry-after"] == "60"
        async with following(api, other) as reader:
            assert reader.status == 200


@with_api()
async def test_where_to_go_on_is_a_number(api):
    company = await api.company()
    for odd in ("x", "-1", "1" * 19):
        answer = await api.get(PATH, company.key, headers={"Last-Event-ID": odd})
        assert problem(answer)[::2] == (422, "Last-Event-ID"), odd

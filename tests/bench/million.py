"""Lists, search and news of a company with a million messages, beside a bare Starlette endpoint.

    python -m tests.bench.million [--messages N] [--postgresql] [--requests N] [--keep DIR]
        [--only TEXT]

A store is filled below the API; `postroom serve` runs on it; each question is asked again and
again over one kept connection, as is an endpoint of Starlette that answers a constant of the
size of a list. Compare the ratios: milliseconds say most of the machine. With --keep the store
stays in that directory and is used again; with --only, just the questions whose names hold that.
"""

import argparse
import json
import statistics
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path

import httpx2
from psycopg.errors import DuplicateDatabase

from gateway.store.engine import EngineOptions, make_engine, place_of
from tests import postgres as servers
from tests.bench.million_seed import Seed
from tests.bench.serving import LIMITS, scratch
from tests.journeys.company import answer_mail, receive
from tests.journeys.process import RunningGateway

HEARD = "a mail, heard of by SSE"
LIMITS_MS = {"conversations, q": 100, "conversations": 20, "search": 100, HEARD: 300}
"""What p99 may be of what begins so, in milliseconds."""
BARE = """
import socket, sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
body = b"x" * 30_000
async def list_(request):
    return Response(body, media_type="application/json")
app = Starlette(routes=[Route("/", list_)])
# Its own `fd` takes every socket for one of UNIX, and leaves out TCP_NODELAY: 40 ms an answer.
listening = socket.socket(fileno=int(sys.argv[1]))
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])
"""


def questions(seeded):
    """Return what is asked, by name: some of it rare, some in nearly every message."""
    common, second, middling = seeded["words"]
    rare = "inv4711"
    return {
        "conversations": "/v1/conversations?limit=50",
        "conversations, open": "/v1/conversations?limit=50&view=open",
        "conversations, unread": "/v1/conversations?limit=50&view=unread",
        "conversations, done": "/v1/conversations?limit=50&view=done",
        "conversations, a tag": "/v1/conversations?limit=50&tag=vip",
        "conversations, nobody's": "/v1/conversations?limit=50&assignee=nobody",
        "conversations, a customer": f"/v1/conversations?limit=50&customer={seeded['address']}",
        "messages": "/v1/messages?limit=50",
        "messages of one": f"/v1/conversations/{seeded['latest']}/messages",
        "search, rare": f"/v1/search?q={rare}",
        "search, middling": f"/v1/search?q={middling}",
        "search, common": f"/v1/search?q={common}",
        "search, two words": f"/v1/search?q={common}+{middling}",
        "search, phrase": f'/v1/search?q="{common} {second}"',
        "search, beginning": f"/v1/search?q={middling[:3]}*",
        "search, from": "/v1/search?q=from:jana",
        "search, open": f"/v1/search?q={middling}+is:open",
        "search, nothing": "/v1/search?q=xyzzyxyzzy",
        "conversations, q": f"/v1/conversations?limit=50&q={middling}",
        "conversations, q common": f"/v1/conversations?limit=50&q={common}",
    }


def timed(client, path, count):
    """Return (p50, p99) of so many answers, ms."""
    taken = []
    for at in range(count + 5):
        began = time.perf_counter()
        answer = client.get(path)
        if at >= 5:
            taken.append((time.perf_counter() - began) * 1000)
        answer.raise_for_status()
    taken.sort()
    return statistics.median(taken), taken[min(len(taken) - 1, int(len(taken) * 0.99))]


@contextmanager
def bare():
    """Run a bare endpoint; gives its address."""
    import socket

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port, fd = listening.getsockname()[1], listening.fileno()
        command = [sys.executable, "-c", BARE, str(fd)]
        with subprocess.Popen(command, pass_fds=[fd]) as process:
            try:
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()


def heard(running, company, count):
    """Return (p50, p99) from the 250 of a customer's mail to its event in a stream, ms."""
    told, moments, ready = {}, {}, threading.Event()

    def follow():
        with (
            running.client(company["api_key"]) as client,
            client.stream("GET", "/v1/events/stream") as stream,
        ):
            ready.set()
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    event = json.loads(line[6:])
                    if event["type"] == "message.received":
                        told[event["data"]["message_id"]] = time.perf_counter()
                        if len(told) == count:
                            return

    thread = threading.Thread(target=follow)
    thread.start()
    ready.wait(30)
    for at in range(count):
        mail = answer_mail(company["sender_address"], "Hello", message_id=f"<{at}@client.example>")
        moments[receive(running, mail, company["sender_address"])] = time.perf_counter()
    thread.join(60)
    taken = sorted((told[one] - moments[one]) * 1000 for one in moments)
    return statistics.median(taken), taken[int(len(taken) * 0.99)]


def judged(name, high):
    """Return a mark if p99 is above what it may be."""
    limit = next((most for begins, most in LIMITS_MS.items() if name.startswith(begins)), None)
    return "" if limit is None or high <= limit else f"  ! over {limit} ms"


def measure(running, seeded, count, only):
    company = seeded["company"]
    with ExitStack() as stack:
        client = stack.enter_context(running.client(company["api_key"]))
        base = stack.enter_context(httpx2.Client(base_url=stack.enter_context(bare())))
        for _ in range(100):
            try:
                base.get("/")
                break
            except httpx2.ConnectError:
                time.sleep(0.1)
        floor, floor_high = timed(base, "/", count)
        print(f"{'bare Starlette':28} p50 {floor:7.1f}  p99 {floor_high:7.1f} ms")
        for name, path in questions(seeded).items():
            if only not in name:
                continue
            middle, high = timed(client, path, count)
            mark = judged(name, high)
            print(
                f"{name:28} p50 {middle:7.1f}  p99 {high:7.1f} ms"
                f"  ratio {middle / floor:6.1f} / {high / floor_high:6.1f}{mark}",
                flush=True,
            )
        if only in HEARD:
            middle, high = heard(running, company, min(count, 100))
            mark = judged(HEARD, high)
            print(f"{HEARD:28} p50 {middle:7.1f}  p99 {high:7.1f} ms{mark}")


@contextmanager
def database(directory, *, postgresql):
    """Give the lines of `[server]` that name the database, and the store's place."""
    if not postgresql:
        yield "", None
        return
    directory.mkdir(parents=True, exist_ok=True)
    with servers._running(servers._programs(), directory, shared_buffers="128MB") as server:
        # The first that is made; one that was kept is there already.
        url = server.url("test_0")
        with suppress(DuplicateDatabase):
            server.create()
        yield f'[server]\ndatabase_url = "{url}"\n', url


def seeded_store(running, url, count):
    """Fill the store of a new company; return what to ask about. The gateway is stopped then."""
    running.start()
    company = running.json("tenant", "add", "Acme s.r.o.")[0]
    running.stop()
    began = time.monotonic()
    seed = Seed(company["id"], 1)
    engine = make_engine(place_of(url or running.data_dir), EngineOptions(synchronous="OFF"))
    seed.fill(engine, count)
    engine.dispose()
    print(f"{count} messages in {time.monotonic() - began:.0f} s", flush=True)
    return {
        "company": company,
        "latest": seed.latest,
        "address": seed.address,
        "words": [seed.words[0], seed.words[1], seed.words[800]],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    place = nullcontext(given.keep) if given.keep else scratch()
    with (
        place as directory,
        database(directory / "postgresql", postgresql=given.postgresql) as (settings, url),
    ):
        running = RunningGateway(directory / "gateway", settings=LIMITS + settings)
        kept = directory / "seeded.json"
        if not kept.exists():
            kept.write_text(json.dumps(seeded_store(running, url, given.messages)))
        running.start()
        try:
            measure(running, json.loads(kept.read_text()), given.requests, given.only)
        finally:
            running.stop()


if __name__ == "__main__":
    main()

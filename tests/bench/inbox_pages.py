"""How soon the Inbox is there among very many conversations.

    python -m tests.bench.inbox_pages [--conversations N] [--postgres] [--no-browser] [--keep DIR]

So many conversations of one company are stored, then `postroom serve` is started, as its users
run it. Each page is asked for once on the freshly started server ("cold"), then 20 times. Last,
Debian's Chromium opens the Inbox: "ready" is DOMContentLoaded by its own clock, from the click
on. The target: a list of 50 among 100,000 conversations ready within 300 ms. With --keep the
store stays in that directory, and is used again (SQLite only).
"""

import argparse
import asyncio
import contextlib
import gzip
import statistics
import tempfile
import time
from pathlib import Path

import httpx2

from tests import postgres as servers
from tests.bench.crowd import EACH_CUSTOMER, RARE, settle
from tests.bench.serving import LIMITS, scratch
from tests.browser.conftest import FLAGS, path_of_chromium
from tests.journeys.process import RunningGateway

TIMES = 20
TARGET_MS = 300
SETTINGS = LIMITS + "http_requests_per_address = 100000\n"
PAGES = {
    "Open": "/inbox?view=open",
    "Unread": "/inbox?view=unread",
    "Not delivered": "/inbox?view=not_delivered",
    "Waiting": "/inbox?view=waiting",
    "Done": "/inbox?view=done",
    "a conversation": None,
    "search: a rare word": f"/inbox?q={RARE}",
    "search: a word of most": "/inbox?q=invoice",
    "search: two words": "/inbox?q=oak+Friday",
    "search: a name": "/inbox?q=from%3Ajana",
    "search: number": "/inbox?q=invoice%3A2025-000777",
    "search: unpaid": "/inbox?q=is%3Aunpaid",
    "search: overdue": "/inbox?q=is%3Aoverdue",
    "search: overdue + word": "/inbox?q=is%3Aoverdue+oak",
    "search: state": "/inbox?q=is%3Aundelivered",
    "search: before a day": "/inbox?q=before%3A2025-02-01",
    "search: nothing": "/inbox?q=thereisnosuchword",
}


@contextlib.contextmanager
def database(wanted):
    """Give the settings of the database, and where it is if it is PostgreSQL."""
    if not wanted:
        yield "", None
        return
    with (
        tempfile.TemporaryDirectory(prefix="postroom-pg-") as directory,
        servers._running(servers._programs(), Path(directory)) as server,
    ):
        url = server.url(server.create())
        yield f'[server]\ndatabase_url = "{url}"\n', url


def asked(client, path):
    """Ask for a page; return the milliseconds until it was there, and the answer."""
    began = time.perf_counter()
    answer = client.get(path)
    spent = 1000 * (time.perf_counter() - began)
    answer.raise_for_status()
    return spent, answer


def in_browser(url, cookie):
    """Return the milliseconds that Chromium needs until the Inbox is ready, of 10 visits."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path_of_chromium(), args=FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_cookies([{**cookie, "url": url}])
        page = context.new_page()
        found = []
        for _ in range(10):
            page.goto(f"{url}/inbox?view=open")
            assert page.locator("#rows a").count() == 50
            entry = "performance.getEntriesByType('navigation')[0].toJSON()"
            timing = page.evaluate(entry)
            found.append((timing["domContentLoadedEventEnd"], timing["responseEnd"]))
        browser.close()
    return found


def measure(running, key, *, browser):
    """Tell how long each page takes."""
    with httpx2.Client(base_url=running.url, trust_env=False, timeout=120) as client:
        entered = client.post(
            "/inbox/sign-in", data={"secret": key}, headers={"Origin": "http://127.0.0.1:8025"}
        )
        assert entered.status_code == 303, entered.text
        ((name, value),) = client.cookies.items()
        print(f"{'page':26} {'cold':>8} {'median':>8} {'worst':>8}   KiB  gzip")
        for title, path in PAGES.items():
            where = path or f"/inbox/conversations/cnv_{EACH_CUSTOMER * 100:024d}"
            cold, answer = asked(client, where)
            warm = [asked(client, where)[0] for _ in range(TIMES)]
            size, packed = len(answer.content), len(gzip.compress(answer.content))
            mark = "" if max(cold, statistics.median(warm)) <= TARGET_MS else "!"
            print(
                f"{title:26} {cold:5.0f} ms {statistics.median(warm):5.0f} ms {max(warm):5.0f} ms"
                f" {size / 1024:5.0f} {packed / 1024:5.1f} {mark}"
            )
    if browser:
        first, *rest = in_browser(running.url, {"name": name, "value": value})
        ready = [moment for moment, _ in rest]
        print(f"Chromium, Open: ready after {first[0]:.0f} ms at first,", end=" ")
        print(f"then median {statistics.median(ready):.0f} ms, worst {max(ready):.0f} ms", end=" ")
        print(f"(the answer was there after {statistics.median(r for _, r in rest):.0f} ms)")


def stocked(running, url, count):
    """Store the conversations of a new company; return its key. The gateway is stopped then."""
    running.start()
    company = running.json("tenant", "add", "Acme s.r.o.")[0]
    running.stop()
    running.process.stdout.close()
    began = time.perf_counter()
    asyncio.run(settle(url or running.data_dir, company["id"], count))
    spent, kind = time.perf_counter() - began, "PostgreSQL" if url else "SQLite"
    print(f"{count} conversations stored in {spent:.0f} s ({kind})", flush=True)
    return company["api_key"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    place = contextlib.nullcontext(given.keep) if given.keep else scratch()
    with place as directory, database(given.postgres) as (settings, url):
        running = RunningGateway(directory, settings=settings + SETTINGS)
        kept = directory / "key"
        if not kept.exists():
            kept.write_text(stocked(running, url, given.conversations))
        running.start()
        try:
            measure(running, kept.read_text(), browser=not given.no_browser)
        finally:
            running.stop()
            running.process.stdout.close()


if __name__ == "__main__":
    main()

"""Scanners of mail open every link, and some run what they find: nothing comes of it (A127)."""

import base64
import hashlib
import re
import sqlite3
from urllib.parse import urlsplit

import pytest

from gateway.store.engine import DATABASE_FILE
from tests.browser.watching import DESKTOP, watching
from tests.journeys.company import ADMIN, PDF, Company
from tests.journeys.process import RunningGateway

INVOICE = {
    "number": "2026-0142",
    "amount": "1254.00",
    "currency": "EUR",
    "due_on": "2026-12-05",
    "customer": {"name": "Jana", "email": "jana@client.example"},
    "payment": {"iban": "SK9611000000002918599669", "url": "https://pay.example/1"},
    "pdf": {"filename": "a.pdf", "content": base64.b64encode(PDF).decode()},
    "send": False,
}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    running = RunningGateway(tmp_path_factory.mktemp("scanned"), settings=ADMIN).start()
    yield running
    running.stop()
    running.process.stdout.close()


def rows(gateway):
    """A hash of every row, but for when keys were last used: that is the API's, not the pages'."""
    digest = hashlib.sha256()
    path = gateway.data_dir / DATABASE_FILE
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")
        for (name,) in names.fetchall():
            if name != "api_key":
                digest.update(repr(database.execute(f'SELECT * FROM "{name}"').fetchall()).encode())
    return digest.hexdigest()


def test_a127_a_scanner_that_runs_every_script_of_every_page_changes_nothing(chromium, gateway):
    company = Company.added(gateway, "Acme")
    company.api.patch("/v1/tenant", json={"track_views": True})
    sent = company.post("/v1/invoices", INVOICE, status=202)
    home = f"http://{gateway.ready['http'][0]}"
    paths = [urlsplit(sent["view_url"]).path, urlsplit(sent["pdf_url"]).path, "/genuine"]
    seen = set()
    before = rows(gateway)
    with watching(chromium, DESKTOP) as watched:
        page = watched.page
        while paths:
            path = paths.pop()
            if path in seen:
                continue
            seen.add(path)
            if re.search(r"/pdf$|^/d/|\.ics$|\.png$|\.zip$|/events$|/attachments/", path):
                page.request.get(home + path)
                continue
            page.goto(home + path)
            # Long enough for a look at a page to count, if looking were enough.
            page.wait_for_timeout(2500 if path.startswith("/c/") and path.count("/") == 2 else 100)
            # A script's own clicks are no gestures of a person.
            page.evaluate("document.dispatchEvent(new Event('pointerdown', {bubbles: true}))")
            page.evaluate("document.body.click()")
            links = page.eval_on_selector_all("a", "(all) => all.map((one) => one.href)")
            paths += [urlsplit(one).path for one in links if one.startswith(home)]
    assert len(seen) >= 10
    assert rows(gateway) == before
    company.close()


def test_a_persons_gesture_on_the_open_page_is_a_view_and_no_haste_is(chromium, gateway):
    company = Company.added(gateway, "Watchful")
    company.api.patch("/v1/tenant", json={"track_views": True})
    sent = company.post("/v1/invoices", INVOICE, status=202)
    home = f"http://{gateway.ready['http'][0]}"
    with watching(chromium, DESKTOP) as watched:
        page = watched.page
        page.goto(home + urlsplit(sent["view_url"]).path)
        assert "Watchful can see that you opened this page." in page.inner_text("footer")
        page.mouse.click(5, 5)
        page.wait_for_timeout(2100)
        with page.expect_response(lambda one: one.url.endswith("/viewed")) as noticed:
            page.mouse.click(5, 5)
        assert noticed.value.status == 204
    told = company.get("/v1/events?types=invoice.viewed")["data"]
    assert [one["data"]["invoice_id"] for one in told] == [sent["id"]]
    company.close()

"""Scanners of mail open every link, and some run what they find: nothing comes of it (A127)."""

import base64
import re
import sqlite3
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx2
import pytest

from gateway.flow.dns_watch import KNOWN, TURN
from gateway.store.engine import DATABASE_FILE
from tests.browser.watching import DESKTOP, watching
from tests.journeys.company import ADMIN, ADMIN_KEY, PDF, Company
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


# Written at no page's request: when keys were last used (the API's), and what the gateway's own
# look at its DNS records found, a minute after it began.
LOOKS_AT_DNS = f"WHERE name != '{KNOWN}' AND name NOT LIKE '{TURN}%'"


def rows(gateway):
    """Every row that a page could have written, by table."""
    path = gateway.data_dir / DATABASE_FILE
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")
        return {
            name: database.execute(
                f'SELECT * FROM "{name}" {LOOKS_AT_DNS if name == "fact" else ""}'
            ).fetchall()
            for (name,) in names.fetchall()
            if name != "api_key"
        }


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
    after = rows(gateway)
    assert {name for name in after if after[name] != before[name]} == set()
    company.close()


@contextmanager
def another_site(body):
    """A site of a stranger that shows `body`; gives its address and the headers it is sent."""
    heard = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append((self.path, dict(self.headers)))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body().encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}", heard
        finally:
            server.shutdown()
            thread.join()


def test_a122_a131_no_other_site_learns_a_link_or_frames_its_page(chromium, gateway):
    company, view = Company.added(gateway, "Framed"), []
    home = f"http://{gateway.ready['http'][0]}"
    with another_site(lambda: f'<iframe src="{view[0]}"></iframe>') as (site, heard):
        payment = {**INVOICE["payment"], "url": f"{site}/pay"}
        sent = company.post("/v1/invoices", {**INVOICE, "payment": payment}, status=202)
        view.append(home + urlsplit(sent["view_url"]).path)
        with watching(chromium, DESKTOP) as watched:
            page = watched.page
            page.goto(view[0])
            page.click(f'a[href$="{sent["id"]}/pay"]')
            page.click("form .primary")
            page.wait_for_url(f"{site}/pay")
            came = [headers for path, headers in heard if path == "/pay"]
            assert came
            assert not [one for one in came if "Referer" in one]
            # The same page on its own shows what the frame must not.
            page.goto(f"{site}/frame")
            (frame,) = page.frames[1:]
            frame.wait_for_load_state()
            assert "2026-0142" not in frame.content()
            page.goto(view[0])
            assert "2026-0142" in page.content()
    company.close()


def test_a123_what_was_asked_for_by_link_stands_in_no_log(gateway):
    company = Company.added(gateway, "Logged")
    sent = company.post("/v1/invoices", INVOICE, status=202)
    view, pdf = (urlsplit(sent[name]).path for name in ("view_url", "pdf_url"))
    home = f"http://{gateway.ready['http'][0]}"
    invoice = f"{view}/invoices/{sent['id']}"
    with httpx2.Client(base_url=home, trust_env=False) as client:
        paths = (
            view,
            pdf,
            invoice,
            f"{invoice}/nothing",
            f"{view}x",
            f"{view}/%00",
            f"{view}?a={view}",
        )
        asked = [client.get(path).status_code for path in paths]
        asked.append(client.post(f"{view}/messages", data={"text": "A secret"}).status_code)
        asked.append(client.put(view).status_code)
        metrics = client.get("/metrics", headers={"Authorization": f"Bearer {ADMIN_KEY}"})
    assert {200, 303, 404, 405} <= set(asked)
    log = gateway.log.read_text()
    assert r"/c/\u2026" in log
    for secret in (view.rpartition("/")[2], pdf.rpartition("/")[2], "A secret", company.key):
        assert secret not in log
        assert secret not in metrics.text
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

"""Show pictures: asked for by a person, fetched by the gateway, shown within the mail's frame."""

import json
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
import trustme

from tests.browser.conftest import signed_in
from tests.browser.looks import PICTURE
from tests.browser.test_scanners import INVOICE
from tests.browser.watching import DESKTOP, PHONE, watching
from tests.journeys.company import ADMIN, Company, answer_mail, receive
from tests.journeys.process import ROOT, RunningGateway

ALLOW = '[egress]\nallow = ["127.0.0.0/8"]\n'


@pytest.fixture(scope="module")
def server():
    """A server of pictures: its port, its authority, and who asked it for what."""
    authority, asked = trustme.CA(), []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, dict(self.headers)))
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(PICTURE)))
            self.end_headers()
            self.wfile.write(PICTURE)

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield listening.server_address[1], authority, asked
    listening.shutdown()
    thread.join()
    listening.server_close()


@pytest.fixture(scope="module")
def told(server, tmp_path_factory):
    """A conversation with a mail that names pictures: (page, what signs in)."""
    port, authority, _ = server
    place = tmp_path_factory.mktemp("pictures")
    trusted = place / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    running = RunningGateway(
        place, settings=ADMIN + ALLOW, environment={"SSL_CERT_FILE": str(trusted)}
    ).start()
    company = Company.added(running, "Acme")
    sent = company.post("/v1/invoices", INVOICE, status=202)
    mail = answer_mail(
        company.address,
        "Look at these.\n",
        message_id="<pictures@client.example>",
        Subject="Pictures",
    )
    mail.add_alternative(
        "<p>Look at these.</p>"
        + "".join(f'<img alt="n{n}" src="https://127.0.0.1:{port}/{n}.png">' for n in (1, 2)),
        subtype="html",
    )
    read = company.message(receive(running, mail, company.address))
    command = [sys.executable, "-m", "gateway", "inbox-link", company.slug, "--json"]
    said = subprocess.run(
        [*command, "--config", str(running.config)], cwd=ROOT, capture_output=True, check=True
    )
    home = f"http://{running.ready['http'][0]}"
    state = signed_in(home + urlsplit(json.loads(said.stdout)["url"]).path)
    assert sent["conversation_id"]
    yield f"{home}/inbox/conversations/{read['conversation_id']}", state
    company.close()
    running.stop()
    running.process.stdout.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pictures_are_fetched_by_us_once_somebody_asks(chromium, told, server, size):
    (path, state), (_, _, asked) = told, server
    asked.clear()
    with watching(chromium, size, storage_state=state) as watched:
        page = watched.page
        page.goto(path)
        page.get_by_text("Show formatted").click()
        page.get_by_text("2 pictures blocked").wait_for()
        frame = page.frame_locator("details.formatted iframe")
        frame.get_by_text("Look at these.").wait_for()
        assert asked == []
        page.get_by_role("button", name="Show pictures").click()
        shown = frame.locator("img[src^='data:']").first
        shown.wait_for()
        assert shown.evaluate("(one) => one.decode().then(() => one.naturalWidth)") == 1
        assert sorted(path for path, _ in asked) == ["/1.png", "/2.png"]
        assert not page.get_by_role("button", name="Show pictures").is_visible()
        for _, headers in asked:
            assert not {"Cookie", "Referer", "Origin"} & set(headers)
            assert "Chrom" not in headers.get("User-Agent", "")
        home = urlsplit(path).netloc
        assert {urlsplit(one).netloc for one in watched.asked} <= {home, ""}
        assert watched.said == []
        # Nobody's wish lasts: the next look shows none again.
        page.reload()
        page.get_by_text("Show formatted").click()
        page.get_by_role("button", name="Show pictures").wait_for()

"""A company's own mail server on a running gateway: tested, used, broken, mended."""

import asyncio
import email
import email.policy
import ssl
import threading
import time

import pytest
import trustme

from tests.journeys.company import ADMIN, Company, answer_mail, receive
from tests.journeys.process import gateway
from tests.smtp.fakehop import FakeHop

pytestmark = pytest.mark.journey
MAILS = 50
REFUSED = "535 5.7.8 Error: authentication failed: account locked"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority):
    """The company's mail server: STARTTLS, then a login."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    hop = FakeHop(offers=("SIZE 36700160", "AUTH PLAIN", "DSN"), tls_context=context)
    ready, loop = threading.Event(), asyncio.new_event_loop()
    done = asyncio.Event()

    async def serve():
        async with hop.running():
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    yield hop
    loop.call_soon_threadsafe(done.set)
    thread.join(10)


@pytest.fixture(scope="module")
def running(tmp_path_factory, authority, server):
    directory = tmp_path_factory.mktemp("own")
    trusted = directory / "trusted.pem"
    authority.cert_pem.write_to_path(str(trusted))
    settings = (
        ADMIN
        + '[relay]\nnext_hop = "smtp://127.0.0.1:9"\nretry = ["1h"]\n'
        + '[egress]\nallow = ["127.0.0.0/8"]\n'
    )
    with gateway(directory, settings=settings, environment={"SSL_CERT_FILE": str(trusted)}) as up:
        yield up


def until(is_so):
    """Wait until something is so, half a minute at most."""
    ends = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.05)


def invoice(company, number):
    body = {
        "number": str(number),
        "amount": "10.00",
        "currency": "EUR",
        "customer": {"name": "Jana", "email": "jana@client.example"},
        "pdf": {"filename": "invoice.pdf", "content": "JVBERi0xLjQK"},
    }
    return company.post("/v1/invoices", body, status=202)


def test_the_whole_life_of_an_own_mail_server(running, server):
    company = Company.added(running, "Own Server")
    account = {
        "login": "invoices@own.example",
        "password": "canary-7f3a",
        "host": "localhost",
        "port": server.port,
        "security": "starttls",
    }
    tested = company.post("/v1/settings/email/test", {"smtp": account})
    assert tested["message"] == "SMTP test successful", tested
    assert [step["name"] for step in tested["steps"]] == ["dns", "connect", "tls", "auth", "sender"]
    change = {"method": "smtp", "smtp": account}
    company.api.patch("/v1/settings/email", json=change).raise_for_status()

    invoice(company, "first")
    until(lambda: len(server.taken) == 1)
    (first,) = server.taken
    mail = email.message_from_bytes(first.content, policy=email.policy.default)
    assert first.tls
    assert first.mail.startswith("<invoices@own.example>")
    assert mail["From"].addresses[0].addr_spec == "invoices@own.example"
    assert [part.get_filename() for part in mail.iter_attachments()] == ["invoice.pdf"]

    # With `replies = inbox` the customer's answer threads by its token.
    to = mail["Reply-To"].addresses[0].addr_spec
    receive(running, answer_mail(to, "Paid today.", message_id="<a@client.example>"), to)
    until(lambda: len(company.get("/v1/messages?direction=in")["data"]) == 1)
    (answer,) = company.get("/v1/messages?direction=in")["data"]
    assert answer["threading"]["rule"] == "token"

    # The login breaks while fifty invoices are handed over.
    server.script["auth"] = REFUSED
    server.script["mail"] = "421 4.7.0 Bye"  # kept connections end with it
    for number in range(MAILS):
        invoice(company, number)
    until(lambda: company.get("/v1/settings/email")["failure"] is not None)
    failure = company.get("/v1/settings/email")["failure"]
    assert (failure["stage"], failure["message"]) == ("auth", REFUSED)
    told = company.get("/v1/events?types=smtp_account.failed")["data"]
    assert [event["data"]["message"] for event in told] == [REFUSED]
    assert len(server.taken) == 1

    # A good test mends it: everything leaves, by the company's server alone.
    del server.script["auth"]
    del server.script["mail"]
    tested = company.post("/v1/settings/email/test", {})
    assert tested["ok"], tested
    until(lambda: len(server.taken) == 1 + MAILS)
    states = company.all("/v1/deliveries")
    until(lambda: {one["state"] for one in company.all("/v1/deliveries")} == {"sent"})
    assert all(attempt["next_hop"].startswith("localhost") for one in states
               for attempt in one["attempts"])  # fmt: skip
    assert server.logins_in_clear == []
    company.close()

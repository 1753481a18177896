"""A gateway, and a company's own mail server that its domain names; on loopback alone."""

import asyncio
import ssl
import threading
from contextlib import contextmanager

import trustme

from tests.browser.conftest import signed_in
from tests.journeys.process import gateway
from tests.smtp.fakedns import answering
from tests.smtp.fakehop import FakeHop

LOGIN = "invoices@own.example"
REFUSED = "535 5.7.8 Username and password not accepted"


@contextmanager
def mail_server(authority):
    """A server with STARTTLS that refuses the first login and takes the second; gives its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    logins = [REFUSED, "235 2.7.0 Accepted"]
    hop = FakeHop(script={"auth": logins}, offers=("AUTH PLAIN",), tls_context=context)
    ready, loop, ending = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def serve():
        async with hop.running():
            ready.set()
            await ending.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait(10)
    try:
        yield hop.port
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join()


@contextmanager
def company_with_server(place):
    """Give where the Inbox of a new company is, and what a browser keeps of having signed in."""
    authority = trustme.CA()
    trusted = place / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    with mail_server(authority) as port:
        zone = {("_submission._tcp.own.example", "SRV"): [f"0 1 {port} localhost."]}
        with answering(zone) as dns:
            settings = (
                f'[egress]\nallow = ["127.0.0.0/8"]\n[dns]\nresolvers = ["127.0.0.1:{dns.port}"]\n'
            )
            trust = {"SSL_CERT_FILE": str(trusted)}
            with gateway(place, settings=settings, environment=trust) as running:
                company = running.json("tenant", "add", "Acme s.r.o.")[0]
                inbox = f"{running.url}/inbox"
                state = signed_in(f"{inbox}/sign-in", {"secret": company["api_key"]})
                yield inbox, state

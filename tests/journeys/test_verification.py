"""Who sent a mail, as a running gateway finds out: over SMTP and DNS, and after a crash."""

import asyncio
import threading
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from gateway.mail.dkim.keys import key_record
from gateway.mail.dkim.signature import sign
from tests.journeys.company import ADMIN, Company, receive
from tests.journeys.process import gateway
from tests.mail.dkim_keys import ed25519_key
from tests.smtp.fakedns import SILENT, FakeDns
from tests.trace import as_received, received, results

pytestmark = pytest.mark.journey

JANA = "jana@client.example"
HOSTNAME = "mail.example.com"
ZONE = {
    ("client.example", "TXT"): ['"v=spf1 ip4:192.0.2.1 -all"'],
    ("_dmarc.client.example", "TXT"): ['"v=DMARC1; p=reject"'],
    ("e1._domainkey.client.example", "TXT"): [f'"{key_record(ed25519_key().private)}"'],
}


@contextmanager
def dns_server(zone):
    """A DNS server in a thread of its own."""
    dns, loop, over = FakeDns(dict(zone)), asyncio.new_event_loop(), asyncio.Event()
    up = threading.Event()

    async def serve():
        async with dns.running():
            up.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert up.wait(10)
    try:
        yield dns
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()


def settings(dns, more=""):
    return f'{ADMIN}[dns]\nresolvers = ["127.0.0.1:{dns.port}"]\n{more}'


def mail(company, number=1):
    return (
        f"From: Jana <{JANA}>\r\nTo: {company.address}\r\nSubject: Hello\r\n"
        f"Message-ID: <{number}@client.example>\r\n\r\nHello {number}!\r\n"
    ).encode()


def signed(company, number=1):
    raw = mail(company, number)
    now = datetime.now(UTC)
    return sign(raw, [ed25519_key()], domain="client.example", now=now) + raw


def authentication(company, message_id, verdict):
    """Return what the API shows of a message's sender once it has this verdict."""

    def look():
        answered = company.api.get(f"/v1/messages/{message_id}")
        found = answered.json().get("authentication", {})
        return found if found.get("verdict") == verdict else None

    return company.until(look, f"{message_id} with verdict {verdict}")


def test_a45_an_authors_mail_is_told_from_a_forged_one(tmp_path):
    with dns_server(ZONE) as dns, gateway(tmp_path, settings=settings(dns)) as running:
        company = Company.added(running, "Acme")
        company.post("/v1/suppressions", {"address": JANA}, status=201)
        own = receive(running, signed(company), company.address)
        forged = receive(running, mail(company, 2), company.address, sender="x@evil.example")
        assert authentication(company, own, "pass") == {
            "spf": {"result": "fail", "domain": "client.example"},
            "dkim": [{"result": "pass", "domain": "client.example", "selector": "e1"}],
            "dmarc": {"result": "pass", "policy": "reject", "domain": "client.example"},
            "arc": {"result": "none"},
            "verdict": "pass",
        }
        assert authentication(company, forged, "fail")["spf"]["result"] == "none"
        assert company.get("/v1/suppressions")["data"] == []
        company.close()


def test_a46_our_results_stand_on_top_and_forged_ones_of_ours_are_gone(tmp_path):
    with dns_server(ZONE) as dns, gateway(tmp_path, settings=settings(dns)) as running:
        company = Company.added(running, "Acme")
        true = signed(company)
        forged = f"Authentication-Results: {HOSTNAME};\r\n dmarc=pass\r\n".encode()
        others = b"Authentication-Results: elsewhere.test; dmarc=pass\r\n"
        own = receive(running, others + true, company.address)
        bad = receive(running, forged + others + mail(company, 2), company.address)
        authentication(company, own, "pass")
        authentication(company, bad, "fail")
        raw = {one: company.api.get(f"/v1/messages/{one}/raw").content for one in (own, bad)}
        assert as_received(raw[own]) == others + true
        assert as_received(raw[bad]) == others + mail(company, 2)
        assert results(raw[own]) == (
            f"Authentication-Results: {HOSTNAME}; spf=fail smtp.mailfrom=jana@client.example; "
            "dkim=pass header.d=client.example header.s=e1; "
            "dmarc=pass (p=reject) header.from=client.example; arc=none"
        )
        assert "dmarc=fail" in results(raw[bad])
        assert f"by {HOSTNAME} with ESMTP id {own};" in received(raw[own])
        company.close()


def test_what_was_being_verified_at_a_crash_is_verified_after_it(tmp_path):
    silent = ZONE | {"client.example": SILENT, "_dmarc.client.example": SILENT}
    with dns_server(silent) as dns, gateway(tmp_path, settings=settings(dns)) as running:
        company = Company.added(running, "Acme")
        message_id = receive(running, signed(company), company.address)
        authentication(company, message_id, "pending")
        running.kill()
        dns.zone = dict(ZONE)
        running.process.stdout.close()
        running.start()
        company.reconnect()
        assert authentication(company, message_id, "pass")["spf"]["result"] == "fail"
        company.close()


def test_verification_can_be_switched_off(tmp_path):
    off = "[inbound]\nverify = false\n"
    with dns_server(ZONE) as dns, gateway(tmp_path, settings=settings(dns, off)) as running:
        company = Company.added(running, "Acme")
        message_id = receive(running, signed(company), company.address)
        assert company.message(message_id)["authentication"]["verdict"] == "none"
        assert dns.asked == []
        company.close()


def test_mail_fed_in_by_a_command_is_not_verified(tmp_path):
    with dns_server(ZONE) as dns, gateway(tmp_path, settings=settings(dns)) as running:
        company = Company.added(running, "Acme")
        file = tmp_path / "mail.eml"
        file.write_bytes(signed(company))
        answered = running.json("receive", str(file), "--rcpt", company.address)
        shown = company.message(answered[0]["id"])
        assert shown["authentication"]["verdict"] == "none"
        company.close()

"""DANE and MTA-STS as they are met outside: DNSSEC by unbound, policies by HTTPS, Postfix as MX.

Each server has a loopback address of its own, so that all of them listen where MX, web and DNS
servers do. `[dns] resolvers` is all that the gateway is told of it.
"""

import asyncio
import gzip
import hashlib
import json
import os
import ssl
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.app.office import open_office
from gateway.flow.tls_reports import LINE, TlsReports, TlsTally
from gateway.ports.lists import Page
from gateway.rules.model import HOUSE_TENANT_ID
from gateway.settings.load import load
from tests.dnssec import resolver
from tests.fakes import FakeClock
from tests.journeys.company import ADMIN, Company
from tests.journeys.process import gateway
from tests.skips import missing
from tests.smtp.postfix import Service, postfix

pytestmark = pytest.mark.journey
NET = f"127.{64 + os.getpid() % 64}.{os.getpid() // 64 % 256}"
DNS, WEB = f"{NET}.53", f"{NET}.80"
ADDRESSES = {
    name: f"{NET}.{number}"
    for number, name in enumerate(["named", "vouched", "wrong", "bare", "misnamed"], 2)
}
TRUSTING = {"smtpd_relay_restrictions": "permit_mynetworks, reject"}


def tlsa(pem, usage, selector):
    certificate = x509.load_pem_x509_certificate(pem)
    octets = certificate.public_bytes(Encoding.DER)
    if selector:
        octets = certificate.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
    return f"{usage} {selector} 1 {hashlib.sha256(octets).hexdigest()}"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def certificates(authority):
    """PEM of key and chain by the name of the server that shows it.

    Who vouches for `vouched` is known by DNS alone, and so sends its own certificate along.
    """
    stranger = trustme.CA()
    named = trustme.CA().issue_cert("whoever.test")
    vouched = stranger.issue_cert("mx.vouched.dane.test")
    return {
        "named": named.private_key_and_cert_chain_pem.bytes(),
        "named.certificate": named.cert_chain_pems[0].bytes(),
        "vouched": vouched.private_key_and_cert_chain_pem.bytes() + stranger.cert_pem.bytes(),
        "vouched.certificate": stranger.cert_pem.bytes(),
        "good": authority.issue_cert("mx.good.sts.test").private_key_and_cert_chain_pem.bytes(),
    }


@pytest.fixture(scope="module")
def zones(certificates):
    named = tlsa(certificates["named.certificate"], 3, 1)
    vouched = tlsa(certificates["vouched.certificate"], 2, 0)
    other = f"3 1 1 {bytes(32).hex()}"
    dane = {"named": named, "vouched": vouched, "wrong": other, "bare": other}
    sts = {"good": "misnamed", "bad": "named", "testing": "named", "elsewhere": "misnamed"}
    return {
        "dane.test": [
            line
            for name, record in dane.items()
            for line in (
                f"{name} IN MX 10 mx.{name}",
                f"mx.{name} IN A {ADDRESSES[name]}",
                f"_25._tcp.mx.{name} IN TLSA {record}",
            )
        ],
        "plain.test": [
            "@ IN MX 10 mx",
            f"mx IN A {ADDRESSES['named']}",
            f"_25._tcp.mx IN TLSA {other}",
        ],
        "broken.test": ["@ IN MX 10 mx", f"mx IN A {ADDRESSES['named']}"],
        "sts.test": [
            line
            for name, server in sts.items()
            for line in (
                f"{name} IN MX 10 mx.{name}",
                f"mx.{name} IN A {ADDRESSES[server]}",
                f'_mta-sts.{name} IN TXT "v=STSv1; id=1;"',
                f"mta-sts.{name} IN A {WEB}",
                f'_smtp._tls.{name} IN TXT "v=TLSRPTv1; rua=mailto:tls@plain.test"',
            )
        ],
    }


POLICIES = {
    "good": ("enforce", "mx.good.sts.test"),
    "bad": ("enforce", "mx.bad.sts.test"),
    "testing": ("testing", "mx.testing.sts.test"),
    "elsewhere": ("enforce", "*.other.test"),
}


@pytest.fixture(scope="module")
def web(authority):
    """The web servers of the policies, all at one address; gives what was asked for."""
    asked = []

    class Policies(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.headers["Host"], self.path))
            name = self.headers["Host"].split(".")[1]
            mode, mx = POLICIES[name]
            body = f"version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: 86400\n".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(f"mta-sts.{name}.sts.test" for name in POLICIES)).configure_cert(context)
    with ThreadingHTTPServer((WEB, 443), Policies) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield asked
        server.shutdown()
        thread.join(10)


@pytest.fixture(scope="module")
def running(tmp_path_factory, authority, certificates, zones, web):
    _ = web
    if os.getuid() != 0:
        missing("root, which may listen where MX, web and DNS servers do")
    directory = tmp_path_factory.mktemp("policies")
    trusted = directory / "trusted.pem"
    authority.cert_pem.write_to_path(str(trusted))
    shown = {"named": "named", "vouched": "vouched", "wrong": "named", "misnamed": "good"}
    services = [
        Service(shown.get(name), options=TRUSTING, port=25, address=address)
        for name, address in ADDRESSES.items()
    ]
    pems = {name: certificates[name] for name in ("named", "vouched", "good")}
    settings = (
        f'{ADMIN}[dns]\nresolvers = ["{DNS}"]\n[relay]\nretry = ["1h"]\n'
        f'[egress]\nallow = ["{NET}.0/24"]\n'
    )
    signs = {"signed": ("dane.test",), "broken": ("broken.test",)}
    zone_folder = tmp_path_factory.mktemp("zones")
    with (
        resolver(zone_folder, DNS, zones, **signs),
        postfix(services, pems, settings="mynetworks = 127.0.0.0/8\n"),
        gateway(directory, settings=settings, environment={"SSL_CERT_FILE": str(trusted)}) as up,
    ):
        yield up


@pytest.fixture(scope="module")
def company(running):
    added = Company.added(running, "Acme")
    yield added
    added.close()


def delivered(company, domain):
    """Send a mail to a domain; return its delivery after the first attempt."""
    body = {"to": f"jana@{domain}", "subject": "Hello", "text": "Hello"}
    sent = company.post("/v1/messages", body, status=202)
    return company.delivery(sent["id"], "delivered", "deferred", "bounced")


@pytest.mark.parametrize("name", ["named", "vouched"], ids=["usage 3", "usage 2"])
def test_dane_holds_where_the_certificate_is_the_one_that_signed_dns_names(company, name):
    delivery = delivered(company, f"{name}.dane.test")
    (attempt,) = delivery["attempts"]
    assert (delivery["state"], attempt["tls"]) == ("delivered", "TLSv1.3 dane")
    assert attempt["next_hop"] == f"mx.{name}.dane.test:25"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("wrong", "DANE: the certificate is not the one of the TLSA records"),
        ("bare", "DANE: mx.bare.dane.test offers no STARTTLS"),
    ],
    ids=["another certificate", "no TLS"],
)
def test_where_dane_does_not_hold_nothing_is_sent_and_the_reason_names_it(company, name, words):
    delivery = delivered(company, f"{name}.dane.test")
    (attempt,) = delivery["attempts"]
    assert (delivery["state"], delivery["reason"]["key"]) == ("deferred", "tls")
    assert (attempt["stage"], attempt["tls"], attempt["reply"]) == ("tls", "none", words)


def test_tlsa_records_of_an_unsigned_zone_count_for_nothing(company):
    delivery = delivered(company, "plain.test")
    (attempt,) = delivery["attempts"]
    assert (delivery["state"], attempt["tls"]) == ("delivered", "TLSv1.3 unverified")


def test_a_zone_whose_signatures_are_not_its_own_gets_no_mail_for_now(company):
    delivery = delivered(company, "broken.test")
    (attempt,) = delivery["attempts"]
    assert (delivery["state"], delivery["reason"]["key"]) == ("deferred", "unreachable")
    assert (attempt["stage"], delivery["reason"]["enhanced"]) == ("dns", "4.4.3")
    assert "SERVFAIL" in attempt["reply"]


def test_a_domain_that_nobody_has_gets_no_mail_ever(company):
    delivery = delivered(company, "nobody.test")
    assert (delivery["state"], delivery["reason"]["key"]) == ("bounced", "no_such_domain")


def test_mta_sts_holds_where_the_certificate_is_the_mx_s_own(company, web):
    delivery = delivered(company, "good.sts.test")
    (attempt,) = delivery["attempts"]
    assert (delivery["state"], attempt["tls"]) == ("delivered", "TLSv1.3 mta-sts")
    assert ("mta-sts.good.sts.test", "/.well-known/mta-sts.txt") in web


@pytest.mark.parametrize(
    ("name", "stage", "words"),
    [
        ("bad", "tls", "MTA-STS: TLS failed: "),
        ("elsewhere", "dns", "mx.elsewhere.sts.test is no MX of the MTA-STS policy of"),
    ],
    ids=["another certificate", "another MX"],
)
def test_where_mta_sts_does_not_hold_nothing_is_sent_and_the_reason_names_it(
    company, name, stage, words
):
    delivery = delivered(company, f"{name}.sts.test")
    (attempt,) = delivery["attempts"]
    assert (delivery["state"], delivery["reason"]["key"]) == ("deferred", "tls")
    assert (attempt["stage"], attempt["tls"]) == (stage, "none")
    assert attempt["reply"].startswith(words)


def test_a_policy_that_is_being_tested_stops_no_mail(company):
    delivery = delivered(company, "testing.sts.test")
    (attempt,) = delivery["attempts"]
    assert (delivery["state"], attempt["tls"]) == ("delivered", "TLSv1.3 unverified")


def test_the_day_after_a_report_tells_whom_it_concerns_how_tls_went(running, company):
    """The gateway is stopped, the day passes by its clock alone, and it starts again."""
    delivered(company, "testing.sts.test")
    running.stop()
    running.process.stdout.close()
    reports = asyncio.run(reports_of_tomorrow(running.config))
    running.start()
    company.reconnect()
    told = reports["testing.sts.test"]["policies"]
    (failed,) = [one for one in told if one["summary"]["total-failure-session-count"]]
    assert failed["policy"]["policy-type"] == "sts"
    assert "mode: testing" in failed["policy"]["policy-string"]
    (detail, *_) = failed["failure-details"]
    assert detail["receiving-mx-hostname"] == "mx.testing.sts.test"
    assert detail["result-type"] in {"certificate-not-trusted", "certificate-host-mismatch"}


async def reports_of_tomorrow(config):
    """Write the reports that are due tomorrow; return them by the domain that they are about."""
    settings = load(config, environ={}).settings
    async with open_office(settings, readers=1) as office:
        clock = FakeClock(datetime.now(UTC) + timedelta(days=1))
        context = replace(office.context, clock=clock)
        reports = TlsReports(context, TlsTally(), office.resolver, office.outward)
        assert await reports.send()

        def look(work):
            listed = work.messages.page(HOUSE_TENANT_ID, Page(100)).items
            found = [one for one in listed if one.kind == LINE]
            return [work.contents.get(one.tenant_id, one.raw_sha256).data for one in found]

        told = {}
        for raw in await office.store.read(look):
            mail = message_from_bytes(raw, policy=policy.default)
            _, packed = mail.iter_parts()
            told[str(mail["TLS-Report-Domain"])] = json.loads(gzip.decompress(packed.get_content()))
        return told

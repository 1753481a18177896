"""A real Postfix beside the gateway: as a submitting client, as next hop, as a company's own
server; and msmtp as a client. What arrives behind Postfix still bears good signatures."""

import shutil
import subprocess

import dkim
import pytest
import trustme

from gateway.mail.dkim.keys import key_record
from gateway.runtime.dkim_keys import DkimKeys
from tests.journeys.company import ADMIN, Company
from tests.journeys.hop import next_hop
from tests.journeys.process import gateway
from tests.skips import missing
from tests.smtp.postfix import LOGIN, PASSWORD, Service, postfix

pytestmark = pytest.mark.journey
SUBMITS = "submits@client.example"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def hop():
    with next_hop() as running:
        yield running


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.bytes()


@pytest.fixture(scope="module")
def behind(hop, certificate):
    """Postfix as a next hop: takes mail by STARTTLS from our network, passes it on to `hop`."""
    trusting = Service("good", options={"smtpd_relay_restrictions": "permit_mynetworks, reject"})
    owned = Service("good")
    settings = (
        f"default_transport = smtp:[127.0.0.1]:{hop.port}\nmynetworks = 127.0.0.0/8\n"
        "smtpd_tls_received_header = yes\nsmtp_host_lookup = native\n"
    )
    with postfix([trusting, owned], {"good": certificate}, settings=settings):
        yield trusting.port, owned.port


@pytest.fixture(scope="module")
def running(tmp_path_factory, authority, behind, certificate):
    directory = tmp_path_factory.mktemp("postfix")
    trusted = directory / "trusted.pem"
    authority.cert_pem.write_to_path(str(trusted))
    (directory / "own.pem").write_bytes(certificate)
    settings = (
        f'{ADMIN}[relay]\nnext_hop = "smtp://127.0.0.1:{behind[0]}"\ntls = "verified"\n'
        f'[egress]\nallow = ["127.0.0.0/8"]\n'
        f'[tls]\ncertificate = "{directory}/own.pem"\nkey = "{directory}/own.pem"\n'
        "[listen]\nsubmission_plain_from = []\n"
    )
    with gateway(directory, settings=settings, environment={"SSL_CERT_FILE": str(trusted)}) as up:
        yield up


@pytest.fixture(scope="module")
def company(running):
    added = Company.added(running, "Acme")
    yield added
    added.close()


def is_signed(running, content):
    """Say whether dkimpy takes every signature of a mail for good."""
    keys = DkimKeys(running.data_dir / "dkim", ("rsa-sha256", "ed25519-sha256"))
    known = {
        f"{key.selector}._domainkey.mail.example.com.": key_record(key.signing.private).encode()
        for key in keys.all()
    }
    verifier = dkim.DKIM(content)
    count = content.lower().count(b"dkim-signature:")
    found = [verifier.verify(at, dnsfunc=lambda name, **_: known[name.decode()]) for at in range(2)]
    return count == 2 and all(found)


def test_an_invoice_leaves_by_postfix_over_tls_with_both_signatures_whole(running, company, hop):
    body = {
        "number": "P-1",
        "amount": "10.00",
        "currency": "EUR",
        "customer": {"name": "Jana Ľahká", "email": "jana@client.example"},
        "message": "Dobrý deň, posielame faktúru.",
        "pdf": {"filename": "faktúra.pdf", "content": "JVBERi0xLjQK"},
    }
    sent = company.post("/v1/invoices", body, status=202)
    caught = hop.next_for("jana@client.example")
    received = " ".join(str(caught.mail["Received"]).split())
    assert "using TLSv1.3" in received
    assert is_signed(running, caught.content)
    delivery = company.until(
        lambda: [
            one
            for one in company.get(f"/v1/messages/{sent['message_id']}")["deliveries"]
            if one["state"] == "sent"
        ],
        "the invoice sent",
    )[0]
    assert delivery["attempts"][0]["tls"].startswith("TLSv1.3 verified")
    assert delivery["attempts"][0]["reply"].startswith("250 2.0.0 Ok: queued as")


def test_postfix_submits_by_starttls_and_its_login(running, company, hop, authority, tmp_path):
    """Postfix takes a mail from a program beside it, and hands it to us as its relayhost."""
    host, port = running.address("submission")
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    passwords = f"[{host}]:{port} {company.login['username']}:{company.login['password']}"
    local = Service(options={"smtpd_relay_restrictions": "permit_mynetworks, reject"})
    settings = (
        f"mynetworks = 127.0.0.0/8\ndefault_transport = smtp:[{host}]:{port}\n"
        "smtp_sasl_auth_enable = yes\nsmtp_sasl_security_options = noanonymous\n"
        f"smtp_sasl_password_maps = inline:{{ {{ {passwords.replace(' ', ' = ', 1)} }} }}\n"
        f"smtp_tls_security_level = encrypt\nsmtp_host_lookup = native\n"
    )
    with postfix([local], {}, settings=settings):
        done = subprocess.run(
            [
                shutil.which("swaks") or missing("swaks"),
                *("--server", f"127.0.0.1:{local.port}", "--from", company.address),
                *("--to", SUBMITS, "--header", "Subject: By Postfix", "--body", "Hello"),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        caught = hop.next_for(SUBMITS)
    assert caught.header("Subject") == "By Postfix"
    assert caught.body().strip() == "Hello"
    assert is_signed(running, caught.content)


def test_msmtp_submits_with_its_login(running, company, hop, authority, tmp_path):
    msmtp = shutil.which("msmtp") or missing("msmtp")
    host, port = running.address("submission")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    config = tmp_path / "msmtprc"
    config.write_text(
        f"account default\nhost {host}\nport {port}\nauth plain\n"
        f"user {company.login['username']}\npassword {company.login['password']}\n"
        f"tls on\ntls_starttls on\ntls_trust_file {tmp_path}/ca.pem\nfrom {company.address}\n"
        "dsn_notify failure\ndsn_return headers\n"
    )
    config.chmod(0o600)
    mail = f"From: {company.address}\nTo: m@client.example\nSubject: By msmtp\nMIME-Version: 1.0\n"
    mail += "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nŽivjo\n"
    subprocess.run(
        [msmtp, "-C", str(config), "m@client.example"],
        input=mail.encode(),
        check=True,
        timeout=60,
    )
    caught = hop.next_for("m@client.example")
    assert (caught.header("Subject"), caught.body().strip()) == ("By msmtp", "Živjo")


def test_a_company_sends_by_its_own_postfix_and_its_answer_threads(running, behind, hop):
    company = Company.added(running, "Own Postfix")
    account = {
        "login": LOGIN,
        "password": PASSWORD,
        "host": "localhost",
        "port": behind[1],
        "security": "starttls",
    }
    tested = company.post("/v1/settings/email/test", {"smtp": account})
    assert tested["message"] == "SMTP test successful", tested
    change = {"method": "smtp", "smtp": account}
    company.api.patch("/v1/settings/email", json=change).raise_for_status()
    body = {
        "number": "own-1",
        "amount": "10.00",
        "currency": "EUR",
        "customer": {"name": "Petra", "email": "petra@client.example"},
        "pdf": {"filename": "invoice.pdf", "content": "JVBERi0xLjQK"},
    }
    company.post("/v1/invoices", body, status=202)
    caught = hop.next_for("petra@client.example")
    assert caught.mail["From"].addresses[0].addr_spec == LOGIN
    assert caught.sender == LOGIN
    assert [part.get_filename() for part in caught.mail.iter_attachments()] == ["invoice.pdf"]
    assert "-r" in caught.reply_to
    company.close()

"""Programs that others wrote speak with the gateway: swaks submits and delivers."""

import re
import shutil
import subprocess

import pytest
import trustme

from tests.journeys.company import ADMIN, PDF, Company
from tests.journeys.hop import next_hop
from tests.journeys.process import gateway
from tests.skips import missing

pytestmark = pytest.mark.journey

QUEUED = re.compile(r"^<[-~]\s+250 2\.0\.0 Queued as (msg_\w+)$", re.MULTILINE)
AUTH_FAILED, RECIPIENT_REFUSED = 28, 24
"""Exit codes of swaks."""


@pytest.fixture(scope="module")
def swaks():
    found = shutil.which("swaks")
    if found is None:
        missing("swaks")

    def speak(address, *arguments):
        host, port = address
        given = [found, "--server", f"{host}:{port}", "--ehlo", "peer.example", *arguments]
        return subprocess.run(given, capture_output=True, text=True, timeout=60, check=False)

    return speak


@pytest.fixture(scope="module")
def hop():
    with next_hop() as running:
        yield running


@pytest.fixture(scope="module")
def running(tmp_path_factory, hop):
    directory = tmp_path_factory.mktemp("peers")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(directory / "authority.pem"))
    issued = authority.issue_cert("127.0.0.1", "mail.example.com")
    issued.private_key_pem.write_to_path(str(directory / "key.pem"))
    (directory / "cert.pem").write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    settings = (
        f'{ADMIN}{hop.settings}[listen]\nsubmissions = ["127.0.0.1:0"]\n'
        f'[tls]\ncertificate = "{directory}/cert.pem"\nkey = "{directory}/key.pem"\n'
    )
    with gateway(directory, settings=settings) as up:
        yield up


@pytest.fixture(scope="module")
def company(running):
    added = Company.added(running, "Acme")
    yield added
    added.close()


def envelope(company, recipient):
    return ["--from", company.address, "--to", recipient]


def login(company, mechanism):
    given = company.login["username"], company.login["password"]
    return ["--auth", mechanism, "--auth-user", given[0], "--auth-password", given[1]]


def tls(running, kind):
    return [kind, "--tls-verify", "--tls-ca-path", str(running.directory / "authority.pem")]


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(("submission", None, "PLAIN"), id="plain on loopback"),
        pytest.param(("submission", "--tls", "PLAIN"), id="PLAIN over STARTTLS"),
        pytest.param(("submission", "--tls", "LOGIN"), id="LOGIN over STARTTLS"),
        pytest.param(("submissions", "--tls-on-connect", "PLAIN"), id="implicit TLS"),
    ],
)
def test_swaks_submits_an_invoice(swaks, running, hop, company, way):
    listener, kind, mechanism = way
    number = f"{listener}-{kind}-{mechanism}"
    person = f"jana{number.lower().replace('-', '')}@client.example"
    document = running.directory / "invoice.pdf"
    document.write_bytes(PDF)
    done = swaks(
        running.address(listener),
        *envelope(company, person),
        *login(company, mechanism),
        *(tls(running, kind) if kind else ()),
        *("--header", f"Subject: Invoice {number}"),
        *("--add-header", f"X-Postroom-Invoice-Number: {number}"),
        *("--add-header", "X-Postroom-Invoice-Amount: 10.00"),
        *("--add-header", "X-Postroom-Invoice-Currency: EUR"),
        *("--attach-type", "application/pdf", "--attach", f"@{document}"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    message = company.message(QUEUED.search(done.stdout)[1])
    assert [one["sha256"] for one in message["attachments"]]
    caught = hop.next_for(person)
    assert caught.header("Subject") == f"Invoice {number}"
    assert "View invoice" in caught.body("html")


def test_swaks_is_refused_with_a_wrong_password(swaks, running, company):
    wrong = ["--auth", "PLAIN", "--auth-user", company.login["username"], "--auth-password", "no"]
    done = swaks(running.address("submission"), *envelope(company, "x@client.example"), *wrong)
    assert done.returncode == AUTH_FAILED
    assert "535 5.7.8" in done.stdout


def test_swaks_delivers_an_answer_in_one_burst(swaks, running, hop, company):
    begun = company.post(
        "/v1/conversations",
        {"subject": "Hi", "customer": {"name": "P", "email": "p@client.example"}, "text": "Hi."},
        status=201,
    )
    to = hop.next_for("p@client.example").reply_to
    done = swaks(
        running.address("mx"),
        *("--pipeline", "--from", "p@client.example", "--to", to),
        *("--header", "Subject: Re: Hi", "--body", "Hi from swaks."),
        *tls(running, "--tls"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    message = company.message(QUEUED.search(done.stdout)[1])
    assert (message["conversation_id"], message["text"]) == (begun["id"], "Hi from swaks.")


def test_a53_swaks_cannot_relay_through_mx(swaks, running):
    done = swaks(running.address("mx"), "--from", "a@client.example", "--to", "b@other.example")
    assert done.returncode == RECIPIENT_REFUSED
    assert "550 5.7.1" in done.stdout

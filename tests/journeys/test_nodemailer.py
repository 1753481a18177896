"""nodemailer hands mail over, as services in JavaScript do; it arrives as it was meant."""

import json

import pytest
import trustme

from tests.journeys.company import ADMIN, PDF, Company
from tests.journeys.hop import next_hop
from tests.journeys.process import gateway
from tests.node import node

pytestmark = pytest.mark.journey
POOLED = 40


@pytest.fixture(scope="module")
def hop():
    with next_hop() as running:
        yield running


@pytest.fixture(scope="module")
def running(tmp_path_factory, hop):
    directory = tmp_path_factory.mktemp("nodemailer")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(directory / "authority.pem"))
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(str(directory / "own.pem"))
    settings = (
        f"{ADMIN}{hop.settings}"
        '[listen]\nsubmissions = ["127.0.0.1:0"]\nsubmission_plain_from = []\n'
        f'[tls]\ncertificate = "{directory}/own.pem"\nkey = "{directory}/own.pem"\n'
    )
    with gateway(directory, settings=settings) as up:
        yield up


@pytest.fixture(scope="module")
def company(running):
    added = Company.added(running, "Acme")
    yield added
    added.close()


def submitted(running, company, mails, *, listener="submission", **options):
    """Return what nodemailer says of each mail; `options` are its transport's."""
    host, port = running.address(listener)
    transport = {
        "host": host,
        "port": port,
        "secure": listener == "submissions",
        "requireTLS": True,
        "auth": {"user": company.login["username"], "pass": company.login["password"]},
        **options,
    }
    asked = {"transport": transport, "mails": mails}
    trusted = str(running.directory / "authority.pem")
    return json.loads(node("submit.js", stdin=json.dumps(asked), NODE_EXTRA_CA_CERTS=trusted))


@pytest.mark.parametrize("method", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("listener", ["submission", "submissions"])
def test_nodemailer_signs_in_over_tls_and_its_invoice_arrives(
    running, company, hop, listener, method
):
    number, person = f"{listener}-{method}", f"jana.{listener}.{method.lower()}@client.example"
    mail = {
        "from": {"name": "Ľubica z Acme", "address": company.address},
        "to": {"name": "Jana Žltá", "address": person},
        "subject": "Faktúra č. 1 – ďakujeme 🙂",
        "text": "Dobrý deň,\n.\nposielame faktúru.\n",
        "headers": {
            "X-Postroom-Invoice-Number": number,
            "X-Postroom-Invoice-Amount": "10.00",
            "X-Postroom-Invoice-Currency": "EUR",
        },
        "attachments": [
            {
                "filename": "faktúra č. 1.pdf",
                "content": PDF.decode(),
                "contentType": "application/pdf",
            }
        ],
    }
    (result,) = submitted(running, company, [mail], listener=listener, authMethod=method)
    assert result["response"].startswith("250 2.0.0 Queued as msg_"), result
    assert (result["accepted"], result["rejected"]) == ([person], [])
    message = company.message(result["response"].rpartition(" ")[2])
    (attachment,) = message["attachments"]
    assert attachment["filename"] == "faktúra č. 1.pdf"
    caught = hop.next_for(person)
    assert caught.header("Subject") == "Faktúra č. 1 – ďakujeme 🙂"
    assert "posielame faktúru." in caught.body()


def test_a_mail_with_text_html_and_a_file_arrives_as_it_was_meant(running, company, hop):
    person = "petra@client.example"
    mail = {
        "from": company.address,
        "to": f"Petra <{person}>",
        "subject": "Hello",
        "text": "Živjo",
        "html": '<p>Živjo <img src="cid:logo"></p>',
        "textEncoding": "quoted-printable",
        "attachments": [
            {"filename": "logo.png", "content": "png", "cid": "logo"},
            {"filename": "účet.csv", "content": "číslo;suma\n1;10\n"},
        ],
    }
    (result,) = submitted(running, company, [mail])
    assert "response" in result, result
    caught = hop.next_for(person)
    assert caught.body().strip() == "Živjo"
    assert "<p>Živjo" in caught.body("html")
    (csv,) = caught.mail.iter_attachments()
    assert csv.get_filename() == "účet.csv"
    assert csv.get_payload(decode=True).decode() == "číslo;suma\n1;10\n"


def test_a_pool_of_connections_hands_over_many_mails(running, company, hop):
    mails = [
        {
            "from": company.address,
            "to": f"pool{number}@client.example",
            "subject": f"Pool {number}",
            "text": f"Mail {number}",
        }
        for number in range(POOLED)
    ]
    results = submitted(running, company, mails, pool=True, maxConnections=3, maxMessages=10)
    queued = {result.get("response", str(result)).partition(" msg_")[0] for result in results}
    assert queued == {"250 2.0.0 Queued as"}
    for number in range(POOLED):
        caught = hop.next_for(f"pool{number}@client.example")
        assert caught.body().strip() == f"Mail {number}"


@pytest.mark.parametrize("method", ["PLAIN", "LOGIN"])
def test_a_wrong_password_is_told_as_one(running, company, method):
    auth = {"user": company.login["username"], "pass": "wrong"}
    mail = {"from": company.address, "to": "x@client.example", "subject": "No", "text": "No"}
    (result,) = submitted(running, company, [mail], auth=auth, authMethod=method)
    assert (result["code"], result["responseCode"]) == ("EAUTH", 535), result
    assert result["response"].startswith("535 5.7.8")


def test_a_foreign_author_is_told_in_words(running, company):
    mail = {
        "from": "somebody@else.example",
        "to": "x@client.example",
        "subject": "No",
        "text": "No",
    }
    (result,) = submitted(running, company, [mail])
    assert result["responseCode"] == 550, result
    assert result["response"] == "550 5.7.1 From must be the company's own address"

"""A company's people answer by mail, signed by their own domain: over SMTP, DNS and SMTP again."""

import base64
from email.message import EmailMessage

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.journeys.company import ADMIN, Company, answer_mail, octets, receive
from tests.journeys.hop import next_hop
from tests.journeys.process import gateway
from tests.smtp.fakedns import answering

pytestmark = pytest.mark.journey
EVA = "eva@acme.example"
KEY, OTHER_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(2))


def record(key):
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    text = f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"
    return " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))


ZONE = {
    ("s1._domainkey.acme.example", "TXT"): [record(KEY)],
    ("s1._domainkey.evil.example", "TXT"): [record(OTHER_KEY)],
}


def signed(raw, *, domain="acme.example", key=KEY):
    """Return a mail signed by dkimpy, as the mail server of a company does."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    fields = [b"from", b"to", b"subject", b"message-id"]
    return dkim.sign(raw, b"s1", domain.encode(), pem, include_headers=fields) + raw


@pytest.fixture(scope="module")
def hop():
    with next_hop() as running:
        yield running


@pytest.fixture(scope="module")
def company(tmp_path_factory, hop):
    with answering(ZONE) as dns:
        settings = f'{ADMIN}{hop.settings}[dns]\nresolvers = ["127.0.0.1:{dns.port}"]\n'
        with gateway(tmp_path_factory.mktemp("staff"), settings=settings) as running:
            added = Company.added(running, "Acme s.r.o.")
            changed = added.api.patch("/v1/tenant", json={"notify": {"address": EVA}})
            assert changed.status_code == 200, changed.text
            yield added
            added.close()


def asked(company, hop, customer):
    """Let a customer ask something; return the conversation and the mail that tells of it."""
    told = len(hop.all(EVA))
    begun = company.post(
        "/v1/conversations",
        {"subject": "Your order", "customer": {"email": customer}, "text": "Here it is."},
        status=201,
    )
    to = hop.next_for(customer).reply_to
    question = answer_mail(
        to, "Is the chair blue?", sender=customer, message_id=f"<ask.{customer}>"
    )
    receive(company.gateway, question, to, sender=customer)
    return begun["id"], hop.next_for(EVA, after=told)


def answer(notice, *, sender=EVA):
    """Return what somebody's mail program writes in answer to a notification."""
    mail = EmailMessage()
    mail["From"] = f"Eva <{sender}>"
    mail["To"] = notice.reply_to
    mail["Subject"] = f"Re: {notice.header('Subject')}"
    mail["Message-ID"] = f"<yes.{notice.reply_to}>"
    mail["In-Reply-To"] = notice.header("Message-ID")
    mail.set_content("Yes, it is blue.\n")
    return octets(mail)


def test_an_answer_with_aligned_dkim_goes_to_the_customer_under_the_companys_name(company, hop):
    customer = "jana@client.example"
    conversation_id, notice = asked(company, hop, customer)
    assert "Is the chair blue?" in notice.body()
    receive(company.gateway, signed(answer(notice)), notice.reply_to, sender=EVA)
    mail = hop.next_for(customer, after=1)
    assert mail.header("From") == f'"Acme s.r.o." <{company.address}>'
    assert mail.body().startswith("Yes, it is blue.")
    told = mail.content.decode()
    assert EVA not in told
    assert notice.reply_to not in told
    messages = company.all(f"/v1/conversations/{conversation_id}/messages")
    sent = [one for one in messages if one["direction"] == "out"]
    assert [one["text"].strip() for one in sent] == ["Here it is.", "Yes, it is blue."]


def altered(notice):
    return signed(answer(notice)).replace(b"it is blue", b"you get a refund")


FORGED = {
    "unsigned": answer,
    "altered": altered,
    "by another key": lambda notice: signed(answer(notice), key=OTHER_KEY),
    "signed by another domain": lambda notice: signed(
        answer(notice), domain="evil.example", key=OTHER_KEY
    ),
    "of another writer": lambda notice: signed(
        answer(notice, sender="eva@evil.example"), domain="evil.example", key=OTHER_KEY
    ),
}


@pytest.mark.parametrize("way", FORGED)
def test_any_other_answer_to_the_same_address_waits_as_a_draft(company, hop, way):
    customer = f"{way.replace(' ', '-')}@client.example"
    conversation_id, notice = asked(company, hop, customer)
    receive(company.gateway, FORGED[way](notice), notice.reply_to, sender=EVA)

    def look():
        found = company.get(f"/v1/conversations/{conversation_id}")
        return found if found["unread"] == 2 else None

    assert company.until(look, "a draft that waits")["status"] == "open"
    messages = company.all(f"/v1/conversations/{conversation_id}/messages")
    assert [one["direction"] for one in messages if one["direction"] != "in"].count("out") == 1
    # What is queued later leaves later: nothing of the draft left before it.
    company.post(
        f"/v1/conversations/{conversation_id}/messages", {"text": "We look it up."}, status=202
    )
    assert hop.next_for(customer, after=1).body().startswith("We look it up.")

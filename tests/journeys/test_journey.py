"""The whole way: invoices out, answers in, bounces back, as companies and customers see it."""

import json
import re
import ssl
from functools import cache

import dkim
import httpx2
import pytest
import trustme

from tests.journeys.company import ADMIN, PDF, Company, answer_mail, invoice_mail, octets, receive
from tests.journeys.hop import next_hop
from tests.journeys.process import gateway

pytestmark = pytest.mark.journey

PUBLIC_URL = "http://127.0.0.1:8025"
JANA = "jana@client.example"


@pytest.fixture(scope="module")
def hop():
    with next_hop() as running:
        yield running


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def running(tmp_path_factory, hop, authority):
    directory = tmp_path_factory.mktemp("journey")
    issued = authority.issue_cert("mail.example.com", "127.0.0.1")
    issued.private_key_pem.write_to_path(str(directory / "key.pem"))
    chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
    (directory / "cert.pem").write_bytes(chain)
    tls = f'[tls]\ncertificate = "{directory}/cert.pem"\nkey = "{directory}/key.pem"\n'
    with gateway(directory, settings=ADMIN + hop.settings + tls) as up:
        yield up


@pytest.fixture
def company(running, request):
    added = Company.added(running, f"Acme {request.node.name[:40]}")
    yield added
    added.close()


@pytest.fixture
def customer():
    """A browser without any account."""
    with httpx2.Client(trust_env=False, timeout=30) as browser:
        yield browser


@pytest.fixture
def trusted(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def here(running, url):
    """Return a link of a mail as it is reached from here: the port was not known before."""
    assert url.startswith(PUBLIC_URL)
    return running.url + url.removeprefix(PUBLIC_URL)


def links(caught):
    """Return the links of an invoice mail: the button's and the one that downloads."""
    html = caught.body("html")
    found = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>([^<]+)</a>', html)
    by_words = {words: url for url, words in found}
    return by_words["View invoice"], by_words["Click here to download PDF"]


@cache
def published(running):
    """What `postroom dns` says is to be published."""
    rows = running.json("dns")
    return {row["name"] + ".": row["value"] for row in rows if row["type"] == "TXT"}


def signatures(running, content):
    """Return which algorithms of the DKIM fields verify with what is published."""

    def ask(name, timeout=5):
        return published(running).get(name.decode(), "").encode()

    verifier = dkim.DKIM(content, minkey=1024)
    fields = [value for name, value in verifier.headers if name.lower() == b"dkim-signature"]
    found = {}
    for number, field in enumerate(fields):
        algorithm = re.search(rb"\ba=([\w-]+)", field)[1].decode()
        found[algorithm] = dkim.DKIM(content).verify(number, dnsfunc=ask)
    return found


def test_an_invoice_by_smtp_is_answered_by_mail_and_chat_and_by_the_company(
    running, hop, company, customer, trusted
):
    message_id = company.submit(invoice_mail(company, "S-1", JANA), [JANA], context=trusted)
    caught = hop.next_for(JANA, after=len(hop.all(JANA)))
    assert caught.header("From") == f"{company_name(company)} <{company.address}>"
    assert signatures(running, caught.content) == {"rsa-sha256": True, "ed25519-sha256": True}
    assert not any(name.lower().startswith("x-postroom") for name in caught.mail)

    delivery = company.delivery(message_id, "sent")
    assert delivery["recipient"] == JANA
    assert [one["reply"] for one in delivery["attempts"]] == ["250 2.0.0 Caught"]
    raw = company.api.get(f"/v1/messages/{message_id}/raw").content
    assert raw == caught.content

    chat, download = (here(running, url) for url in links(caught))
    fetched = customer.get(download)
    assert (fetched.status_code, fetched.content) == (200, PDF)
    assert fetched.headers["content-disposition"].startswith("attachment;")
    page = customer.get(chat)
    assert page.status_code == 200
    assert "S-1" in page.text
    assert "120.50" in page.text

    # The customer answers by mail: only what is new shows.
    quoted = "".join(f"> {line}\n" for line in caught.body().splitlines())
    answer = answer_mail(
        caught.header("Reply-To"),
        f"When is it due?\n\nOn Monday, Acme wrote:\n{quoted}",
        message_id="<answer-1@client.example>",
        In_Reply_To=caught.header("Message-ID"),
    )
    answered = company.message(receive(running, answer, caught.reply_to))
    conversation_id = answered["conversation_id"]
    assert company.get(f"/v1/messages/{message_id}")["conversation_id"] == conversation_id
    assert answered["text"] == "When is it due?"
    assert answered["threading"]["rule"] == "token"
    assert answered["sender_expected"]

    # And in the chat.
    posted = customer.post(f"{chat}/messages", files={"text": (None, "And by chat: hello!")})
    assert posted.status_code == 303
    said = company.get(f"/v1/conversations/{conversation_id}/messages")["data"]
    assert [(one["direction"], one["channel"]) for one in said] == [
        ("out", "email"),
        ("in", "email"),
        ("in", "chat"),
    ]
    assert said[-1]["text"] == "And by chat: hello!"

    # The company's answer goes out in the thread, and is signed, too.
    before = len(hop.all(JANA))
    sent = company.post(
        f"/v1/conversations/{conversation_id}/messages", {"text": "In January."}, status=202
    )
    back = hop.next_for(JANA, after=before)
    assert "In January." in back.body()
    assert back.header("Subject") == "Re: Invoice S-1"
    assert "<answer-1@client.example>" in back.header("References")
    assert caught.header("Message-ID") in back.header("References")
    assert all(signatures(running, back.content).values())
    assert company.delivery(sent["id"], "sent")["recipient"] == JANA
    assert "In January." in customer.get(chat).text

    # An answer whose envelope lost the token is placed by what it refers to.
    stray = answer_mail(
        company.address,
        "Thanks.",
        message_id="<s1@client.example>",
        In_Reply_To=back.header("Message-ID"),
    )
    placed = company.message(receive(running, stray, company.address))
    assert (placed["conversation_id"], placed["threading"]["rule"]) == (
        conversation_id,
        "message_id",
    )


def company_name(company):
    return company.get("/v1/tenant")["name"]


def test_an_invoice_by_http_multipart_reaches_the_customer(running, hop, company, customer):
    given = {
        "number": "H-1",
        "amount": "99.00",
        "currency": "EUR",
        "customer": {"name": "Peter", "email": "peter@client.example"},
        "message": "Hello Peter",
    }
    taken = company.api.post(
        "/v1/invoices",
        files={
            "invoice": (None, json.dumps(given), "application/json"),
            "pdf": ("faktúra.pdf", PDF, "application/pdf"),
            "attachments": ("terms.txt", b"terms", "text/plain"),
        },
    )
    assert taken.status_code == 202, taken.text
    invoice = taken.json()
    caught = hop.next_for("peter@client.example")
    assert signatures(running, caught.content) == {"rsa-sha256": True, "ed25519-sha256": True}
    assert links(caught) == (invoice["view_url"], invoice["pdf_url"])
    assert "Hello Peter" in caught.body()
    fetched = customer.get(here(running, invoice["pdf_url"]))
    assert fetched.content == PDF
    assert "fakt%C3%BAra.pdf" in fetched.headers["content-disposition"]
    assert "terms.txt" in customer.get(here(running, invoice["view_url"])).text
    shown = company.get(f"/v1/invoices/{invoice['id']}")
    assert (shown["number"], shown["status"], shown["amount_open"]) == ("H-1", "open", "99.00")


def test_a_bounce_is_told_suppresses_and_can_be_overruled(running, hop, company):
    person = "gone@client.example"
    begun = begin(company, person)
    caught = hop.next_for(person)
    assert company.delivery(begun["message_id"], "sent")
    report = bounce(caught, person)
    read = company.message(receive(running, report, caught.sender, sender=""))
    assert (read["automatic"], read["conversation_id"]) == ("bounce", begun["id"])
    assert [(one["recipient"], one["kind"]) for one in read["bounces"]] == [(person, "hard")]

    bounced = company.delivery(begun["message_id"], "bounced")
    assert bounced["reason"] == {
        "key": "no_such_address",
        "plain": "the address does not exist",
        "code": 550,
        "enhanced": "5.1.1",
        "verbatim": "550 5.1.1 no such user",
        "permanent": True,
    }
    conversation = company.get(f"/v1/conversations/{begun['id']}")
    assert (conversation["status"], conversation["failed"]) == ("open", True)
    assert [one["address"] for one in company.get("/v1/suppressions")["data"]] == [person]
    kinds = [event["type"] for event in company.get("/v1/events?after=0")["data"]]
    assert {"message.bounced", "suppression.created"} <= set(kinds)

    # The next mail to that address is not sent, says so at once, and is sent if wanted.
    again = begin(company, person)
    held = company.delivery(again["message_id"], "suppressed")
    assert (held["reason"]["key"], held["attempts"]) == ("no_such_address", [])
    assert company.get(f"/v1/conversations/{again['id']}")["failed"]
    company.post(f"/v1/deliveries/{held['id']}/retry")
    assert hop.next_for(person, after=1)
    assert company.delivery(again["message_id"], "sent")


def test_mail_that_a_company_stopped_itself_says_so(company):
    company.post("/v1/suppressions", {"address": "stopped@client.example"}, status=201)
    begun = begin(company, "stopped@client.example")
    stopped = company.delivery(begun["message_id"], "suppressed")
    assert stopped["reason"]["key"] == "unknown"
    assert stopped["reason"]["plain"] == "mail to this address was stopped by hand"


def test_what_a_next_hop_refuses_or_puts_off_is_told_in_its_words(hop, company):
    hop.script |= {
        "nobody@client.example": "550 5.1.1 Never heard of",
        "full@client.example": "452 4.2.2 Mailbox full",
    }
    refused, put_off = (
        begin(company, "nobody@client.example"),
        begin(company, "full@client.example"),
    )
    bounced = company.delivery(refused["message_id"], "bounced")
    assert (bounced["reason"]["key"], bounced["reason"]["verbatim"]) == (
        "no_such_address",
        "550 5.1.1 Never heard of",
    )
    deferred = company.delivery(put_off["message_id"], "deferred")
    assert (deferred["reason"]["key"], deferred["reason"]["permanent"]) == ("mailbox_full", False)
    assert deferred["next_attempt_at"]
    hop.script.pop("full@client.example")
    company.post(f"/v1/deliveries/{deferred['id']}/retry")
    sent = company.delivery(put_off["message_id"], "sent")
    assert [one["reply"] for one in sent["attempts"]] == [
        "452 4.2.2 Mailbox full",
        "250 2.0.0 Caught",
    ]
    assert company.api.post(f"/v1/deliveries/{sent['id']}/retry").status_code == 409


def test_handing_over_the_same_again_changes_nothing(running, hop, company):
    person = "twice@client.example"
    mail = invoice_mail(company, "I-1", person, X_Postroom_Idempotency_Key="key-1")
    assert company.submit(mail, [person]) == company.submit(mail, [person])

    headers = {"Idempotency-Key": "key-2"}
    given = invoice("I-2", person)
    first = company.post("/v1/invoices", given, status=202, headers=headers)
    assert company.post("/v1/invoices", given, status=202, headers=headers) == first
    changed = {**given, "amount": "1.00"}
    conflict = company.post("/v1/invoices", changed, status=409, headers=headers)
    assert conflict["code"] == "idempotency_key_reused"
    assert {one["number"] for one in company.all("/v1/invoices")} == {"I-1", "I-2"}

    caught = hop.next_for(person)
    answer = octets(answer_mail(caught.reply_to, "Once.", message_id="<once@client.example>"))
    first_id = receive(running, answer, caught.reply_to)
    traced = b"Received: from a.example by b.example; Sun, 22 Nov 2026 10:00:00 +0000\r\n" + answer
    assert receive(running, traced, caught.reply_to) == first_id
    company.message(first_id)
    assert [one["id"] for one in company.all("/v1/messages?direction=in")] == [first_id]
    hop.next_for(person, after=1)
    assert len(hop.all(person)) == 2


def test_a134_companies_see_nothing_of_each_other(running, hop, company):
    other = Company.added(running, "Beta")
    person = "shared@client.example"
    mine = company.post("/v1/invoices", invoice("X-1", person), status=202)
    theirs = other.post("/v1/invoices", invoice("X-1", person), status=202)
    assert mine["conversation_id"] != theirs["conversation_id"]
    for path in (
        f"/v1/invoices/{theirs['id']}",
        f"/v1/conversations/{theirs['conversation_id']}",
        f"/v1/conversations/{theirs['conversation_id']}/messages",
        f"/v1/messages/{theirs['message_id']}",
        f"/v1/messages/{theirs['message_id']}/raw",
    ):
        assert company.api.get(path).status_code == 404, path
    assert company.api.get("/v1/tenants").status_code == 403
    assert [one["id"] for one in company.all("/v1/invoices")] == [mine["id"]]

    mails = [hop.next_for(person), hop.next_for(person, after=1)]
    to = {one.header("From").partition(" <")[0].strip('"'): one for one in mails}
    answer = answer_mail("x", "For Beta", message_id="<beta@client.example>", sender=person)
    read = other.message(receive(running, answer, to["Beta"].reply_to, sender=person))
    assert read["conversation_id"] == theirs["conversation_id"]
    assert company.api.get(f"/v1/messages/{read['id']}").status_code == 404

    # A suppression of one company is nothing to the other.
    other.post("/v1/suppressions", {"address": person}, status=201)
    assert company.get("/v1/suppressions")["data"] == []
    other.close()


def invoice(number, email):
    return {
        "number": number,
        "amount": "10.00",
        "currency": "EUR",
        "customer": {"name": "Jana", "email": email},
    }


def begin(company, email):
    """Begin a conversation by the API; the answer has `id` and `message_id`."""
    given = {"subject": "Hello", "customer": {"name": "N", "email": email}, "text": "Hello."}
    return company.post("/v1/conversations", given, status=201)


def bounce(caught, person):
    """Return the report of a server that took a mail and could not deliver it (RFC 3464)."""
    lines = f"""From: MAILER-DAEMON@client.example
To: {caught.sender}
Subject: Undelivered Mail Returned to Sender
Message-ID: <report-1@client.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b1

--b1
Content-Type: text/plain

Your mail could not be delivered.
--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.client.example

Final-Recipient: rfc822; {person}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b1
Content-Type: message/rfc822-headers

Message-ID: {caught.header("Message-ID")}

--b1--
"""
    return lines.replace("\n", "\r\n").encode()

"""Other services' own clients, pointed at a running gateway by base URL and key alone."""

import json

import httpx2
import postmark.sync
import pytest
from mailgun.client import Client as MailgunClient
from postmark.exceptions import (
    InactiveRecipientException,
    InvalidAPIKeyException,
    ValidationException,
)

from tests.journeys.company import ADMIN, Company
from tests.journeys.process import gateway
from tests.node import node

pytestmark = pytest.mark.journey
SANDBOX = "sandbox.acme-invoices.eu"
"""Postmark's client for Python takes no addresses under .test."""
NOWHERE = (
    '[relay]\nnext_hop = "smtp://127.0.0.1:9"\n'
    f'sandbox_domains = ["sandbox.test", "{SANDBOX}"]\n'
    "[inbound]\nverify = false\n"
)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with gateway(tmp_path_factory.mktemp("adapters"), settings=NOWHERE + ADMIN) as up:
        yield up


@pytest.fixture
def acme(running):
    company = Company.added(running, "Acme s.r.o.")
    yield company
    company.close()


def script(name, company, *arguments):
    told = node(
        name,
        *arguments,
        URL=company.gateway.url,
        TOKEN=company.key,
        FROM=company.address,
        DOMAIN=company.address.partition("@")[2],
    )
    return json.loads(told)


def raw_of(company, message_id):
    return company.api.get(f"/v1/messages/{message_id}/raw").text


def test_postmarks_javascript_client_sends_and_asks(acme):
    told = script("postmark.mjs", acme, "send")
    assert (told["sent"]["ErrorCode"], told["sent"]["Message"]) == (0, "OK")
    assert [one["ErrorCode"] for one in told["batch"]] == [0, 0, 300]
    assert told["foreign"]["name"] == "ApiInputError"
    assert (told["foreign"]["code"], told["foreign"]["status"]) == (400, 422)
    assert told["wrongToken"]["name"] == "InvalidAPIKeyError"
    raw = raw_of(acme, told["sent"]["MessageID"])
    assert "X-Own: kept" in raw
    assert "Content-ID: <logo>" in raw

    bounced = told["batch"][1]["MessageID"]
    assert acme.delivery(bounced, "bounced")
    found = script("postmark.mjs", acme, "bounces")
    assert found["listed"]["TotalCount"] == 1
    assert found["one"] == found["listed"]["Bounces"][0]
    assert found["one"]["MessageID"] == bounced
    assert (found["one"]["Email"], found["one"]["Inactive"]) == ("bounce+5.1.1@sandbox.test", True)

    sent = told["sent"]["MessageID"]
    acme.until(lambda: all_delivered(acme, sent), "both delivered")
    details = script("postmark.mjs", acme, "details", sent)
    assert details["Status"] == "Sent"
    assert [one["Type"] for one in details["MessageEvents"]] == ["Delivered", "Delivered"]
    assert details["Recipients"] == ["ok@sandbox.test", "slow+1s@sandbox.test"]
    assert (details["Tag"], details["Metadata"]) == ("welcome", {"order": "42"})

    refused = script("postmark.mjs", acme, "inactive")
    assert (refused["name"], refused["code"]) == ("InactiveRecipientsError", 406)
    assert "bounce+5.1.1@sandbox.test" in refused["message"]
    again = script("postmark.mjs", acme, "activate", found["one"]["ID"])
    assert (again["told"]["Message"], again["told"]["Bounce"]["Inactive"]) == ("OK", False)
    assert again["sent"]["ErrorCode"] == 0


def all_delivered(company, message_id):
    message = company.get(f"/v1/messages/{message_id}")
    return {one["state"] for one in message["deliveries"]} == {"delivered"}


def test_postmarks_python_client_sends_and_asks(acme):
    gone = f"bounce+5.1.1@{SANDBOX}"
    mail = {
        "sender": f"Acme <{acme.address}>",
        "to": f"ok@{SANDBOX}",
        "subject": "Hello",
        "text_body": "Hello.",
        "tag": "welcome",
        "attachments": [{"name": "a.txt", "content": "aGVsbG8=", "content_type": "text/plain"}],
    }
    options = {"base_url": acme.gateway.url, "retries": 0, "timeout": 30}
    with postmark.sync.ServerClient(acme.key, **options) as client:
        sent = client.outbound.send(mail)
        assert sent.success
        batch = client.outbound.send_batch([mail, {**mail, "to": gone}])
        assert [one.success for one in batch] == [True, True]
        assert acme.delivery(batch[1].message_id, "bounced")
        bounces = client.bounces.list()
        assert [one.message_id for one in bounces.items] == [batch[1].message_id]
        assert client.bounces.get(bounces.items[0].id).email == gone
        activated = client.bounces.activate(bounces.items[0].id)
        assert (activated.message, activated.bounce.inactive) == ("OK", False)
        again = client.outbound.send({**mail, "to": gone})
        assert acme.delivery(again.message_id, "bounced")
        assert acme.delivery(sent.message_id, "delivered")
        details = client.outbound.get(sent.message_id)
        assert (details.status.value, details.tag, details.attachments) == (
            "Sent",
            "welcome",
            ["a.txt"],
        )
        assert [one.type.value for one in details.message_events] == ["Delivered"]
        with pytest.raises(ValidationException) as wrong:
            client.outbound.send({**mail, "to": "nobody"})
        assert (wrong.value.error_code, wrong.value.http_status) == (300, 422)
        with pytest.raises(InactiveRecipientException) as stopped:
            client.outbound.send({**mail, "to": gone})
        assert stopped.value.inactive_recipients == [gone]
    with (
        postmark.sync.ServerClient("pr_live_wrong", **options) as client,
        pytest.raises(InvalidAPIKeyException),
    ):
        client.outbound.send(mail)


def test_mailguns_javascript_client_sends(acme):
    told = script("mailgun.mjs", acme)
    assert told["sent"]["message"] == "Queued. Thank you."
    messages = acme.all("/v1/messages?direction=out")
    (message,) = [one for one in messages if f"<{one['message_id']}>" == told["sent"]["id"]]
    assert acme.delivery(message["id"], "delivered")
    raw = raw_of(acme, message["id"])
    assert "X-Own: kept" in raw
    assert "Content-ID: <logo.png>" in raw
    assert "a.txt" in {one["filename"] for one in message["attachments"]}
    assert told["noAddress"]["status"] == 400
    assert "'to' parameter is not a valid address" in told["noAddress"]["details"]
    assert told["wrongKey"]["status"] == 401
    assert told["wrongDomain"]["status"] == 404
    filled = {one["to"][0]["address"]: one for one in messages if one["subject"] == "For each"}
    assert {who: one["text"] for who, one in filled.items()} == {
        "ok@sandbox.test": "No. 7",
        "slow+1s@sandbox.test": "No. 8",
    }
    assert f"<{filled['ok@sandbox.test']['message_id']}>" == told["each"]["id"]
    (later,) = [one for one in messages if f"<{one['message_id']}>" == told["later"]["id"]]
    assert [one["state"] for one in later["deliveries"]] == ["queued"]
    (bounced,) = [one for one in messages if f"<{one['message_id']}>" == told["plain"]["id"]]
    assert acme.delivery(bounced["id"], "bounced")


def test_mailguns_python_client_sends(acme):
    domain = acme.address.partition("@")[2]
    mail = {
        "from": f"Acme <{acme.address}>",
        "to": ["ok@sandbox.test", "Jana <slow+1s@sandbox.test>"],
        "subject": "Hello",
        "text": "Hello.",
        "h:X-Own": "kept",
        "v:order": "42",
        "o:tag": ["welcome"],
    }
    files = [("attachment", ("a.txt", b"hello"))]
    with MailgunClient(auth=("api", acme.key), api_url=acme.gateway.url) as client:
        plain = client.messages.create(data=mail, domain=domain)
        assert (plain.status_code, plain.json()["message"]) == (200, "Queued. Thank you.")
        filed = client.messages.create(data=mail, files=files, domain=domain)
        assert filed.status_code == 200
        told = {"ok@sandbox.test": {"no": 7}, "slow+1s@sandbox.test": {"no": 8}}
        each = {**mail, "text": "No. %recipient.no%", "recipient-variables": json.dumps(told)}
        assert client.messages.create(data=each, domain=domain).status_code == 200
        wrong = client.messages.create(data={**mail, "to": "nobody"}, domain=domain)
        assert wrong.status_code == 400
        assert "'to' parameter is not a valid address" in wrong.json()["message"]
    texts = {one["text"] for one in acme.all("/v1/messages?direction=out")}
    assert {"No. 7", "No. 8"} <= texts
    for answer, names in ((plain, []), (filed, ["a.txt"])):
        messages = acme.all("/v1/messages?direction=out")
        (message,) = [one for one in messages if f"<{one['message_id']}>" == answer.json()["id"]]
        assert [one["filename"] for one in message["attachments"]] == names
        assert "X-Own: kept" in raw_of(acme, message["id"])
    with httpx2.Client(base_url=acme.gateway.url, trust_env=False) as client:
        answer = client.post(f"/v3/{domain}/messages", data=mail)
    assert (answer.status_code, answer.json()) == (401, {"message": "Forbidden"})

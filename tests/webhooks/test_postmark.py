"""Postmark's bodies, held against the shapes of its documentation and its client library."""

import base64
import json
from dataclasses import replace
from email.utils import parsedate_to_datetime

import pytest

from tests.webhooks.mails import ARRIVAL, FATE, LARGE, LOGO, NINE
from webhooks.mail import Outcome
from webhooks.postmark import arrived, fate

# InboundWebhook.d.ts and Bounce.d.ts of postmark.js 4.0; `Tag` is optional there.
INBOUND = [
    "From",
    "FromName",
    "FromFull",
    "To",
    "ToFull",
    "Cc",
    "CcFull",
    "Bcc",
    "BccFull",
    "ReplyTo",
    "OriginalRecipient",
    "Subject",
    "Date",
    "MailboxHash",
    "MessageID",
    "MessageStream",
    "TextBody",
    "HtmlBody",
    "StrippedTextReply",
    "Headers",
    "Attachments",
]
BOUNCE = [
    "RecordType",
    "ID",
    "Type",
    "TypeCode",
    "Name",
    "MessageID",
    "ServerID",
    "Description",
    "Details",
    "Email",
    "From",
    "BouncedAt",
    "DumpAvailable",
    "Inactive",
    "CanActivate",
    "Subject",
    "MessageStream",
]
DELIVERY = [
    "RecordType",
    "ServerID",
    "MessageStream",
    "MessageID",
    "Recipient",
    "DeliveredAt",
    "Details",
]


def test_mail_that_came_is_an_inbound_body():
    body = json.loads(arrived(ARRIVAL))
    assert set(INBOUND) <= set(body)
    assert {name: body[name] for name in ("From", "FromName", "To", "Cc", "ReplyTo")} == {
        "From": "jana@client.example",
        "FromName": 'Jana "J" Malá',
        "To": '"ACME" <acme+ab12@reply.example.com>',
        "Cc": "eva@client.example",
        "ReplyTo": "reply@client.example",
    }
    assert body["ToFull"] == [
        {"Email": "acme+ab12@reply.example.com", "Name": "ACME", "MailboxHash": "ab12"}
    ]
    assert (body["OriginalRecipient"], body["MailboxHash"]) == (ARRIVAL.recipient, "ab12")
    assert (body["TextBody"], body["HtmlBody"]) == (ARRIVAL.text, ARRIVAL.html)
    assert (body["StrippedTextReply"], body["Subject"]) == ("Thanks", "Účet")
    assert parsedate_to_datetime(body["Date"]) == NINE.replace(microsecond=0)
    assert "RecordType" not in body


def test_headers_that_have_fields_of_their_own_are_not_told_twice():
    assert json.loads(arrived(ARRIVAL))["Headers"] == [
        {"Name": "Received", "Value": "from client.example"},
        {"Name": "Message-ID", "Value": "<1@client.example>"},
    ]


def test_a_file_comes_in_base64_and_one_too_large_is_named_with_its_size():
    small, large = json.loads(arrived(replace(ARRIVAL, files=(LOGO, LARGE))))["Attachments"]
    assert base64.b64decode(small.pop("Content")) == LOGO.content
    assert small == {
        "Name": LOGO.name,
        "ContentType": "image/png",
        "ContentLength": 3,
        "ContentID": "logo@client",
    }
    assert (large["Content"], large["ContentLength"]) == ("", 99)


@pytest.mark.parametrize(
    ("outcome", "record", "kind", "code"),
    [
        (Outcome.BOUNCED, "Bounce", "HardBounce", 1),
        (Outcome.DEFERRED, "Bounce", "Transient", 2),
        (Outcome.EXPIRED, "Bounce", "SoftBounce", 4096),
        (Outcome.SUPPRESSED, "Bounce", "ManuallyDeactivated", 100002),
        (Outcome.COMPLAINED, "SpamComplaint", "SpamComplaint", 100001),
    ],
)
def test_what_was_not_delivered_is_a_bounce_of_its_type(outcome, record, kind, code):
    body = json.loads(fate(replace(FATE, outcome=outcome)))
    assert set(BOUNCE) <= set(body)
    assert (body["RecordType"], body["Type"], body["TypeCode"]) == (record, kind, code)
    assert (body["ID"], body["MessageID"], body["Email"]) == (7, "msg_2", FATE.recipient)
    assert (body["Details"], body["BouncedAt"]) == (FATE.answer, "2026-11-22T09:07:00.123Z")
    assert body["CanActivate"] is (outcome is not Outcome.COMPLAINED)


def test_what_was_delivered_is_a_delivery():
    body = json.loads(fate(replace(FATE, outcome=Outcome.DELIVERED, answer="250 OK")))
    assert set(DELIVERY) <= set(body)
    assert (body["RecordType"], body["Recipient"], body["Details"], body["DeliveredAt"]) == (
        "Delivery",
        FATE.recipient,
        "250 OK",
        "2026-11-22T09:07:00.123Z",
    )


def test_what_postmark_never_tells_of_is_refused():
    with pytest.raises(ValueError, match="queued"):
        fate(replace(FATE, outcome=Outcome.QUEUED))

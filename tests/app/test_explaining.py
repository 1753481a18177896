"""How a mail is read, told without a gateway: every verdict with what it rests on."""

import asyncio

import pytest

from gateway.app.explaining import Arrival, explain
from gateway.mail.errors import MailError
from gateway.settings import load

BOUNCE = b"""From: MAILER-DAEMON@mx.example
To: b-x@bounce.example.com
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; jana@client.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

Final-Recipient: rfc822; peter@client.example
Action: delayed
Status: 4.2.2

--b--
"""
ANSWER = b"""From: Jana <jana@client.example>
To: "Acme" <acme-short@reply.example.com>
Subject: Re: Invoice
Auto-Submitted: auto-replied
References: <x@client.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b

I am away.

On Monday, Acme wrote:
> Here it is.
--b
Content-Type: application/pdf; name=offer.pdf

%PDF-1.4
--b--
"""


def told(tmp_path, raw, *, secret=False, **arrival):
    data = tmp_path / "var"
    config = tmp_path / "postroom.toml"
    config.write_text(
        f'[server]\ndata_dir = "{data}"\nsecret = {{ file = "{data}/secret" }}\n'
        f'[dkim]\ndirectory = "{data}/dkim"\n'
    )
    if secret:
        data.mkdir()
        (data / "secret").write_text("k" * 64)
    settings = load(config).settings
    return asyncio.run(explain(settings, raw, Arrival(**arrival), by_dns=False))


def test_a_report_is_told_recipient_by_recipient(tmp_path):
    found = told(tmp_path, BOUNCE)
    bounces = [(one["recipient"], one["kind"], one["status"]) for one in found["bounces"]]
    assert bounces == [
        ("jana@client.example", "hard", "5.1.1"),
        ("peter@client.example", "delayed", "4.2.2"),
    ]
    assert (found["automatic"], found["report"]["reporting_mta"]) == ("bounce", "mx.example")
    assert "in the form of the RFCs" in found["automatic_why"]


def test_an_answer_is_told_with_its_pieces_and_its_clues(tmp_path):
    found = told(tmp_path, ANSWER, recipients=["acme-short@reply.example.com"])
    assert (found["automatic"], found["automatic_why"]) == (
        "auto_reply",
        "auto-submitted: auto-replied",
    )
    assert (found["text"], "> Here it is." in found["quoted_text"]) == ("I am away.", True)
    assert found["trim_method"] != "whole"
    assert [one["filename"] for one in found["attachments"]] == ["offer.pdf"]
    assert [one["rung"] for one in found["clues"]] == ["token", "header_token", "references"]
    assert found["authentication"]["why"] == "DNS was not asked"


def test_what_a_mail_speaks_of_is_told(tmp_path):
    raw = b"""From: Jana <jana@client.example>
Subject: Re: Invoice 2026-0042
Auto-Submitted: auto-replied
Date: Sun, 29 Nov 2026 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b

I am back on 12 December 2026, write to peter@client.example meanwhile.
Our account is DE89 3704 0044 0532 0130 00.
--b
Content-Type: application/xml; name=inv.xml

<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>A-7</ID></Invoice>
--b--
"""
    found = told(tmp_path, raw)
    assert "2026-0042" in found["speaks_of"].pop("possible_numbers")
    assert found["speaks_of"] == {
        "ibans": ["DE89370400440532013000"],
        "returns_on": "2026-12-12",
        "substitute": {"name": "", "address": "peter@client.example"},
    }
    assert found["attachments"][0]["document"]["number"] == "A-7"


def test_nothing_is_made_on_disk(tmp_path):
    told(tmp_path, ANSWER)
    assert [path.name for path in tmp_path.iterdir()] == ["postroom.toml"]


def test_the_null_reverse_path_counts_if_it_is_said(tmp_path):
    raw = b"From: x@y.example\n\nHello\n"
    assert told(tmp_path, raw)["automatic"] is None
    assert told(tmp_path, raw, sender="")["automatic_why"] == "it came with the null reverse-path"


def test_an_empty_mail_is_the_mails_fault(tmp_path):
    with pytest.raises(MailError):
        told(tmp_path, b"\r\n")

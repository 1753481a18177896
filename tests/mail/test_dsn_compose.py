"""Reports of ours, read back by the standard library and by our own reader."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from gateway.mail.dsn_compose import MOST_OCTETS, ReportMail, Told, compose_report
from gateway.mail.errors import MailError
from gateway.mail.mailbox import Mailbox
from gateway.mail.message import read

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
TOLD = Told(
    "jana@client.example",
    "failed",
    "5.1.1",
    "Your mail to jana@client.example could not be delivered: no such address.",
    original="rfc822;Jana@client.example",
    diagnostic="550 5.1.1 No such user, see https://mx.client.example/help?a=1",
    remote="mx.client.example",
    last_attempt=NOW,
)
RETURNED = b"From: a@example.com\r\nSubject: Invoice\r\n\r\nHello\r\n"
REPORT = ReportMail(
    Mailbox("Mail gateway", "postmaster@mail.example.com"),
    Mailbox("", "bounces@service.example"),
    "token@mail.example.com",
    NOW,
    NOW,
    "mail.example.com",
    TOLD,
    RETURNED,
    envid="order 7",
)


def parsed(report):
    return message_from_bytes(compose_report(report), policy=policy.default)


def test_its_parts_are_those_of_rfc_3464():
    mail = parsed(REPORT)
    assert mail.get_content_type() == "multipart/report"
    assert mail.get_param("report-type") == "delivery-status"
    assert mail["Auto-Submitted"] == "auto-replied"
    words, machine, returned = mail.get_payload()
    assert "could not be delivered" in words.get_content()
    about, recipient = machine.get_payload()
    assert about["Original-Envelope-Id"] == "order 7"
    assert about["Reporting-MTA"] == "dns; mail.example.com"
    assert recipient["Original-Recipient"] == "rfc822; Jana@client.example"
    assert recipient["Final-Recipient"] == "rfc822; jana@client.example"
    assert (recipient["Action"], recipient["Status"]) == ("failed", "5.1.1")
    assert recipient["Remote-MTA"] == "dns; mx.client.example"
    assert recipient["Diagnostic-Code"] == f"smtp; {TOLD.diagnostic}"
    assert returned.get_content_type() == "text/rfc822-headers"
    assert "Hello" not in returned.get_payload()


def test_the_whole_mail_comes_back_where_that_was_asked_for():
    assert (
        "Hello" in parsed(replace(REPORT, whole=True)).get_payload()[2].get_payload(0).as_string()
    )
    large = RETURNED + b"x" * MOST_OCTETS
    back = parsed(replace(REPORT, whole=True, returned=large)).get_payload()[2]
    assert back.get_content_type() == "text/rfc822-headers"


def test_our_own_reader_understands_it():
    report = read(compose_report(REPORT), null_sender=True).report
    (told,) = report.recipients
    assert (report.kind, told.recipient, told.action, told.status) == (
        "bounce",
        "jana@client.example",
        "failed",
        "5.1.1",
    )


def test_an_address_beyond_ascii_is_told_in_ascii():
    told = replace(TOLD, recipient="žofia@firma.example", original=None, diagnostic="550 žiaľ")
    raw = compose_report(replace(REPORT, told=told))
    assert raw.isascii()
    (_, recipient) = message_from_bytes(raw, policy=policy.default).get_payload()[1].get_payload()
    assert recipient["Final-Recipient"] == r"utf-8; \x{17E}ofia@firma.example"


def test_nothing_in_a_reply_makes_a_field_of_its_own():
    told = replace(TOLD, diagnostic="550 no\r\nAction: delivered\r\n\r\nStatus: 2.0.0")
    (_, recipient) = parsed(replace(REPORT, told=told)).get_payload()[1].get_payload()
    assert recipient.get_all("Action") == ["failed"]
    assert recipient.get_all("Status") == ["5.1.1"]


def test_an_address_that_is_none_makes_no_report():
    with pytest.raises(MailError):
        compose_report(replace(REPORT, to=Mailbox("", "a@b\r\nBcc: c@d.example")))

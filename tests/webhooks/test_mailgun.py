"""Mailgun's bodies, signed and shaped as its documentation says."""

import email
import hashlib
import hmac
import json
from dataclasses import replace
from email import policy
from urllib.parse import parse_qs

import pytest

from tests.webhooks.mails import ARRIVAL, FATE, LARGE, LOGO
from webhooks.mail import Outcome
from webhooks.mailgun import arrived, fate, signature

KEY = "whsec_c2VjcmV0"
SIGNED = signature(KEY, 1770920772, "evt_1")


def is_genuine(given):
    """Check as Mailgun's manual says: HMAC-SHA256 of timestamp and token by the key's text."""
    said = f"{given['timestamp']}{given['token']}".encode()
    return hmac.new(KEY.encode(), said, hashlib.sha256).hexdigest() == given["signature"]


def in_parts(media_type, body):
    head = f"Content-Type: {media_type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    return list(email.message_from_bytes(head + body, policy=policy.HTTP).iter_parts())


def test_the_signature_is_the_one_of_the_manual_and_the_token_is_of_one_try():
    assert is_genuine(SIGNED)
    assert len(SIGNED["token"]) == 50
    again = signature(KEY, 1770920773, "evt_1")
    assert is_genuine(again)
    assert again["token"] != SIGNED["token"]
    assert not is_genuine(signature("whsec_b3RoZXI=", 1770920772, "evt_1"))


@pytest.mark.parametrize(
    ("outcome", "event", "severity", "reason"),
    [
        (Outcome.QUEUED, "accepted", None, None),
        (Outcome.DELIVERED, "delivered", None, None),
        (Outcome.DEFERRED, "failed", "temporary", "generic"),
        (Outcome.BOUNCED, "failed", "permanent", "bounce"),
        (Outcome.EXPIRED, "failed", "permanent", "old"),
        (Outcome.SUPPRESSED, "failed", "permanent", "suppress-bounce"),
        (Outcome.COMPLAINED, "complained", None, None),
    ],
)
def test_what_became_of_mail_is_an_event_with_its_severity(outcome, event, severity, reason):
    body = json.loads(fate(replace(FATE, outcome=outcome), SIGNED))
    about = body["event-data"]
    assert body["signature"] == SIGNED
    assert (about["event"], about.get("severity"), about.get("reason")) == (
        event,
        severity,
        reason,
    )
    assert (about["id"], about["recipient-domain"]) == ("evt_1", "client.example")
    assert about["timestamp"] == FATE.at.timestamp()
    assert about["message"]["headers"] == {
        "to": "jana@client.example",
        "message-id": "2@mail.example.com",
        "from": '"ACME" <acme@mail.example.com>',
        "subject": "Invoice",
    }


def test_a_failure_holds_the_servers_words():
    status = json.loads(fate(FATE, SIGNED))["event-data"]["delivery-status"]
    assert status == {
        "code": 550,
        "enhanced-code": "5.1.1",
        "message": "550 5.1.1 no such user",
        "description": "The mailbox does not exist.",
    }


def test_mail_without_files_is_a_plain_form():
    media_type, body = arrived(ARRIVAL, SIGNED)
    fields = {name: value[0] for name, value in parse_qs(body.decode()).items()}
    assert media_type == "application/x-www-form-urlencoded"
    assert is_genuine(fields)
    assert {name: fields[name] for name in ("recipient", "sender", "subject", "body-plain")} == {
        "recipient": "acme+ab12@reply.example.com",
        "sender": "bounces@client.example",
        "subject": "Účet",
        "body-plain": ARRIVAL.text,
    }
    assert (fields["stripped-text"], fields["stripped-signature"]) == ("Thanks", "Jana")
    assert (fields["body-html"], fields["Message-Id"]) == (ARRIVAL.html, "<1@client.example>")
    assert json.loads(fields["message-headers"])[1] == ["From", "jana@client.example"]


def test_the_header_comes_as_fields_that_stand_in_for_none_of_ours():
    said = (
        ("from", "eve@evil.example"),
        ("token", "stolen"),
        ("Stripped-Text", "No."),
        ("x-mAILER", "Mutt"),
        ("In-Reply-To", "<a@b>"),
        ("Received", "one"),
        ("Received", "two"),
    )
    _, body = arrived(replace(ARRIVAL, headers=said), SIGNED)
    fields = parse_qs(body.decode())
    assert is_genuine({name: value[0] for name, value in fields.items()})
    shown = {name: fields[name] for name in ("from", "From", "X-Mailer", "In-Reply-To", "Received")}
    assert shown == {
        "from": [str(ARRIVAL.from_)],
        "From": ["eve@evil.example"],
        "X-Mailer": ["Mutt"],
        "In-Reply-To": ["<a@b>"],
        "Received": ["one", "two"],
    }
    assert not {"Token", "Stripped-Text"} & fields.keys()


def test_the_visible_text_comes_as_html_too():
    text = "Thanks <b>\nJana\n\n\nPS: & more"
    _, body = arrived(replace(ARRIVAL, stripped_text=text), SIGNED)
    (html,) = parse_qs(body.decode())["stripped-html"]
    assert html == "<p>Thanks &lt;b&gt;<br>Jana</p><p>PS: &amp; more</p>"


def test_files_are_parts_of_the_form_and_a_name_breaks_none_of_it():
    parts = in_parts(*arrived(replace(ARRIVAL, files=(LARGE, LOGO)), SIGNED))
    named = {part.get_param("name", header="content-disposition"): part for part in parts}
    assert named["attachment-1"].get_payload(decode=True) == LOGO.content
    assert named["attachment-1"].get_content_type() == "image/png"
    assert named["attachment-1"].get_filename() == "lo%22go%0D%0A.png"
    assert named["attachment-count"].get_payload() == "1"
    assert json.loads(named["content-id-map"].get_payload()) == {"<logo@client>": "attachment-1"}
    assert "attachment-2" not in named

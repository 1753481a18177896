import email
import tomllib
from email import policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.reports import read_report

CASES = sorted((Path(__file__).parent.parent / "cases" / "reports").glob("*.eml"))


def parsed(raw):
    return email.message_from_bytes(raw, policy=policy.compat32)


def told(report):
    """Return a report as a case's file states it."""
    if report is None:
        return {"kind": ""}
    recipients = [
        [one.recipient, one.action, one.status or "", one.smtp_code or 0]
        for one in report.recipients
    ]
    fields = {
        "envid": report.original_envid,
        "message_id": report.original_message_id,
        "feedback_type": report.feedback_type,
    }
    return {"kind": report.kind, "recipients": recipients} | {
        name: value for name, value in fields.items() if value
    }


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_report_is_read_as_its_case_says(case, line_end):
    expected = tomllib.loads(case.with_suffix(".toml").read_text(encoding="utf-8"))
    says = expected.pop("says", "")
    del expected["readme"]
    report = read_report(parsed(case.read_bytes().replace(b"\n", line_end)))
    assert told(report) == expected
    assert all(says in one.diagnostic for one in (report.recipients if report else ()))


def test_the_original_recipient_is_kept_beside_the_final_one():
    case = next(case for case in CASES if case.stem == "dsn_every_recipient")
    assert read_report(parsed(case.read_bytes())).recipients[0].original_recipient == (
        "Jana@customer.example"
    )


def test_a_base64_status_part_is_decoded():
    raw = (
        b"From: MAILER-DAEMON@mx.example\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        b"--b\nContent-Type: message/global-delivery-status\nContent-Transfer-Encoding: base64\n\n"
        b"UmVwb3J0aW5nLU1UQTogZG5zOyBteC5leGFtcGxlCgpGaW5hbC1SZWNpcGllbnQ6IHJmYzgyMjsg\n"
        b"amFuYUBjdXN0b21lci5leGFtcGxlCkFjdGlvbjogZmFpbGVkClN0YXR1czogNS4xLjEK\n--b--\n"
    )
    assert told(read_report(parsed(raw))) == {
        "kind": "bounce",
        "recipients": [["jana@customer.example", "failed", "5.1.1", 0]],
    }


def test_a_complaint_of_microsoft_names_its_recipient_in_the_returned_mail():
    raw = (
        b"From: <staff@hotmail.com>\nSubject: complaint about message from 192.0.2.1\n"
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
        b"X-HmXmrOriginalRecipient: <jana@customer.example>\nTo: novak@mail.example\n\nhi\n--b--\n"
    )
    assert told(read_report(parsed(raw))) == {
        "kind": "complaint",
        "feedback_type": "abuse",
        "recipients": [["jana@customer.example", "delivered", "", 0]],
    }


def test_the_null_reverse_path_of_the_envelope_counts():
    raw = b"From: robot@mx.example\nSubject: Undeliverable\n\n<jana@a.example>: user unknown\n"
    assert [one.recipient for one in read_report(parsed(raw), null_sender=True).recipients] == [
        "jana@a.example"
    ]


PIECES = st.sampled_from(
    [
        b"From: MAILER-DAEMON@mx.example\n",
        b"Subject: Undeliverable\n",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
        b"Content-Type: message/delivery-status\n",
        b"Content-Transfer-Encoding: base64\n",
        b"\n",
        b"--b\n",
        b"--b--\n",
        b"Final-Recipient: rfc822; a@b.example\n",
        b"Final-Recipient: utf-8; \\x{110000}@b\n",
        b"Action: failed\n",
        b"Status: 5.1.999999\n",
        b"<a@b.example>: 550 5.1.1 no\n",
        b'{"notificationType":"Bounce"',
        b"\xff\xfe\x00",
    ]
)


@given(st.lists(PIECES, max_size=25).map(b"".join) | st.binary(max_size=300))
def test_z2_any_bytes_give_a_report_or_none(raw):
    report = read_report(parsed(raw))
    assert report is None or report.kind

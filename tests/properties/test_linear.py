"""Hostile texts: work grows with the size, not with its square; counted in calls, not in time."""

import email
import sys
from datetime import date
from email import policy

import pytest

from gateway.mail.absence import read_absence
from gateway.mail.calendar_text import calendar_text
from gateway.mail.forwards import read_forward
from gateway.mail.quoting import trim
from gateway.mail.reports import read_report
from gateway.rules.bounces import classify
from gateway.rules.suggestions import ibans_in, possible_numbers

LINES = [
    "> a\n",
    "> a\nb\n",
    "x wrote:\n> b\n",
    "On Mon, 3 Mar 2025 at 10:05 Jana\n",
    "2025 10:05 a@b <:\n",
    "From: a\n",
    "From: a@b\n\n",
    "Subject: a\n b\n c\n",
    "---- x ----\n",
    "---- On x wrote ----\n",
    "________________________\nAbc: x\n",
    "Abc: x@y 10:05\n",
    "a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:\n",
    "1:1:a@b 2025:\n",
    "recipients:\n  a\n",
    "-- \n",
    "regards\n+421 900 123 456\n",
    "Sent from my iPhone\n",
    "<http://x\n> ",
    "<a@b.example>: 550 5.1.1 no\n",
    "could not deliver mail to a@b.example\n",
    "RCPT TO:<a@b.example>\n",
    "Final-Recipient: rfc822; a@b.example\n",
    "<div class=gmail_quote>",
    "until 1.1. ",
    "BEGIN:VEVENT\n",
    "SK31 1200 ",
    "a@",
    "<",
    ":",
]


def letter(text):
    raw = f"From: MAILER-DAEMON@mx.example\nSubject: Undeliverable\n\n{text}".encode()
    return email.message_from_bytes(raw, policy=policy.compat32)


WORK = {
    "trim": trim,
    "trim with html": lambda text: trim(text, html=text),
    "trim with sent": lambda text: trim(text, sent=[text]),
    "forward": lambda text: read_forward(text, "Fwd: x"),
    "report": lambda text: read_report(letter(text)),
    "classify": lambda text: classify(enhanced=None, code=None, text=text),
    "absence": lambda text: read_absence(text, written=date(2026, 4, 7)),
    "calendar": calendar_text,
    "suggestions": lambda text: (possible_numbers(text), ibans_in(text)),
}


def calls(work, text):
    """Return how many calls, of Python or C, the work makes."""
    count = 0

    def count_call(frame, event, argument):
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(count_call)
    try:
        work(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
def test_work_grows_with_the_size(work, line):
    once, twice = (calls(work, line * (size // len(line))) for size in (4_000, 8_000))
    assert twice <= 3 * once + 200  # quadratic work would be four times as much


@pytest.mark.parametrize("line", LINES[:4])
def test_a_mebibyte_takes_no_more_calls_than_its_first_lines(line):
    assert calls(trim, line * ((1 << 20) // len(line))) < 700_000

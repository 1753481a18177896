"""Bounces that are letters, in the manner of the programs that write them: tests/cases/letters.

They are made up after the manner, in the programs' languages: who gets no mail, and why.
"""

import email
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gateway.mail.reports import read_report
from gateway.rules.bounces import classify

CASES = Path(__file__).parent.parent / "cases" / "letters"
LETTERS: dict[str, dict[str, Any]] = tomllib.loads((CASES / "expect.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_a_letter_says_who_gets_no_mail_and_why(name: str, end: bytes) -> None:
    raw = (CASES / f"{name}.eml").read_bytes().replace(b"\n", end)
    report, wanted = read_report(email.message_from_bytes(raw)), LETTERS[name]
    assert report is not None
    assert report.kind == wanted["kind"]
    (one,) = report.recipients
    assert one.recipient == wanted["recipient"]
    if "reason" in wanted:
        verdict = classify(
            enhanced=one.status, code=one.smtp_code, text=one.diagnostic, action=one.action
        )
        assert verdict.key == wanted["reason"]


def test_every_letter_is_judged() -> None:
    assert {path.stem for path in CASES.glob("*.eml")} == set(LETTERS)


@pytest.mark.parametrize(
    "said",
    [
        "Hello,\n\nyour invoice could not be delivered to us, please send it again.\n\nJana",
        "Dobrý deň,\n\nfaktúra nebola doručená, pošlite ju prosím na jana@firma.example.\n\nJana",
        "Guten Tag,\n\ndie Rechnung wurde nicht gefunden.\n\nJana",
    ],
)
def test_what_a_person_writes_of_lost_mail_is_no_bounce(said: str) -> None:
    raw = f"From: Jana <jana@firma.example>\nSubject: Nedoručená faktúra\n\n{said}".encode()
    assert read_report(email.message_from_bytes(raw)) is None

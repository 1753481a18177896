"""mail-parser as second reader: asked where we find too little, and agreeing where we don't."""

from datetime import UTC, datetime

import pytest

from gateway.mail import second_reader
from gateway.mail.mailbox import Mailbox
from gateway.mail.message import read
from tests.bench.parse_readers import Facts, facts
from tests.bench.parse_score import fold
from tests.corpora import Line, corpora_set, lines_of, set_names


def test_a_date_that_we_cannot_read_is_asked_for() -> None:
    raw = b"From: a@example.org\r\nDate: Tue, 7 Apr 2026 (week 15) 10:00 Z\r\n\r\nhello\r\n"
    assert second_reader.ask(raw, body=len(raw)) == second_reader.Opinion(
        from_=(Mailbox("", "a@example.org"),),
        subject="",
        date=datetime(2026, 4, 7, 10, 0, tzinfo=UTC),
        text="hello\n",
    )


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"Subject: " + b"=?utf-8?q?a?= " * 1000 + b"\r\n\r\n", id="encoded words"),
        pytest.param(b"A: b\r\n\r\n" + b"--b\r\n\r\n" * 1000, id="parts"),
        pytest.param(b"A: b\r\n\r\n" + b"x" * second_reader.OCTETS, id="size"),
    ],
)
def test_mail_that_would_cost_it_too_much_is_not_shown_to_it(raw: bytes) -> None:
    assert second_reader.ask(raw, body=raw.index(b"\r\n\r\n") + 4) is None


def test_mail_nested_too_deep_is_survived() -> None:
    raw = b"Content-Type: message/rfc822\r\n\r\n" * 5000
    assert second_reader.ask(raw, body=32) is None


def test_ordinary_mail_is_not_shown_to_it() -> None:
    raw = b"From: a@example.org\r\nDate: Tue, 7 Apr 2026 10:00:00 +0000\r\n\r\nhello\r\n"
    assert "second_reader" not in read(raw).defects


def _is_regular(line: Line) -> bool:
    """Say whether the mail is of the kind on which readers have to agree."""
    raw = line.octets()
    return b"message/rfc822" not in raw and b"multipart/digest" not in raw and raw.isascii()


def _differ(line: Line) -> bool:
    ours, theirs = (facts(reader, line.octets()) for reader in ("ours", "mail-parser"))
    if ours is None or theirs is None:
        return True
    return (fold(ours.subject), _addresses(ours)) != (fold(theirs.subject), _addresses(theirs))


def _addresses(facts: Facts) -> list[str]:
    return [address for _, address in facts.from_ if "@" in address]


@pytest.mark.corpora
def test_both_readers_agree_on_what_regular_mail_says() -> None:
    corpora_set("parse_robust")
    names = [*set_names("parse_"), *set_names("thread_"), *set_names("auto_")]
    regular = [line for name in names for line in lines_of(name) if _is_regular(line)]
    differing = [line.id for line in regular if _differ(line)]
    assert len(differing) <= 0.03 * len(regular), differing

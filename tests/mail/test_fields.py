"""Fields that we write."""

import pytest

from gateway.mail.errors import MailError
from gateway.mail.fields import checked, message_ids, presentable, unstructured


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Re: Invoice", "Re: Invoice"),
        ("a\tb\r\n c", "a b c"),
        ("x\u202egpj.exe", "x gpj.exe"),
        ("=?utf-8?q?x=0D=0ABcc:_e?=", "= ?utf-8?q?x=0D=0ABcc:_e?="),
        ("\ud800", ""),
        ("שלום\u200f", "שלום\u200f"),
    ],
)
def test_what_a_stranger_wrote_can_be_quoted(text, shown):
    assert checked(presentable(text), "it") == shown


def test_a_subject_reads_as_ascii_where_it_is_ascii():
    assert (
        unstructured("Subject", "Invoice 2026-0142 · €1,254.00 · due 5 Dec 2026")
        == b"Subject: Invoice 2026-0142 =?utf-8?b?wrcg4oKsMSwyNTQuMDAgwrc=?= due 5 Dec 2026\r\n"
    )


def test_a_long_subject_is_folded():
    field = unstructured("Subject", "word " * 40 + "end")
    assert max(map(len, field.split(b"\r\n"))) <= 78
    assert field.replace(b"\r\n ", b" ").startswith(b"Subject: word word")


def test_no_usable_message_id_gives_no_field():
    assert message_ids("References", ["", "a b", "x" * 1000]) == b""


def test_a_word_too_long_for_a_line_in_a_machine_field_is_refused():
    with pytest.raises(MailError):
        message_ids("Message-ID" * 100, ["a@b"])

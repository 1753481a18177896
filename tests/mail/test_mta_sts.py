from datetime import timedelta

import pytest

from gateway.mail.errors import MailError
from gateway.mail.mta_sts import Mode, policy_file, policy_id, read_policy

FILE = b"""version: STSv1\r
mode: enforce\r
mx: Mail.example.com\r
mx: *.example.net\r
mx: backupmx.example.com\r
max_age: 604800\r
"""


def test_a_policy_is_read():
    policy = read_policy(FILE)
    assert policy.mode is Mode.ENFORCE
    assert policy.mx == ("mail.example.com", "*.example.net", "backupmx.example.com")
    assert policy.max_age == timedelta(days=7)


@pytest.mark.parametrize(
    "content",
    [
        FILE.replace(b"\r\n", b"\n"),
        FILE.rstrip(),
        FILE + b"\r\n\r\n",
        FILE + b"mode: none\r\nmax_age: 1\r\nfuture: x y z\r\n",
        FILE.replace(b": ", b" :\t "),
    ],
)
def test_a_policy_is_read_however_its_lines_end_and_whatever_else_it_says(content):
    assert read_policy(content) == read_policy(FILE)


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("MAIL.example.com.", True),
        ("a.example.net", True),
        ("a.b.example.net", False),
        ("example.net", False),
        ("mail.example.com.evil.test", False),
        ("localhost", False),
    ],
)
def test_an_mx_is_covered_by_name_or_by_one_label(host, covered):
    assert read_policy(FILE).covers(host) is covered


def test_no_policy_is_kept_longer_than_a_year():
    policy = read_policy(FILE.replace(b"604800", b"9999999999"))
    assert policy.max_age == timedelta(seconds=31_557_600)


def test_mode_none_needs_no_mx():
    assert read_policy(b"version: STSv1\nmode: none\nmax_age: 60\n").mode is Mode.NONE


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!DOCTYPE html><html></html>",
        FILE.replace(b"STSv1", b"STSv2"),
        FILE.replace(b"enforce", b"Enforce"),
        FILE.replace(b"604800", b"-1"),
        FILE.replace(b"604800", b"1" * 11),
        FILE.replace(b"mode: enforce\r\n", b""),
        FILE.replace(b"max_age: 604800\r\n", b""),
        b"version: STSv1\nmode: testing\nmax_age: 60\n",
        FILE.replace(b"*.example.net", b"*.*.net"),
        FILE.replace(b"*.example.net", b"[127.0.0.1]"),
        FILE.replace(b"Mail", "příliš".encode()),
        FILE + b"x: " + b"y" * 65536,
        FILE + b"mx: a.test\n" * 200,
    ],
)
def test_what_is_no_policy_is_refused(content):
    with pytest.raises(MailError):
        read_policy(content)


@pytest.mark.parametrize(
    ("records", "found"),
    [
        (["v=STSv1; id=20160831085700Z;"], "20160831085700Z"),
        (["v=spf1 -all", "v=STSv1 ; id=a1"], "a1"),
        (["v=STSv1; id=a1; ext=1"], "a1"),
        ([], None),
        (["v=STSv1; id=a1", "v=STSv1; id=a2"], None),
        (["v=STSv1; id=a1; id=a2"], None),
        (["v=STSv1"], None),
        (["v=STSv1; id="], None),
        (["v=STSv1; id=a-b"], None),
        (["v=STSv1; id=" + "a" * 33], None),
        (["v=STSv10; id=a1"], None),
        (["v=stsv1; id=a1"], None),
    ],
)
def test_the_id_of_a_policy_is_found(records, found):
    assert policy_id(records) == found


def test_our_own_policy_reads_as_it_was_meant():
    written = policy_file(Mode.TESTING, ["mail.example.com"], timedelta(days=7))
    policy = read_policy(written)
    assert (policy.mode, policy.mx) == (Mode.TESTING, ("mail.example.com",))
    assert policy.max_age == timedelta(days=7)
    assert "\n".join(policy.lines) in written.decode().replace("\r", "")

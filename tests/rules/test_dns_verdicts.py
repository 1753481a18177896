"""Which answers of DNS do what the printed record would do."""

import pytest

from gateway.rules.dns_verdicts import Published, Record, judge, unanswered

SPF = "v=spf1 a:mail.example.com -all"
KEY = "v=DKIM1; k=rsa; p=MIIB"
DMARC = "v=DMARC1; p=reject; rua=mailto:postmaster@example.com"


def verdict(kind, ours, *found):
    return judge(Record("example.com", kind, ours, "for a test"), found)


@pytest.mark.parametrize(
    ("kind", "ours", "found"),
    [
        ("TXT", SPF, ["google-site-verification=x", SPF]),
        ("TXT", SPF, ["v=spf1 include:_spf.example.net +a:MAIL.example.com ~all"]),
        ("TXT", KEY, ["v=DKIM1; h=sha256; k=rsa; p=MI IB"]),
        ("TXT", KEY, ["p=MIIB"]),
        ("TXT", DMARC, ["v=DMARC1;p=quarantine"]),
        ("TXT", "v=STSv1; id=1", ["v=STSv1; id=20260101"]),
        ("TXT", "v=TLSRPTv1; rua=mailto:a@b.example", ["v=TLSRPTv1;rua=https://r.example/"]),
        ("MX", "10 mail.example.com", ["20 other.example.net", "5 Mail.Example.com"]),
        ("A", "192.0.2.7", ["192.0.2.8", "192.0.2.7"]),
        ("PTR", "mail.example.com", ["Mail.example.com"]),
        ("TLSA", "3 1 1 abcd", ["3 1 1 ABCD"]),
    ],
)
def test_an_answer_that_does_the_same_passes(kind, ours, found):
    assert verdict(kind, ours, *found).state is Published.OK


@pytest.mark.parametrize(
    ("kind", "ours", "found", "remedy"),
    [
        ("TXT", SPF, [SPF, "v=spf1 -all"], "several at once count as none"),
        ("TXT", SPF, ["v=spf1 ip4:198.51.100.1 -all"], "add a:mail.example.com"),
        ("TXT", SPF, ["v=spf1 a:mail.example.com +all"], "everyone may send"),
        ("TXT", KEY, ["v=DKIM1; k=rsa; p="], "revoked"),
        ("TXT", KEY, ["v=DKIM1; k=rsa; p=MIIC"], "another key"),
        ("TXT", KEY, ["v=DKIM1; k=ed25519; p=MIIB"], "another key"),
        ("TXT", DMARC, ["v=DMARC1; p=none"], "p=none"),
        ("TXT", "v=STSv1; id=1", ["v=STSv1;"], "id="),
        ("MX", "10 mail.example.com", ["10 mx.example.net"], "goes elsewhere"),
        ("PTR", "mail.example.com", ["dsl-7.isp.example"], "should be mail.example.com"),
    ],
)
def test_an_answer_that_does_not_is_told_with_what_to_do(kind, ours, found, remedy):
    told = verdict(kind, ours, *found)
    assert told.state is Published.DIFFERS
    assert remedy in told.remedy
    assert told.found == tuple(found)


def test_a_record_of_another_kind_is_no_answer():
    told = verdict("TXT", SPF, "google-site-verification=x")
    assert (told.state, told.remedy) == (Published.MISSING, f"publish TXT {SPF}")


def test_no_answer_of_dns_is_neither_good_nor_bad():
    told = unanswered(Record("a.example", "MX", "10 b.example", ""), "SERVFAIL")
    assert (told.state, "SERVFAIL" in told.remedy) == (Published.UNKNOWN, True)

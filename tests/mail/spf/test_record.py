from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.errors import MailError
from gateway.mail.spf.macros import parse_domain_spec
from gateway.mail.spf.record import Directive, SpfRecord, SpfResult, choose_record, parse_record


def test_a_record_is_read_whole():
    assert parse_record(
        "v=spf1 +mx/24//48 a:A.example.org ip4:192.0.2.0/24 ip6:2001:db8::1 "
        "~include:%{d}.example ?ptr exists:x.example  -ALL exp=e.example redirect=r.example x=%{s}"
    ) == SpfRecord(
        (
            Directive(SpfResult.PASS, "mx", bits4=24, bits6=48),
            Directive(SpfResult.PASS, "a", parse_domain_spec("A.example.org")),
            Directive(SpfResult.PASS, "ip4", network=ip_network("192.0.2.0/24")),
            Directive(SpfResult.PASS, "ip6", network=ip_network("2001:db8::1/128")),
            Directive(SpfResult.SOFTFAIL, "include", parse_domain_spec("%{d}.example")),
            Directive(SpfResult.NEUTRAL, "ptr"),
            Directive(SpfResult.PASS, "exists", parse_domain_spec("x.example")),
            Directive(SpfResult.FAIL, "all"),
        ),
        redirect=parse_domain_spec("r.example"),
        explanation=parse_domain_spec("e.example"),
    )


@pytest.mark.parametrize(
    "term",
    [
        "all:x.example",
        "all/8",
        "all.",
        "include",
        "include:",
        "include:a.example/24",
        "a:",
        "a/33",
        "a//129",
        "a/024",
        "a/",
        "a//",
        "a:com",
        "a:1.2.3.4",
        "mx:a.example/x",
        "ptr:",
        "ptr/24",
        "exists",
        "exists/8",
        "ip4",
        "ip4:1.2.3",
        "ip4:1.2.3.4/",
        "ip4:1.2.3.4/33",
        "ip4:1.2.3.4:25",
        "ip4:::1",
        "ip6:1.2.3.4",
        "ip6:fe80::1%eth0",
        "ip6:::1/129",
        "moo",
        "-",
        "=all",
        "1x=y",
        "redirect:x.example",
        "redirect=",
        "redirect=x.example redirect=x.example",
        "exp=",
        "exp=a.example EXP=a.example",
        "x=%",
        "a\tmx",
        "a:\N{LATIN SMALL LETTER E WITH ACUTE}.example",
        "\x01",
    ],
)
def test_a_mistake_anywhere_breaks_the_record(term):
    with pytest.raises(MailError):
        parse_record(f"v=spf1 ip4:192.0.2.1 {term} -all")


def test_the_record_is_the_one_with_the_version_alone_or_before_a_space():
    texts = ["v=spf10", "hello", "V=SPF1 -all", "v=spf1-all", "\N{LATIN SMALL LETTER E WITH ACUTE}"]
    assert choose_record(texts) == "V=SPF1 -all"
    assert choose_record(["v=spf1"]) == "v=spf1"
    assert choose_record(["v=spf1."]) is None


def test_two_records_are_a_mistake():
    with pytest.raises(MailError):
        choose_record(["v=spf1 -all", "v=spf1"])


@given(st.text(alphabet="v=spf1 a:/%{}d.-+?~ip46mxincludeall0", max_size=80))
def test_any_text_is_read_or_refused(text):
    try:
        record = parse_record(f"v=spf1 {text}")
    except MailError:
        return
    assert isinstance(record, SpfRecord)

from datetime import timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings import values
from gateway.settings.values import HostPort, NextHop, Rate, Unfit


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("90s", timedelta(seconds=90)),
        ("5m", timedelta(minutes=5)),
        ("12h", timedelta(hours=12)),
        ("3d", timedelta(days=3)),
        ("2w", timedelta(weeks=2)),
        ("250ms", timedelta(milliseconds=250)),
        ("0s", timedelta()),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text, wait):
    assert values.duration(text) == wait


@pytest.mark.parametrize(
    ("text", "octets"),
    [("25MiB", 26_214_400), ("64KiB", 65_536), ("1GiB", 2**30), ("512B", 512), ("1MB", 10**6)],
)
def test_a_size_is_a_number_and_a_unit(text, octets):
    assert values.size(text) == octets


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("100/min", Rate(100, timedelta(minutes=1))),
        ("10/10m", Rate(10, timedelta(minutes=10))),
        ("5/m", Rate(5, timedelta(minutes=1))),
        ("1000/h", Rate(1000, timedelta(hours=1))),
        ("7/2day", Rate(7, timedelta(days=2))),
    ],
)
def test_a_rate_is_so_many_in_a_time(text, rate):
    assert values.rate(text) == rate


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("127.0.0.1:2525", HostPort("127.0.0.1", 2525)),
        ("[::1]:25", HostPort("::1", 25)),
        ("localhost:0", HostPort("localhost", 0)),
        ("Mail.Example.com:25", HostPort("mail.example.com", 25)),
    ],
)
def test_a_listener_is_an_address_and_a_port(text, place):
    assert values.listener(text) == place


def test_an_ipv6_address_is_written_in_brackets():
    assert str(HostPort("::1", 25)) == "[::1]:25"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("9.9.9.9", HostPort("9.9.9.9", 53)),
        ("2620:fe::fe", HostPort("2620:fe::fe", 53)),
        ("127.0.0.1:5353", HostPort("127.0.0.1", 5353)),
        ("[::1]:5353", HostPort("::1", 5353)),
    ],
)
def test_a_resolver_has_port_53_unless_it_says_another(text, place):
    assert values.resolver(text) == place


@pytest.mark.parametrize("text", ["dns.example.com", "127.0.0.1:0", "", "[::1]"])
def test_a_resolver_is_an_address(text):
    with pytest.raises(Unfit, match="is not the address of a resolver"):
        values.resolver(text)


@pytest.mark.parametrize(
    ("text", "hop"),
    [
        ("", None),
        ("smtp://10.0.0.5", NextHop("10.0.0.5", 25)),
        ("smtp://Relay.example.net:2587", NextHop("relay.example.net", 2587)),
        (
            "smtps://user%40example.com:p%40ss%2Fword@smtp.example.net",
            NextHop("smtp.example.net", 465, True, "user@example.com", "p@ss/word"),
        ),
        ("smtp://u:p@[2001:db8::1]:25", NextHop("2001:db8::1", 25, False, "u", "p")),
    ],
)
def test_a_next_hop_is_a_url(text, hop):
    assert values.next_hop(text) == hop


def test_a_next_hop_keeps_its_password_to_itself():
    assert "hunter2" not in repr(values.next_hop("smtp://user:hunter2@host"))


def test_a_single_address_is_a_network_of_one():
    assert values.network("10.0.0.5") == ip_network("10.0.0.5/32")


@pytest.mark.parametrize(
    ("text", "pattern"), [("*", "*"), ("*.Example.org", "*.example.org"), ("a.test", "a.test")]
)
def test_a_domain_pattern_covers_one_domain_or_all_below(text, pattern):
    assert values.domain_pattern(text) == pattern


def test_a_public_url_loses_its_final_slash():
    assert values.public_url("https://mail.example.com/") == "https://mail.example.com"


@pytest.mark.parametrize(
    "text", ["a b@example.com", "@example.com", "a@", "a", "a@b@example.com", "a\n@example.com"]
)
def test_a_mailbox_is_a_plain_address(text):
    with pytest.raises(Unfit):
        values.mailbox(text)


@given(st.text())
@pytest.mark.parametrize(
    "parse",
    [
        values.duration,
        values.size,
        values.rate,
        values.network,
        values.domain,
        values.domain_pattern,
        values.mailbox,
        values.listener,
        values.resolver,
        values.public_url,
        values.next_hop,
        values.database_url,
    ],
)
def test_any_text_is_a_value_or_unfit(parse, text):
    for made in (text, f"smtp://{text}", f"https://{text}", f"{text}:25"):
        try:
            parse(made)
        except Unfit as unfit:
            assert "\n" not in str(unfit)  # noqa: PT017 (what is told stands in a line)

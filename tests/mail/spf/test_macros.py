import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.errors import MailError
from gateway.mail.spf.macros import MOST_DOMAIN, parse_domain_spec, parse_explanation, parse_macros

# RFC 7208, section 7.4.
VALUES = {
    "s": "strong-bad@email.example.com",
    "l": "strong-bad",
    "o": "email.example.com",
    "d": "email.example.com",
    "i": "192.0.2.3",
    "p": "mx.example.com",
    "h": "mail.example.com",
    "v": "in-addr",
    "c": "192.0.2.3",
    "r": "us.example.org",
    "t": "1767225600",
}
SIXTH = VALUES | {"i": ".".join("20010DB800000000000000000000CB01"), "v": "ip6"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr}", "strong-bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
        ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
        ("%{S}", "strong-bad%40email.example.com"),
        ("%{L1R-}", "strong"),
        ("a%%b%_c%-d", "a%b c%20d"),
        ("%%%%", "%%"),
        ("", ""),
    ],
)
def test_macros_expand_as_in_the_rfc(text, expanded):
    assert parse_macros(text).expand(VALUES) == expanded


def test_an_ipv6_address_expands_to_its_nibbles():
    spec = parse_domain_spec("%{ir}.%{v}._spf.%{d2}")
    assert spec.expand_domain(SIXTH) == (
        "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf.example.com"
    )


def test_a_long_domain_loses_labels_from_the_left():
    spec = parse_domain_spec("%{l}.example.com")
    long = spec.expand_domain(VALUES | {"l": ".".join(["abcdefghi"] * 40)})
    assert len(long) <= MOST_DOMAIN
    assert long.startswith("abcdefghi.")
    assert long.endswith(".abcdefghi.example.com")


def test_a_domain_ends_without_a_dot():
    assert parse_domain_spec("%{d}.example.").expand_domain(VALUES) == "email.example.com.example"


@pytest.mark.parametrize(
    "text",
    ["%", "a%", "%%%", "%{", "%{}", "%{x}", "%{d0}", "%{d!}", "%(d)", "%{d", "%{c}", "é", "a b"],
)
def test_broken_macros_are_refused(text):
    with pytest.raises(MailError):
        parse_macros(text)


@pytest.mark.parametrize("text", ["", "com", "a.123", "a.-b", "a.b-", "a..", "%{d}com", "%{d}."])
def test_what_ends_with_no_top_label_is_no_domain(text):
    with pytest.raises(MailError):
        parse_domain_spec(text)


@pytest.mark.parametrize("text", ["a.com", "a.com.", "%{d}", "a.b-c", "x%%", "%{d}.1a"])
def test_what_ends_with_a_top_label_or_a_macro_is_a_domain(text):
    parse_domain_spec(text)


def test_an_explanation_may_hold_spaces_and_more_letters():
    text = parse_explanation("%{i} is not one of %{d}'s, says %{r} at %{t}")
    assert text.expand(VALUES) == (
        "192.0.2.3 is not one of email.example.com's, says us.example.org at 1767225600"
    )


def test_a_text_that_grows_without_end_is_refused():
    with pytest.raises(MailError):
        parse_macros("%{s}" * 2000).expand(VALUES)


@given(st.text(alphabet="%{}sldir_-.0123aZé ", max_size=60))
def test_any_text_expands_or_is_refused(text):
    try:
        parsed = parse_explanation(text)
    except MailError:
        return
    assert isinstance(parsed.expand(VALUES), str)

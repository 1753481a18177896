import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.domain_claims import BadClaim, claimed_address, shown_domain
from gateway.rules.names import Names

NAMES = Names(
    "mx.gateway.example",
    "mail.gateway.example",
    "reply.gateway.example",
    "bounce.gateway.example",
    "https://mail.gateway.example",
)
SUFFIXES = {"com", "co.uk", "github.io"}


def claimed(text):
    return claimed_address(text, NAMES, is_public_suffix=SUFFIXES.__contains__)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        pytest.param("invoices@acme.example", "invoices@acme.example", id="as it is"),
        pytest.param(" Invoices@ACME.example. ", "invoices@acme.example", id="any case, final dot"),
        pytest.param("fakturácie@acme.example", None, id="accents before the @"),
        pytest.param("faktury@žltá.example", "faktury@xn--lt-nia93d.example", id="own letters"),
        pytest.param("a@straße.example", "a@xn--strae-oqa.example", id="ß as IDNA 2008 has it"),
        pytest.param("a@billing.acme.co.uk", "a@billing.acme.co.uk", id="below a domain"),
        pytest.param("a@gateway.example", "a@gateway.example", id="above ours: it is somebody's"),
    ],
)
def test_an_address_is_taken_in_the_form_that_dns_has(text, address):
    if address is None:
        with pytest.raises(BadClaim) as refused:
            claimed(text)
        assert refused.value.code == "invalid_address"
    else:
        assert claimed(text) == address


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("acme.example", "invalid_address", id="no @"),
        pytest.param("a@[192.0.2.1]", "invalid_address", id="address literal"),
        pytest.param("a@192.0.2.1", "invalid_domain", id="IP address"),
        pytest.param('"a b"@acme.example', "invalid_address", id="quoted"),
        pytest.param("postmaster@acme.example", "reserved_address", id="postmaster"),
        pytest.param("no-reply@acme.example", "reserved_address", id="takes no answers"),
        pytest.param("a@localhost", "reserved_domain", id="one label"),
        pytest.param("a@acme.local", "reserved_domain", id="mDNS"),
        pytest.param("a@acme.onion", "reserved_domain", id="onion"),
        pytest.param("a@2.0.192.in-addr.arpa", "reserved_domain", id="arpa"),
        pytest.param("a@co.uk", "public_suffix", id="public suffix"),
        pytest.param("a@github.io", "public_suffix", id="private suffix"),
        pytest.param("a@gmail.com", "mail_provider", id="mail provider"),
        pytest.param("a@mail.gateway.example", "own_domain", id="ours"),
        pytest.param("a@x.reply.gateway.example", "own_domain", id="below ours"),
        pytest.param("a@mx.gateway.example", "own_domain", id="our host"),
        pytest.param("a@mail.gatеway.example", "look_alike", id="a Cyrillic letter"),
        pytest.param("a@mall.gateway.example", "look_alike", id="an l for an i"),
        pytest.param("a@acme..example", "invalid_address", id="two dots"),
        pytest.param("a@xn--zz.example", "invalid_domain", id="broken punycode"),
        pytest.param(f"a@{'.'.join(['a' * 60] * 4)}", "invalid_domain", id="too long"),
    ],
)
def test_what_could_never_be_proven_is_refused_with_its_reason(text, code):
    with pytest.raises(BadClaim) as refused:
        claimed(text)
    assert refused.value.code == code
    assert refused.value.detail.endswith(".")


@given(st.text(max_size=80) | st.emails())
def test_whatever_is_written_either_fits_in_dns_or_is_refused(text):
    try:
        address = claimed(text)
    except BadClaim:
        return
    assert address.isascii()
    assert address == address.lower()
    assert claimed(address) == address
    assert len(f"pr1-0123456789abcdef._domainkey.{address.rpartition('@')[2]}") <= 253


def test_people_read_a_domain_in_its_own_letters():
    assert shown_domain("xn--lt-nia93d.example") == "žltá.example"
    assert shown_domain("acme.example") == "acme.example"

"""Which server a domain sends by, read from what DNS says."""

import pytest

from gateway.rules.found_servers import FoundServer, domain_in, named_by, provider_of
from gateway.rules.own_server import Security


@pytest.mark.parametrize(
    ("records", "host"),
    [
        (["20 0 465 late.firma.example", "10 5 465 light.firma.example"], "light.firma.example"),
        (["10 5 465 light.firma.example", "10 50 465 heavy.firma.example"], "heavy.firma.example"),
        (["0 1 465 SMTP.Firma.example."], "smtp.firma.example"),
    ],
)
def test_the_first_priority_and_the_greatest_weight_win(records, host):
    assert named_by(records, Security.TLS) == FoundServer(host, 465, Security.TLS)


@pytest.mark.parametrize(
    "records",
    [
        [],
        ["0 0 0 ."],
        ["0 0 0 "],
        ["nonsense"],
        ["0 0 99999 smtp.firma.example"],
        ["0 0 465 <script>.example"],
        ["-1 0 465 smtp.firma.example"],
    ],
)
def test_a_service_that_is_not_offered_or_not_well_written_is_none(records):
    assert named_by(records, Security.TLS) is None


@pytest.mark.parametrize(
    ("exchange", "host"),
    [
        ("1 aspmx.l.google.com", "smtp.gmail.com"),
        ("0 firma-sk.mail.protection.outlook.com.", "smtp.office365.com"),
        ("10 mx.zoho.eu", "smtp.zoho.eu"),
        ("10 evilgoogle.com", None),
        ("10 google.com.evil.example", None),
        ("10 mx.firma.example", None),
    ],
)
def test_a_provider_is_known_by_the_end_of_its_names(exchange, host):
    found = provider_of([exchange])
    assert (found.host if found else None) == host


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("jana@Firma.example", "firma.example"),
        ("jana@firma.example.", "firma.example"),
        ("jana", ""),
        ("jana@localhost", ""),
        ("jana@firma..example", ""),
        ("jana@" + "x" * 64 + ".example", ""),
        ("jana@firma example.com", ""),
        ("jana@[192.0.2.1]", ""),
        ("@", ""),
    ],
)
def test_a_domain_that_dns_could_not_know_is_not_asked_about(address, domain):
    assert domain_in(address) == domain

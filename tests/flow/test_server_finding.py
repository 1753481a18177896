"""A mail server is found by the domain: what the domain says first, then what is known."""

import asyncio

import pytest

from gateway.flow.server_finding import find_server
from gateway.ports.relay import DnsFault
from gateway.rules.found_servers import FoundServer
from gateway.rules.own_server import Security
from tests.fakes import FakeRecords

SRV = {("_submissions._tcp.firma.example", "SRV"): ["0 1 465 s.firma.example"]}
OLD = {("_submission._tcp.firma.example", "SRV"): ["0 1 587 o.firma.example"]}
MX = {("firma.example", "MX"): ["1 aspmx.l.google.com"]}
HOSTS = {("mail.firma.example", "A"): ["192.0.2.1"]}


@pytest.mark.parametrize(
    ("zone", "found"),
    [
        (SRV | OLD | MX | HOSTS, FoundServer("s.firma.example", 465, Security.TLS)),
        (OLD | MX | HOSTS, FoundServer("o.firma.example", 587, Security.STARTTLS)),
        (MX | HOSTS, FoundServer("smtp.gmail.com", 587, Security.STARTTLS)),
        (HOSTS, FoundServer("mail.firma.example", 587, Security.STARTTLS)),
        ({"_submissions._tcp.firma.example": DnsFault("slow")} | OLD,
         FoundServer("o.firma.example", 587, Security.STARTTLS)),
        ({}, None),
    ],
    ids=["SRV with TLS", "SRV", "provider", "usual name", "one question fails", "nothing"],
)  # fmt: skip
def test_the_surest_word_wins(zone, found):
    assert asyncio.run(find_server(FakeRecords(zone), "jana@firma.example")) == found


def test_without_a_domain_nobody_is_asked():
    dns = FakeRecords()
    assert asyncio.run(find_server(dns, "jana")) is None
    assert dns.asked == []

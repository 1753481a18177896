from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.runtime.egress import Egress

PUBLIC = ["8.8.8.8", "1.1.1.1", "193.0.6.139", "2a00:1450:4001:81b::200e", "2001:4860:4860::8888"]

DENIED = {
    "this network": ["0.0.0.0", "0.1.2.3"],
    "loopback": ["127.0.0.1", "127.255.255.254"],
    "private": ["10.66.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd00::1", "fec0::1"],
    "shared by a carrier's customers": ["100.64.0.1"],
    "link-local": ["169.254.169.254", "fe80::1", "fe80::1%eth0"],
    "for protocols": ["192.0.0.8", "2001::1", "2001:0:7f00:1::", "2001:20::1"],
    "for documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "for benchmarks": ["198.18.0.1"],
    "a relay of 6to4": ["192.88.99.1"],
    "6to4": ["2002:7f00:1::", "2002:808:808::"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1"],
    "an embedded IPv4 address": ["::7f00:1", "::1", "::", "::ffff:0:7f00:1"],
    "to be discarded": ["100::1"],
    "for segment routing": ["5f00::1"],
    "multicast": ["224.0.0.1", "ff02::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "4000::1", "200::1", "8000::1"],
    "not an address": ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "localhost", "", "①②⑦.⓪.⓪.①"],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_used(address):
    assert Egress().refusal(address) is None


@pytest.mark.parametrize(
    ("reason", "address"),
    [(reason, address) for reason, addresses in DENIED.items() for address in addresses],
)
def test_a99_a100_other_addresses_are_refused(reason, address):
    refusal = Egress().refusal(address)
    assert refusal is not None
    if address not in {"::1", "::"}:
        assert refusal == reason


@pytest.mark.parametrize(
    "address", ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0.0.0.0"]
)
def test_a100_a_mapped_address_is_judged_as_the_one_it_means(address):
    assert Egress().refusal(address) == Egress().refusal(address.removeprefix("::ffff:"))


def test_a_mapped_public_address_may_be_used():
    assert Egress().refusal("::ffff:8.8.8.8") is None


def test_allowed_networks_may_be_used_and_no_others():
    egress = Egress([ip_network("127.0.0.0/8"), ip_network("fd00::/64")])
    asked = ["127.0.0.1", "::ffff:127.0.0.2", "10.0.0.1", "fd00::1", "fd00:0:0:1::1", "::1"]
    assert egress.permitted(asked) == ["127.0.0.1", "::ffff:127.0.0.2", "fd00::1"]


def test_our_own_address_is_refused():
    egress = Egress(own=["8.8.8.8", "2a00:1450::1"])
    assert egress.refusal("8.8.8.8") == "this gateway itself"
    assert egress.refusal("2a00:1450::1") == "this gateway itself"
    assert egress.refusal("8.8.4.4") is None


@given(st.ip_addresses())
def test_what_python_takes_for_private_is_never_permitted(address):
    if not address.is_global or address.is_multicast:
        assert Egress().refusal(str(address)) is not None


@given(st.ip_addresses(v=4))
def test_a100_no_wrapping_in_ipv6_makes_an_ipv4_address_public(address):
    if Egress().refusal(str(address)) is not None:
        wrapped = [f"::ffff:{address}", f"::{address}", f"64:ff9b::{address}"]
        assert Egress().permitted(wrapped) == []


@given(st.text(max_size=50))
def test_any_text_is_judged(text):
    assert Egress().refusal(text) is None or isinstance(Egress().refusal(text), str)

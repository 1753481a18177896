import pytest

from gateway.mail.dane import Tlsa
from gateway.ports.relay import DnsFault, Mx, NoAnswer, NoSuchDomain
from gateway.smtp.resolver import DnsResolver
from tests.smtp.fakedns import GARBLED, SILENT, FakeDns
from tests.smtp.loops import in_loop

ZONE = {
    ("example.org", "MX"): ["10 mx1.Example.org.", "20 mx2.example.org."],
    ("null.test", "MX"): ["0 ."],
    ("mx1.example.org", "A"): ["192.0.2.1", "192.0.2.2"],
    ("mx1.example.org", "AAAA"): ["2001:db8::1"],
    ("four.test", "A"): ["192.0.2.4"],
    ("1.2.0.192.in-addr.arpa", "PTR"): ["Mail.Example.org.", "other.test."],
    ("text.test", "TXT"): ['"v=DKIM1; " "p=AB"', '"other"'],
    ("xn--bcher-kva.test", "MX"): ["5 mx.test."],
    "servfail.test": "SERVFAIL",
    "refused.test": "REFUSED",
    "silent.test": SILENT,
    "garbled.test": GARBLED,
}


def resolver_of(dns, timeout=0.5):
    return DnsResolver([dns.server], timeout=timeout)


@in_loop
async def test_mx_records_are_read():
    async with FakeDns(ZONE).running() as dns:
        found = await resolver_of(dns).mx("Example.ORG")
    assert set(found) == {Mx(10, "mx1.example.org"), Mx(20, "mx2.example.org")}


@in_loop
async def test_a_null_mx_has_no_host():
    async with FakeDns(ZONE).running() as dns:
        assert await resolver_of(dns).mx("null.test") == [Mx(0, "")]


@in_loop
async def test_a26_an_international_domain_is_asked_for_in_a_labels():
    async with FakeDns(ZONE).running() as dns:
        assert await resolver_of(dns).mx("b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.test") == [
            Mx(5, "mx.test")
        ]


@in_loop
async def test_addresses_of_both_kinds_come_with_ipv4_first():
    async with FakeDns(ZONE).running() as dns:
        found = await resolver_of(dns).addresses("mx1.example.org")
    assert set(found[:2]) == {"192.0.2.1", "192.0.2.2"}
    assert found[2:] == ["2001:db8::1"]


@in_loop
async def test_one_kind_of_address_does():
    async with FakeDns(ZONE).running() as dns:
        assert await resolver_of(dns).addresses("four.test") == ["192.0.2.4"]


@pytest.mark.parametrize("literal", ["192.0.2.9", "2001:db8::9"])
@in_loop
async def test_a_literal_stands_for_itself(literal):
    async with FakeDns({}).running() as dns:
        assert await resolver_of(dns).addresses(literal) == [literal]
        assert dns.asked == []


@in_loop
async def test_strings_of_a_txt_record_are_joined():
    async with FakeDns(ZONE).running() as dns:
        assert set(await resolver_of(dns).txt("text.test")) == {"v=DKIM1; p=AB", "other"}


@pytest.mark.parametrize(
    ("name", "error"),
    [
        pytest.param("missing.test", NoSuchDomain, id="NXDOMAIN"),
        pytest.param("four.test", NoAnswer, id="no data"),
        pytest.param("servfail.test", DnsFault, id="SERVFAIL"),
        pytest.param("refused.test", DnsFault, id="REFUSED"),
        pytest.param("silent.test", DnsFault, id="time-out"),
        pytest.param("garbled.test", DnsFault, id="nonsense"),
        pytest.param("a..b", NoSuchDomain, id="empty label"),
        pytest.param("x" * 64 + ".test", NoSuchDomain, id="long label"),
        pytest.param("x." * 200 + "test", NoSuchDomain, id="long name"),
        pytest.param("\\300.test", NoSuchDomain, id="broken escape"),
    ],
)
@in_loop
async def test_no_answer_is_told_apart_from_no_domain(name, error):
    async with FakeDns(ZONE).running() as dns:
        with pytest.raises(error):
            await resolver_of(dns, timeout=0.2).mx(name)


@pytest.mark.parametrize(
    ("name", "error"),
    [("missing.test", NoSuchDomain), ("text.test", NoAnswer), ("servfail.test", DnsFault)],
)
@in_loop
async def test_a_host_without_addresses_says_why(name, error):
    async with FakeDns(ZONE).running() as dns:
        with pytest.raises(error):
            await resolver_of(dns).addresses(name)


@in_loop
async def test_a_truncated_answer_is_asked_for_again_by_tcp():
    async with FakeDns(ZONE, truncate=True).running() as dns:
        assert len(await resolver_of(dns).mx("example.org")) == 2
        assert dns.over_tcp == 1


@in_loop
async def test_answers_are_kept():
    async with FakeDns(ZONE).running() as dns:
        resolver = resolver_of(dns)
        for _ in range(3):
            await resolver.mx("example.org")
        assert len(dns.asked) == 1


@in_loop
async def test_a_negative_answer_is_kept_as_long_as_it_says():
    async with FakeDns(ZONE).running() as dns:
        resolver = resolver_of(dns)
        for _ in range(3):
            with pytest.raises(NoSuchDomain):
                await resolver.mx("missing.test")
        assert len(dns.asked) == 1


@in_loop
async def test_a_negative_answer_that_names_no_time_is_not_kept():
    async with FakeDns(ZONE, soa=False).running() as dns:
        resolver = resolver_of(dns)
        for name, error in [("missing.test", NoSuchDomain), ("four.test", NoAnswer)] * 2:
            with pytest.raises(error):
                await resolver.mx(name)
        assert len(dns.asked) == 4


@in_loop
async def test_a_domain_that_appears_is_found_once_dns_answers_again():
    async with FakeDns(dict(ZONE)).running() as dns:
        resolver = resolver_of(dns)
        with pytest.raises(DnsFault):
            await resolver.mx("servfail.test")
        del dns.zone["servfail.test"]
        dns.zone["servfail.test", "MX"] = ["1 mx.test."]
        assert await resolver.mx("servfail.test") == [Mx(1, "mx.test")]


@in_loop
async def test_the_second_server_is_asked_where_the_first_refuses():
    async with FakeDns({"example.org": "REFUSED"}).running() as one, FakeDns(ZONE).running() as two:
        resolver = DnsResolver([one.server, two.server], timeout=1)
        assert len(await resolver.mx("example.org")) == 2


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "mail.localhost"])
@in_loop
async def test_localhost_needs_no_dns(host):
    async with FakeDns({}).running() as dns:
        assert await resolver_of(dns).configured_addresses(host) == ("127.0.0.1", "::1")
        assert dns.asked == []


@in_loop
async def test_a_configured_name_is_looked_up_in_dns():
    async with FakeDns(ZONE).running() as dns:
        assert await resolver_of(dns).configured_addresses("four.test") == ["192.0.2.4"]


@in_loop
async def test_a_configured_name_that_nobody_knows_is_told():
    async with FakeDns(ZONE).running() as dns:
        with pytest.raises(NoSuchDomain):
            await resolver_of(dns).configured_addresses("missing.invalid")


def test_a_resolver_is_made_without_servers_of_its_own():
    assert DnsResolver(timeout=0.1) is not None


@in_loop
async def test_each_kind_of_address_is_asked_for_alone():
    async with FakeDns(ZONE).running() as dns:
        resolver = resolver_of(dns)
        assert await resolver.ipv6("mx1.example.org") == ["2001:db8::1"]
        assert set(await resolver.ipv4("mx1.example.org")) == {"192.0.2.1", "192.0.2.2"}
        with pytest.raises(NoAnswer):
            await resolver.ipv6("four.test")


@in_loop
async def test_the_names_of_an_address_are_asked_for_in_its_reverse_zone():
    async with FakeDns(ZONE).running() as dns:
        resolver = resolver_of(dns)
        assert set(await resolver.ptr("192.0.2.1")) == {"mail.example.org", "other.test"}
        with pytest.raises(NoSuchDomain):
            await resolver.ptr("2001:db8::1")


SIGNED = {
    ("mx.test", "A"): ["192.0.2.1"],
    ("_25._tcp.mx.test", "TLSA"): ["3 1 1 " + 64 * "A"],
    ("six.test", "AAAA"): ["2001:db8::1"],
    ("_25._tcp.six.test", "TLSA"): ["2 0 1 " + 64 * "B"],
    ("alias.test", "CNAME"): ["mx.test."],
    ("bare.test", "A"): ["192.0.2.1"],
    ("broken.test", "A"): ["192.0.2.1"],
    "_25._tcp.broken.test": "SERVFAIL",
    ("example.org", "MX"): ["10 mx.test."],
}
ALL_SIGNED = {name if isinstance(name, str) else name[0] for name in SIGNED}


@pytest.mark.parametrize(
    ("host", "records"),
    [
        ("mx.test", [Tlsa(3, 1, 1, bytes.fromhex(64 * "A"))]),
        ("six.test", [Tlsa(2, 0, 1, bytes.fromhex(64 * "B"))]),
        ("alias.test", [Tlsa(3, 1, 1, bytes.fromhex(64 * "A"))]),
        ("bare.test", []),
        ("none.test", []),
        ("192.0.2.1", []),
    ],
)
@in_loop
async def test_tlsa_records_are_found(host, records):
    async with FakeDns(SIGNED, signed=ALL_SIGNED).running() as dns:
        assert list(await resolver_of(dns).tlsa(host, 25)) == records


@pytest.mark.parametrize("signed", [(), {"mx.test"}, {"_25._tcp.mx.test"}])
@in_loop
async def test_tlsa_records_that_dnssec_does_not_vouch_for_count_for_nothing(signed):
    async with FakeDns(SIGNED, signed=signed).running() as dns:
        assert list(await resolver_of(dns).tlsa("mx.test", 25)) == []
        if "mx.test" not in signed:
            assert ("_25._tcp.mx.test", "TLSA") not in dns.asked  # unsigned servers fail at it


@in_loop
async def test_tlsa_records_that_dns_does_not_answer_about_are_a_fault():
    async with FakeDns(SIGNED, signed=ALL_SIGNED).running() as dns:
        with pytest.raises(DnsFault):
            await resolver_of(dns).tlsa("broken.test", 25)


@in_loop
async def test_a_broken_server_of_an_unsigned_zone_is_not_asked_further():
    zone = {("mx.test", "A"): ["192.0.2.1"]}
    async with FakeDns(zone).running() as dns:
        assert await resolver_of(dns).tlsa("mx.test", 25) == ()
        assert dns.asked == [("mx.test", "A")]


@in_loop
async def test_an_mx_says_whether_dnssec_vouches_for_it():
    for signed in ((), {"example.org"}):
        async with FakeDns(SIGNED, signed=signed).running() as dns:
            (mx,) = await resolver_of(dns).mx("example.org")
            assert mx.is_secure == bool(signed)


@pytest.mark.parametrize(
    ("server", "is_trusted", "counts"),
    [("127.0.0.1", False, True), ("192.0.2.53", False, False), ("192.0.2.53", True, True)],
)
def test_the_word_for_dnssec_counts_from_this_machine_or_where_the_admin_says_so(
    server, is_trusted, counts
):
    resolver = DnsResolver([(server, 53)], timeout=0.1, is_trusted=is_trusted)
    assert resolver.trusts_dnssec is counts

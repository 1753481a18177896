import asyncio
from datetime import UTC, datetime

import pytest

from gateway.mail.spf.record import SpfResult
from gateway.verify.spf import SpfCheck, SpfOutcome, check_spf
from tests.verify.zone import TIMEOUT, Zone, reverse_name

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def txt(*texts):
    return {"TXT": list(texts)}


def spf(
    table,
    *,
    address="192.0.2.1",
    helo="mail.client.example",
    sender="jana@client.example",
    zone=None,
):
    check = SpfCheck(address, helo, sender, "mx.example.com", NOW)
    return asyncio.run(check_spf(zone or Zone(table), check))


def result(record, more=(), **given):
    return spf({"client.example": txt(record), **dict(more)}, **given).result


def test_the_reverse_paths_domain_is_checked():
    table = {"client.example": txt("v=spf1 ip4:192.0.2.1 -all")}
    assert spf(table) == SpfOutcome(SpfResult.PASS, "client.example")
    assert spf(table, address="192.0.2.2") == SpfOutcome(SpfResult.FAIL, "client.example")


def test_without_a_reverse_path_the_name_of_helo_is_checked():
    table = {"mail.client.example": txt("v=spf1 exists:%{l}.%{d} -all")}
    table["postmaster.mail.client.example"] = {"A": ["127.0.0.2"]}
    found = spf(table, sender="")
    assert found == SpfOutcome(SpfResult.PASS, "mail.client.example")


def test_a_domain_in_u_labels_is_asked_for_in_a_labels():
    table = {"xn--bcher-kva.example": txt("v=spf1 +all")}
    found = spf(table, sender="a@b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example")
    assert found == SpfOutcome(SpfResult.PASS, "xn--bcher-kva.example")


@pytest.mark.parametrize(
    "helo", ["localhost", "[192.0.2.1]", "a..example", f"{'a' * 64}.example", "", "x." * 130]
)
def test_what_is_no_domain_has_no_result(helo):
    assert spf({}, helo=helo, sender="").result == SpfResult.NONE


def test_an_ipv4_address_within_ipv6_is_an_ipv4_address():
    assert result("v=spf1 ip4:192.0.2.0/24 -all", address="::ffff:192.0.2.9") == SpfResult.PASS


def test_an_ipv6_client_is_looked_for_among_aaaa_records_alone():
    zone = Zone(
        {
            "client.example": txt("v=spf1 a:h.example//32 -all"),
            "h.example": {"AAAA": ["2001:db8::1"], "A": ["192.0.2.1"]},
        }
    )
    assert spf({}, zone=zone, address="2001:db8:ff::1").result == SpfResult.PASS
    assert ("h.example", "A") not in zone.asked


def test_a47_ten_terms_may_ask_dns_and_the_eleventh_is_one_too_many():
    hosts = {f"h{n}.example": {"A": ["198.51.100.1"]} for n in range(11)}
    ten = " ".join(f"a:h{n}.example" for n in range(10))
    assert result(f"v=spf1 {ten} ip4:192.0.2.1 -all", hosts) == SpfResult.PASS
    assert result(f"v=spf1 {ten} a:h10.example ip4:192.0.2.1", hosts) == SpfResult.PERMERROR


def test_includes_count_with_the_terms_in_them():
    nested = {
        f"i{n}.example": txt(f"v=spf1 a:h.example include:i{n + 1}.example") for n in range(6)
    }
    nested["h.example"] = {"A": ["198.51.100.1"]}
    assert result("v=spf1 include:i0.example", nested) == SpfResult.PERMERROR


def test_a47_a_record_that_leads_to_itself_ends():
    assert result("v=spf1 include:client.example") == SpfResult.PERMERROR
    assert result("v=spf1 redirect=client.example") == SpfResult.PERMERROR


def test_a47_two_look_ups_may_be_in_vain_and_the_third_is_one_too_many():
    two = "v=spf1 a:no1.example mx:no2.example"
    assert result(f"{two} ip4:192.0.2.1 -all") == SpfResult.PASS
    assert result(f"{two} exists:no3.example ip4:192.0.2.1 -all") == SpfResult.PERMERROR


def test_a_term_in_vain_within_an_include_counts_once():
    more = {"i.example": txt("v=spf1 ip4:198.51.100.9 a:no1.example")}
    record = "v=spf1 include:i.example a:no2.example ip4:192.0.2.1 -all"
    assert result(record, more) == SpfResult.PASS


def test_more_than_ten_mx_records_are_too_many():
    hosts = {f"h{n}.example": {"A": ["192.0.2.1"]} for n in range(11)}
    hosts["many.example"] = {"MX": [(n, f"h{n}.example") for n in range(11)]}
    assert result("v=spf1 mx:many.example -all", hosts) == SpfResult.PERMERROR


def test_a_null_mx_matches_nothing():
    assert result(
        "v=spf1 mx -all", {"client.example": txt("v=spf1 mx -all") | {"MX": [(0, ".")]}}
    ) == (SpfResult.FAIL)


def test_of_many_names_of_a_client_ten_are_looked_at():
    names = [f"h{n}.client.example" for n in range(11)]
    more = {name: {"A": ["203.0.113.1"]} for name in names}
    more[names[10]] = {"A": ["192.0.2.1"]}
    more[reverse_name("192.0.2.1")] = {"PTR": names}
    assert result("v=spf1 ptr -all", more) == SpfResult.FAIL
    more[reverse_name("192.0.2.1")] = {"PTR": names[::-1]}
    assert result("v=spf1 ptr -all", more) == SpfResult.PASS


def test_names_whose_look_up_fails_are_passed_over():
    more = {
        reverse_name("192.0.2.1"): {"PTR": ["bad.client.example", "good.client.example"]},
        "bad.client.example": TIMEOUT,
        "good.client.example": {"A": ["192.0.2.1"]},
    }
    assert result("v=spf1 ptr -all", more) == SpfResult.PASS


def test_no_answer_is_a_temporary_error():
    assert spf({"client.example": TIMEOUT}).result == SpfResult.TEMPERROR
    assert result("v=spf1 a:h.example -all", {"h.example": TIMEOUT}) == SpfResult.TEMPERROR
    assert result("v=spf1 include:h.example", {"h.example": TIMEOUT}) == SpfResult.TEMPERROR


def test_no_answer_after_a_match_does_not_matter():
    more = {"h.example": TIMEOUT}
    assert result("v=spf1 ip4:192.0.2.1 a:h.example", more) == SpfResult.PASS


def test_a_fail_is_explained_in_the_words_of_the_domain():
    table = {
        "client.example": txt("v=spf1 -all exp=why.client.example"),
        "why.client.example": txt("%{c} is none of %{d}'s: %{p}"),
    }
    assert spf(table).explanation == "192.0.2.1 is none of client.example's: unknown"


def test_the_name_of_a_client_is_the_domain_itself_before_others():
    table = {
        "client.example": txt("v=spf1 -all exp=why.client.example") | {"A": ["192.0.2.1"]},
        "why.client.example": txt("%{p}"),
        "other.example": {"A": ["192.0.2.1"]},
        "in.client.example": {"A": ["192.0.2.1"]},
        reverse_name("192.0.2.1"): {
            "PTR": ["other.example", "in.client.example", "Client.example"]
        },
    }
    assert spf(table).explanation == "client.example"
    table[reverse_name("192.0.2.1")]["PTR"].pop()
    assert spf(table).explanation == "in.client.example"

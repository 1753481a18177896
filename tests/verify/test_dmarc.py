import asyncio

from gateway.mail.dmarc import Policy
from gateway.verify.dmarc import DmarcOutcome, DmarcResult, check_dmarc
from tests.verify.zone import TIMEOUT, Zone


def dmarc(table, author="client.example", *, dkim=(), spf=None, zone=None):
    zone = zone or Zone({name: {"TXT": [text]} for name, text in table.items()})
    return asyncio.run(check_dmarc(zone, author, dkim=dkim, spf=spf))


RELAXED = {"_dmarc.client.example": "v=DMARC1; p=reject"}
STRICT = {"_dmarc.client.example": "v=DMARC1; p=reject; adkim=s; aspf=s"}


def test_a_signature_of_the_organization_is_aligned():
    assert dmarc(RELAXED, "news.client.example", dkim=["other.example", "mail.client.example"]) == (
        DmarcOutcome(DmarcResult.PASS, Policy.REJECT, "client.example", dkim=True)
    )


def test_strictly_the_very_domain_has_to_sign_or_send():
    found = dmarc(STRICT, dkim=["mail.client.example"], spf="bounce.client.example")
    assert found == DmarcOutcome(DmarcResult.FAIL, Policy.REJECT, "client.example")
    assert dmarc(STRICT, spf="Client.Example.").result is DmarcResult.PASS


def test_a_neighbour_below_a_public_suffix_is_a_stranger():
    table = {"_dmarc.bank": "v=DMARC1; p=reject; psd=y"}
    found = dmarc(table, "giant.bank", dkim=["mega.bank"], spf="bank")
    assert found == DmarcOutcome(DmarcResult.FAIL, Policy.REJECT, "giant.bank")


def test_without_a_policy_the_very_domain_still_vouches():
    found = dmarc({}, dkim=["client.example"])
    assert found == DmarcOutcome(DmarcResult.NONE, None, "client.example", dkim=True)
    assert not dmarc({}, dkim=["mail.client.example"]).aligned


def test_a_domain_that_only_ends_alike_is_a_stranger():
    assert dmarc(RELAXED, dkim=["evilclient.example"]).result is DmarcResult.FAIL


def test_no_answer_is_a_temporary_error():
    zone = Zone({"_dmarc.client.example": TIMEOUT})
    assert dmarc({}, zone=zone).result is DmarcResult.TEMPERROR


def test_each_name_is_asked_once():
    zone = Zone({"_dmarc.client.example": {"TXT": ["v=DMARC1; p=none"]}})
    domains = [f"s{n}.client.example" for n in range(3)]
    dmarc({}, zone=zone, dkim=[], spf=domains[0])
    dmarc({}, zone=zone)
    zone.asked.clear()
    asyncio.run(check_dmarc(zone, "a.client.example", dkim=["x.other.example"], spf=domains[1]))
    assert len(zone.asked) == len(set(zone.asked))

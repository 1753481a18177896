"""Companies' claims to sender domains, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.rules.dns_verdicts import Published, Verdict
from gateway.rules.sender_domains import OwnSender, SenderDomain, Standing, records
from tests.store.make import ACME, BOLT, HOUR, NINE, tenant

CLAIM = SenderDomain(ACME, "invoices@acme.example", "a" * 16, NINE, NINE)


@pytest.fixture
def kept(store):
    def put(work):
        work.tenants.add(tenant())
        work.tenants.add(tenant(BOLT, "bolt"))
        work.sender_domains.put(CLAIM, NINE + HOUR)

    store.write(put)
    return store


def of(store, tenant_id=ACME):
    return store.read(lambda work: work.sender_domains.get(tenant_id))


def checked(store, claim, was, at=NINE + 2 * HOUR):
    return store.write(lambda work: work.sender_domains.checked(claim, was, at))


def verified(claim=CLAIM):
    found = tuple(
        Verdict(one, Published.OK, (one.value,)) for one in records("acme.example", "a" * 16, "x")
    )
    return replace(
        claim,
        standing=Standing.VERIFIED,
        since=NINE + HOUR,
        verified_at=NINE + HOUR,
        checked_at=NINE + HOUR,
        verdicts=found,
    )


def test_a_claim_comes_back_as_it_was_kept(kept):
    assert of(kept) == CLAIM
    assert of(kept, BOLT) is None
    assert checked(kept, verified(), Standing.PENDING)
    assert of(kept) == verified()


def test_a_check_of_a_claim_that_changed_meanwhile_is_not_kept(kept):
    assert not checked(kept, verified(), Standing.FAILED)
    assert not checked(kept, verified(replace(CLAIM, token="b" * 16)), Standing.PENDING)
    assert not checked(kept, verified(replace(CLAIM, address="x@acme.example")), Standing.PENDING)
    assert of(kept) == CLAIM


def test_a_company_bears_its_address_while_that_is_proven(kept):
    def own():
        return kept.read(lambda work: work.tenants.get(ACME).own_sender)

    assert own() is None
    checked(kept, verified(), Standing.PENDING)
    assert own() == OwnSender("invoices@acme.example", "a" * 16)
    assert kept.read(lambda work: work.tenants.by_slug("acme").own_sender) == own()
    assert kept.read(lambda work: [one.own_sender for one in work.tenants.all()]) == [own(), None]
    checked(kept, replace(verified(), standing=Standing.FAILED), Standing.VERIFIED)
    assert own() is None


def test_what_is_due_is_taken_by_one(kept):
    def take(now):
        until = now + timedelta(minutes=3)
        return kept.write(lambda work: work.sender_domains.take_due(now, until, 10))

    assert take(NINE) == []
    assert take(NINE + HOUR) == [CLAIM]
    assert take(NINE + HOUR) == []
    assert take(NINE + HOUR + timedelta(minutes=3)) == [CLAIM]


def test_two_companies_may_claim_one_domain_and_one_may_give_it_up(kept):
    other = replace(CLAIM, tenant_id=BOLT, token="b" * 16)
    kept.write(lambda work: work.sender_domains.put(other, NINE))
    assert kept.write(lambda work: work.sender_domains.remove(ACME))
    assert not kept.write(lambda work: work.sender_domains.remove(ACME))
    assert (of(kept), of(kept, BOLT)) == (None, other)

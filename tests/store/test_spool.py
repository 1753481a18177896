from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.mail.envelope import Envelope, Recipient
from gateway.ports.lists import Stale
from tests.store import make
from tests.store.make import DAY, NINE, inbound, kept, lease

AGAIN = NINE - 7 * DAY


def add(item, content=None, again_since=AGAIN):
    return lambda work: work.spool.add(item, content or kept(), again_since=again_since)


def test_added_mail_comes_back_as_it_was(store):
    item = inbound(
        envelope=Envelope(
            "",
            (Recipient("a@x.test", ("FAILURE", "DELAY"), "rfc822;a@x.test"), Recipient("é@x.test")),
            ret="HDRS",
            envid="e\0\udc80",
            smtputf8=True,
        )
    )
    assert store.write(add(item)) == "msg_1"
    assert store.read(lambda work: work.spool.get("msg_1")) == item
    assert store.read(lambda work: work.contents.get(make.ACME, kept().sha256)) == kept()
    assert store.read(lambda work: work.spool.get("msg_2")) is None


def test_the_same_mail_again_gets_the_first_id(store):
    first, second = inbound("msg_1", dedupe="aa"), inbound("msg_2", dedupe="aa")
    store.write(add(first))
    assert store.write(add(second)) == "msg_1"
    assert store.read(lambda work: work.spool.get("msg_2")) is None
    assert store.read(lambda work: work.spool.waiting()) == 1


def test_the_same_mail_of_another_company_is_another_mail(store):
    store.write(add(inbound("msg_1", dedupe="aa")))
    other = kept(tenant_id=make.BOLT)
    assert store.write(add(inbound("msg_2", other, dedupe="aa"), other)) == "msg_2"


def test_the_same_mail_after_a_week_is_new_mail(store):
    store.write(add(inbound("msg_1", dedupe="aa")))
    later = inbound("msg_2", dedupe="aa", received_at=NINE + 8 * DAY)
    assert store.write(add(later, again_since=NINE + DAY)) == "msg_2"
    assert store.write(add(replace(later, id="msg_3"), again_since=NINE + DAY)) == "msg_2"


def test_claims_give_the_oldest_first_and_nothing_twice(store):
    for number in range(5):
        store.write(add(inbound(f"msg_{number}")))
    first = store.write(lambda work: work.spool.claim(lease(), 3))
    second = store.write(lambda work: work.spool.claim(lease("two"), 3))
    assert [(item.id, item.fence) for item in (*first, *second)] == [
        (f"msg_{number}", 1) for number in range(5)
    ]


def test_finished_mail_waits_no_more(store):
    store.write(add(inbound()))
    (item,) = store.write(lambda work: work.spool.claim(lease(), 9))
    assert store.read(lambda work: work.spool.oldest()) == NINE
    store.write(lambda work: work.spool.finish(item.id, item.fence))
    assert store.read(lambda work: (work.spool.waiting(), work.spool.oldest())) == (0, None)
    assert store.read(lambda work: work.spool.get(item.id)) == replace(item, fence=1)


def test_finishing_twice_is_stale(store):
    store.write(add(inbound()))
    (item,) = store.write(lambda work: work.spool.claim(lease(), 9))
    store.write(lambda work: work.spool.finish(item.id, item.fence))
    with pytest.raises(Stale):
        store.write(lambda work: work.spool.finish(item.id, item.fence))


def test_a_lease_that_ran_out_goes_to_the_next_owner_and_the_first_is_stale(store):
    store.write(add(inbound()))
    (first,) = store.write(lambda work: work.spool.claim(lease("one", milliseconds=0), 9))
    (second,) = store.write(lambda work: work.spool.claim(lease("two"), 9))
    assert (first.fence, second.fence) == (1, 2)
    with pytest.raises(Stale):
        store.write(lambda work: work.spool.finish(first.id, first.fence))
    store.write(lambda work: work.spool.finish(second.id, second.fence))


def test_a_renewed_lease_stays_with_its_owner(store):
    store.write(add(inbound()))
    (item,) = store.write(lambda work: work.spool.claim(lease("one", milliseconds=0), 9))
    store.write(lambda work: work.spool.renew([item.id], lease("one")))
    assert store.write(lambda work: work.spool.claim(lease("two"), 9)) == []


def test_only_the_owner_renews(store):
    store.write(add(inbound()))
    (item,) = store.write(lambda work: work.spool.claim(lease("one", milliseconds=0), 9))
    store.write(lambda work: work.spool.renew([item.id], lease("two")))
    assert len(store.write(lambda work: work.spool.claim(lease("two"), 9))) == 1


def test_mail_that_was_put_back_waits_and_counts_its_crashes(store):
    store.write(add(inbound()))

    def claim_and_put_back(wait, crashed):
        (item,) = store.write(lambda work: work.spool.claim(lease(), 9))
        store.write(
            lambda work: work.spool.put_back(item.id, item.fence, wait=wait, crashed=crashed)
        )

    claim_and_put_back(timedelta(0), crashed=True)
    claim_and_put_back(timedelta(0), crashed=False)
    claim_and_put_back(timedelta(minutes=5), crashed=True)
    assert store.write(lambda work: work.spool.claim(lease(), 9)) == []
    assert store.read(lambda work: work.spool.get("msg_1").crashes) == 2
    assert store.read(lambda work: work.spool.waiting()) == 1


def test_putting_back_what_another_owner_has_is_stale(store):
    store.write(add(inbound()))
    (item,) = store.write(lambda work: work.spool.claim(lease("one", milliseconds=0), 9))
    store.write(lambda work: work.spool.claim(lease("two"), 9))
    with pytest.raises(Stale):
        store.write(
            lambda work: work.spool.put_back(item.id, item.fence, wait=timedelta(0), crashed=True)
        )


def test_added_mail_wakes_who_waits_for_the_spool(store):
    before = store.run(store.store.wait("spool", -1, 0))
    store.write(add(inbound()))
    assert store.run(store.store.wait("spool", before, 5)) > before


def test_what_is_finished_may_wait_for_its_senders_verification(store):
    for number in (1, 2):
        store.write(add(inbound(f"msg_{number}", dedupe=str(number))))
    first, second = store.write(lambda work: work.spool.claim(lease(), 9))
    store.write(lambda work: work.spool.finish(first.id, first.fence))
    store.write(lambda work: work.spool.finish(second.id, second.fence, verify=True))
    assert store.read(lambda work: work.spool.waiting()) == 0
    claim = timedelta(minutes=1)
    (found,) = store.write(lambda work: work.spool.claim_to_verify(claim, 9))
    assert found == second
    assert store.write(lambda work: work.spool.claim_to_verify(claim, 9)) == []


def test_a_verification_comes_again_when_told_so_and_is_over_once_done(store):
    store.write(add(inbound()))
    (item,) = store.write(lambda work: work.spool.claim(lease(), 9))
    store.write(lambda work: work.spool.finish(item.id, item.fence, verify=True))
    none = timedelta(0)
    for _ in range(2):
        (found,) = store.write(lambda work: work.spool.claim_to_verify(none, 9))
        store.write(lambda work, id_=found.id: work.spool.verified(id_, again_in=none))
    store.write(lambda work: work.spool.verified(item.id))
    assert store.write(lambda work: work.spool.claim_to_verify(none, 9)) == []
    store.write(lambda work: work.spool.verified(item.id, again_in=none))
    assert store.write(lambda work: work.spool.claim_to_verify(none, 9)) == []

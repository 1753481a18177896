from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.mail.mailbox import Mailbox
from gateway.ports.lists import Page, Stale
from gateway.ports.queues import Rooms
from gateway.rules.model import Attempt, Reason
from tests.store import make
from tests.store.make import (
    ACME,
    BOLT,
    DAY,
    HOUR,
    NINE,
    add_conversation,
    add_deliveries,
    delivery,
    kept,
    lease,
    tenant,
)

FAR = datetime(2126, 1, 1, tzinfo=UTC)
FULL = Reason("mailbox_full", "The mailbox is full", 452, "4.2.2", "452 4.2.2 full", False)
TRIED = Attempt(NINE, "mx.example.com", "192.0.2.1:25", "TLSv1.3", "rcpt", "452 4.2.2 full", 120)

FIRST = Page()


def claim(store, limit=50, owner="one", **more):
    duration = more.pop("duration", {"minutes": 5})
    return store.write(lambda work: work.deliveries.claim(lease(owner, **duration), limit, **more))


def get(store, delivery_id="dlv_1"):
    return store.read(lambda work: work.deliveries.get(ACME, delivery_id))


def finish(store, item, *attempts, fence=None):
    fence = item.fence if fence is None else fence
    store.write(lambda work: work.deliveries.finish(item, attempts, fence=fence))


def test_a_delivery_comes_back_as_it_was(store):
    full = delivery(
        recipient=Mailbox("É", "É@x.test"),
        state="held",
        next_attempt_at=None,
        participant_ref=2**40 - 1,
        signature=b"DKIM-Signature: \xff\r\n",
        reason=FULL,
        notify=("FAILURE",),
        orcpt="rfc822;x@y",
        ret="HDRS",
        envid="e",
        tries=2,
        sending=True,
        complained=True,
        smtputf8=True,
        attempts=(TRIED, replace(TRIED, ms=5)),
        updated_at=NINE + HOUR,
    )
    plain = delivery("dlv_2")
    store.write(lambda work: add_deliveries(work, full, plain))
    assert get(store) == full
    assert get(store, "dlv_2") == plain
    assert store.read(lambda work: work.deliveries.get(None, "dlv_1")) == full
    assert store.read(lambda work: work.deliveries.get(BOLT, "dlv_1")) is None
    found = store.read(lambda work: work.deliveries.of_messages(["msg_1", "msg_2", "msg_3"]))
    assert found == {"msg_1": [full, plain]}
    assert store.read(lambda work: work.deliveries.of_messages([])) == {}


def test_a_delivery_without_its_bytes_is_not_stored(store):
    def job(work):
        add_conversation(work, "msg_1")
        work.deliveries.add(delivery(content=kept(b"other")))

    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store.write(job)


def test_a_claim_takes_what_is_due_and_calls_it_sending(store):
    items = [
        delivery("dlv_1"),
        delivery("dlv_2", state="deferred", next_attempt_at=NINE + HOUR),
        delivery("dlv_3", state="unconfirmed", next_attempt_at=NINE + HOUR),
        delivery("dlv_4", state="deferred", next_attempt_at=FAR),
        delivery("dlv_5", state="held", next_attempt_at=None),
        delivery("dlv_6", state="suppressed", next_attempt_at=None),
        delivery("dlv_7", state="sent", next_attempt_at=None),
        delivery("dlv_8", next_attempt_at=None),
    ]
    store.write(lambda work: add_deliveries(work, *items))
    claimed = claim(store)
    assert [(item.id, item.state, item.fence) for item in claimed] == [
        ("dlv_1", "sending", 1),
        ("dlv_2", "sending", 1),
        ("dlv_3", "unconfirmed", 1),
        ("dlv_8", "sending", 1),
    ]
    assert claim(store) == []
    assert get(store) == claimed[0]


def test_claims_end_at_their_limit(store):
    store.write(lambda work: add_deliveries(work, *[delivery(f"dlv_{n}") for n in range(4)]))
    assert claim(store, 0) == []
    assert len(claim(store, 3)) == 3
    assert len(claim(store, 3)) == 1


def test_full_routes_are_passed_over(store):
    routes = ["a.test", "b.test", "a.test", "c.test"]
    items = [delivery(f"dlv_{n}", route=route) for n, route in enumerate(routes)]
    store.write(lambda work: add_deliveries(work, *items))
    claimed = claim(store, rooms=Rooms({"a.test": 0, "c.test": 0}))
    assert [each.route for each in claimed] == ["b.test"]
    claimed = claim(store, rooms=Rooms({"c.test": 0}), fair=False)
    assert [each.route for each in claimed] == ["a.test"] * 2


def add_backlog(work, amounts, routes=("example.com",)):
    """Queue so many deliveries per company, spread over routes."""
    for company, amount in amounts.items():
        conversation_id, message_id = f"cnv_{company}", f"msg_{company}"
        add_conversation(work, conversation_id=conversation_id, tenant_id=company)
        work.messages.add(make.message(message_id, conversation_id, company))
        for number in range(amount):
            work.deliveries.add(
                delivery(
                    f"dlv_{company}_{number}",
                    message_id,
                    kept(tenant_id=company),
                    route=routes[number % len(routes)],
                )
            )


@pytest.mark.parametrize(
    "large", [pytest.param(20, id="few are due"), pytest.param(600, id="a backlog is due")]
)
def test_companies_take_turns(store, large):
    store.write(lambda work: add_backlog(work, {"ten_a": large, "ten_b": 3, "ten_c": large}))
    first, second = claim(store, 9), claim(store, 9)
    assert Counter(each.tenant_id for each in first) == {"ten_a": 3, "ten_b": 3, "ten_c": 3}
    later = Counter(each.tenant_id for each in second)
    assert set(later) == {"ten_a", "ten_c"}
    assert max(later.values()) - min(later.values()) <= 1
    unfair = claim(store, 9, fair=False)
    assert {each.tenant_id for each in unfair} == {"ten_a"}


def test_in_a_backlog_every_company_and_every_route_has_its_turn(store):
    companies = {f"ten_{number:03}": 6 for number in range(150)}
    store.write(lambda work: add_backlog(work, companies, ("a.test", "b.test", "c.test")))
    claimed = []
    while items := claim(store, 40, rooms=Rooms({"b.test": 0})):
        claimed.append(items)
    first = Counter(each.tenant_id for batch in claimed[:4] for each in batch)
    assert len(first) == 150
    assert sum(map(len, claimed)) == 600
    rest = claim(store, 1000)
    assert Counter(each.route for each in rest) == {"b.test": 300}


def test_a_backlog_of_full_routes_gives_nothing(store):
    store.write(lambda work: add_backlog(work, {"ten_a": 600}))
    assert claim(store, 9, rooms=Rooms({"example.com": 0})) == []


@pytest.mark.parametrize(
    "large", [pytest.param(20, id="few are due"), pytest.param(600, id="a backlog is due")]
)
def test_no_route_is_given_more_than_it_has_room_for(store, large):
    amounts = {"ten_a": large, "ten_b": large}
    store.write(lambda work: add_backlog(work, amounts, ("a.test", "b.test", "c.test")))
    rooms = Rooms({"a.test": 5, "b.test": 0}, others=2)
    found = Counter(each.route for _ in range(3) for each in claim(store, 4, rooms=Rooms({}, 0)))
    assert found == {}
    assert Counter(each.route for each in claim(store, 50, rooms=rooms)) == {
        "a.test": 5,
        "c.test": 2,
    }


def test_many_routes_of_one_company_have_their_turns(store):
    routes = tuple(f"r{number:03}.test" for number in range(200))
    store.write(lambda work: add_backlog(work, {"ten_a": 600}, routes))
    seen = Counter(each.route for _ in range(20) for each in claim(store, 10))
    assert len(seen) == 200


def test_finishing_stores_the_outcome_and_the_attempt(store):
    store.write(lambda work: add_deliveries(work, delivery()))
    (item,) = claim(store)
    deferred = replace(
        item,
        state="deferred",
        reason=FULL,
        tries=1,
        next_attempt_at=FAR,
        signature=b"sig",
        updated_at=NINE + HOUR,
    )
    finish(store, deferred, TRIED, replace(TRIED, stage="dot"))
    expected = replace(deferred, attempts=(TRIED, replace(TRIED, stage="dot")))
    assert get(store) == expected
    assert claim(store) == []
    assert store.read(lambda work: work.deliveries.next_due()) == FAR
    with pytest.raises(Stale):
        finish(store, deferred)


def test_attempts_are_added_to_those_before(store):
    store.write(lambda work: add_deliveries(work, delivery()))
    for ms in (1, 2):
        (item,) = claim(store)
        finish(store, replace(item, state="deferred"), replace(TRIED, ms=ms))
    assert [attempt.ms for attempt in get(store).attempts] == [1, 2]


def test_a_lease_that_ran_out_makes_the_first_owner_stale(store):
    store.write(lambda work: add_deliveries(work, delivery()))
    (first,) = claim(store, owner="one", duration={"milliseconds": 0})
    store.write(lambda work: work.deliveries.mark_sending("dlv_1", first.fence, b"sig"))
    (second,) = claim(store, owner="two")
    assert (second.fence, second.sending, second.signature) == (2, True, b"sig")
    for write in (
        lambda work: work.deliveries.finish(first, (TRIED,), fence=first.fence),
        lambda work: work.deliveries.mark_sending("dlv_1", first.fence, b"other"),
    ):
        with pytest.raises(Stale):
            store.write(write)
    finish(store, replace(second, state="delivered", next_attempt_at=None, sending=False))
    assert get(store).state == "delivered"


def test_a_renewed_lease_is_not_taken_over(store):
    store.write(lambda work: add_deliveries(work, delivery()))
    claim(store, owner="one", duration={"milliseconds": 0})
    store.write(lambda work: work.deliveries.renew([], lease("one")))
    store.write(lambda work: work.deliveries.renew(["dlv_1"], lease("one")))
    assert claim(store, owner="two") == []


def test_the_first_signature_is_kept(store):
    store.write(lambda work: add_deliveries(work, delivery()))
    (item,) = claim(store)
    store.write(lambda work: work.deliveries.mark_sending("dlv_1", item.fence, b"first"))
    finish(store, replace(item, state="deferred", signature=b"second", sending=False))
    assert (get(store).signature, get(store).sending) == (b"first", False)


def test_what_is_leased_does_not_change(store):
    store.write(lambda work: add_deliveries(work, delivery(), delivery("dlv_2")))
    items = claim(store, 1)
    held = replace(items[0], state="held", next_attempt_at=None)
    assert store.write(lambda work: work.deliveries.change(held)) is False
    other = replace(get(store, "dlv_2"), state="held", next_attempt_at=None, complained=True)
    assert store.write(lambda work: work.deliveries.change(other)) is True
    assert get(store, "dlv_2") == replace(other, updated_at=NINE)
    assert claim(store) == []
    again = replace(other, state="queued", next_attempt_at=NINE)
    assert store.write(lambda work: work.deliveries.change(again)) is True
    assert [each.id for each in claim(store)] == ["dlv_2"]
    foreign = replace(again, tenant_id=BOLT)
    assert store.write(lambda work: work.deliveries.change(foreign)) is False


def test_a_lease_that_ran_out_does_not_stand_in_the_way_of_a_change(store):
    store.write(lambda work: add_deliveries(work, delivery()))
    (item,) = claim(store, duration={"milliseconds": 0})
    cancelled = replace(item, state="cancelled", next_attempt_at=None)
    assert store.write(lambda work: work.deliveries.change(cancelled)) is True
    with pytest.raises(Stale):
        finish(store, replace(item, state="delivered"))


def test_deliveries_are_listed_newest_first_by_state(store):
    def prepare(work):
        add_deliveries(work, *[delivery(f"dlv_{n}") for n in range(3)])
        work.deliveries.add(delivery("dlv_3", state="bounced", attempts=(TRIED,)))
        add_conversation(work, conversation_id="cnv_b", tenant_id=BOLT)
        work.messages.add(make.message("msg_b", "cnv_b", BOLT))
        work.deliveries.add(delivery("dlv_b", "msg_b", kept(tenant_id=BOLT)))

    store.write(prepare)

    def ids(tenant_id, page=FIRST, **which):
        listed = store.read(lambda work: work.deliveries.page(tenant_id, page, **which))
        return [each.id[4:] for each in listed.items]

    assert ids(ACME) == ["3", "2", "1", "0"]
    assert ids(None) == ["b", "3", "2", "1", "0"]
    assert ids(ACME, states=["queued", "deferred", "sent"]) == ["2", "1", "0"]
    assert ids(None, states=["bounced"]) == ["3"]
    first = store.read(lambda work: work.deliveries.page(ACME, Page(3)))
    assert ids(ACME, Page(3, first.next_cursor)) == ["0"]


def test_the_depth_counts_what_is_not_final(store):
    items = [
        delivery("dlv_1", queued_at=NINE + HOUR, next_attempt_at=None),
        delivery("dlv_2"),
        delivery("dlv_3", state="held", route="b.test"),
        delivery("dlv_4", state="delivered"),
    ]
    store.write(lambda work: add_deliveries(work, *items))
    assert store.read(lambda work: work.deliveries.depth()) == [
        ("held", "b.test", 1, NINE),
        ("queued", "example.com", 2, NINE),
    ]


def test_bounces_of_an_address_are_counted(store):
    items = [
        delivery("dlv_1", state="bounced", reason=FULL, updated_at=NINE),
        delivery("dlv_2", state="expired", reason=FULL, updated_at=NINE + DAY),
        delivery("dlv_3", state="bounced", reason=replace(FULL, key="policy"), updated_at=NINE),
        delivery("dlv_4", state="bounced", reason=FULL, updated_at=NINE - 8 * DAY),
        delivery("dlv_5", state="delivered", reason=FULL, updated_at=NINE),
        delivery("dlv_6", state="bounced", reason=FULL, recipient=Mailbox("", "x@y.test")),
    ]
    store.write(lambda work: add_deliveries(work, *items))

    def count(tenant_id, address):
        since = NINE - 7 * DAY
        return store.read(
            lambda work: work.deliveries.bounced_since(tenant_id, address, FULL.key, since)
        )

    assert count(ACME, "JANA@example.com") == 2
    assert count(BOLT, "jana@example.com") == 0


def test_nothing_is_due_in_an_empty_queue_or_one_that_is_held(store):
    assert store.read(lambda work: work.deliveries.next_due()) is None
    store.write(lambda work: add_deliveries(work, delivery(state="held", next_attempt_at=None)))
    assert store.read(lambda work: work.deliveries.next_due()) is None


def test_a_removed_company_sends_nothing_more(store):
    def prepare(work):
        work.tenants.add(tenant())
        add_deliveries(work, *[delivery(f"dlv_{n}") for n in range(3)])

    store.write(prepare)
    (leased, other) = claim(store, 2)
    store.write(lambda work: work.tenants.remove(ACME, NINE + HOUR))
    assert get(store, "dlv_2").state == "cancelled"
    finish(store, replace(leased, state="deferred", next_attempt_at=NINE))
    assert get(store, leased.id).state == "cancelled"
    finish(store, replace(other, state="delivered", next_attempt_at=None))
    assert get(store, other.id).state == "delivered"
    assert claim(store) == []

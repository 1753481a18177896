"""Webhooks in the store: who may serve an endpoint, and what is sent again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.ports.lists import Page, Stale
from gateway.rules.hooks import HookAttempt, Occasion, Resend, Secret, Webhook, Why
from tests.store.make import ACME, BOLT, NINE, event, lease, tenant

MINUTE = timedelta(minutes=1)
FUTURE = NINE.replace(year=2100)


def webhook(id_="whk_1", tenant_id=ACME, **more):
    fields = {
        "url": "https://acme.example/hooks",
        "types": ("message.*",),
        "format": "standard",
        "secrets": (Secret("sealed"), Secret("older", NINE)),
        "created_at": NINE,
        "updated_at": NINE,
        "cursor": 0,
    }
    return Webhook(id=id_, tenant_id=tenant_id, **(fields | more))


def attempt(id_="wha_1", **more):
    fields = {
        "webhook_id": "whk_1",
        "tenant_id": ACME,
        "event_id": "evt_1",
        "type": "message.received",
        "sequence": 1,
        "occasion": Occasion.EVENT,
        "number": 1,
        "url": "https://acme.example/hooks",
        "sent_at": NINE,
        "ms": 12,
        "ok": False,
        "status": None,
        "answer": "",
        "error": "away",
        "signature": "v1,x",
        "next_at": NINE + MINUTE,
    }
    return HookAttempt(id=id_, **(fields | more))


@pytest.fixture
def hooks(store):
    """A store with two companies, each with an endpoint."""

    def job(work):
        work.tenants.add(tenant())
        work.tenants.add(tenant(BOLT, "bolt"))
        work.hooks.add(webhook())
        work.hooks.add(webhook("whk_2", BOLT))

    store.write(job)
    return store


def claim(store, owner="one", *, failing=False, **duration):
    taken = store.write(
        lambda work: work.hooks.claim(lease(owner, **duration), 10, failing=failing)
    )
    return list(taken)


def test_an_endpoint_comes_back_as_it_was(hooks):
    assert hooks.read(lambda work: work.hooks.get(ACME, "whk_1")) == webhook()
    assert hooks.read(lambda work: work.hooks.get(BOLT, "whk_1")) is None
    listed = hooks.read(lambda work: work.hooks.page(ACME, Page()))
    assert (listed.items, listed.next_cursor) == ((webhook(),), None)
    assert hooks.read(lambda work: work.hooks.count(ACME)) == 1


def test_an_endpoint_is_claimed_by_one_when_it_is_behind(hooks):
    assert (claim(hooks), hooks.read(lambda work: work.hooks.is_ready())) == ([], False)
    hooks.write(lambda work: work.events.add(event()))
    assert hooks.read(lambda work: work.hooks.is_ready()) is True
    (taken,) = claim(hooks)
    assert taken == replace(webhook(), fence=1)
    assert (claim(hooks, "two"), hooks.read(lambda work: work.hooks.is_ready())) == ([], False)
    hooks.write(lambda work: work.hooks.settle(replace(taken, cursor=1)))
    hooks.write(lambda work: work.hooks.release("whk_1", 1))
    assert claim(hooks) == []


def test_who_lost_the_lease_changes_nothing(hooks):
    hooks.write(lambda work: work.events.add(event()))
    (first,) = claim(hooks, seconds=0)
    (second,) = claim(hooks, "two")
    for job in (
        lambda work: work.hooks.settle(replace(first, cursor=9)),
        lambda work: work.hooks.held(first.id, first.fence),
    ):
        with pytest.raises(Stale):
            hooks.write(job)
    hooks.write(lambda work: work.hooks.release(first.id, first.fence))
    assert claim(hooks, "three") == []
    assert hooks.read(lambda work: work.hooks.held(second.id, second.fence)) == second


@pytest.mark.parametrize(("resume", "claimed"), [(FUTURE, 0), (NINE, 1)])
def test_an_endpoint_that_fails_is_claimed_as_such_once_its_pause_is_over(hooks, resume, claimed):
    hooks.write(lambda work: work.events.add(event()))
    (taken,) = claim(hooks)
    ill = replace(taken, failures=4, failing_since=NINE, resume_at=resume)
    hooks.write(lambda work: (work.hooks.settle(ill), work.hooks.release(ill.id, ill.fence)))
    assert claim(hooks) == []
    assert hooks.read(lambda work: work.hooks.next_due()) == (None if claimed else FUTURE)
    assert len(claim(hooks, failing=True)) == claimed


def test_what_is_to_be_sent_again_is_due_in_its_time(hooks):
    soon = Resend("whk_1", ACME, "evt_1", NINE, 1)
    later = Resend("whk_1", ACME, "evt_2", FUTURE, 2, Occasion.REDELIVERY)
    hooks.write(lambda work: (work.hooks.resend(later), work.hooks.resend(soon)))
    assert [one.id for one in claim(hooks)] == ["whk_1"]
    assert hooks.read(lambda work: work.hooks.due("whk_1", 10)) == [soon]
    assert hooks.read(lambda work: work.hooks.waiting("whk_1")) == 2

    def settle(work):
        work.hooks.done("whk_1", "evt_1")
        work.hooks.settle(work.hooks.held("whk_1", 1))
        work.hooks.release("whk_1", 1)

    hooks.write(settle)
    assert (claim(hooks), hooks.read(lambda work: work.hooks.next_due())) == ([], FUTURE)
    hooks.write(lambda work: work.hooks.resend(replace(later, due_at=NINE, tries=0)))
    assert hooks.read(lambda work: work.hooks.waiting("whk_1")) == 1
    assert len(claim(hooks)) == 1


def test_switching_off_takes_an_endpoint_from_whoever_serves_it(hooks):
    hooks.write(lambda work: work.events.add(event()))
    (taken,) = claim(hooks)
    off = hooks.write(lambda work: work.hooks.change(replace(taken, disabled=Why.BY_HAND)))
    assert (off.disabled, off.version, off.fence) == (Why.BY_HAND, 2, 2)
    with pytest.raises(Stale):
        hooks.read(lambda work: work.hooks.held(taken.id, taken.fence))
    assert (claim(hooks), claim(hooks, failing=True)) == ([], [])
    with pytest.raises(Stale):
        hooks.write(lambda work: work.hooks.change(taken, check_version=True))
    hooks.write(lambda work: work.hooks.change(replace(off, disabled=None)))
    assert len(claim(hooks)) == 1


def test_a_change_leaves_an_endpoint_that_is_on_to_whoever_serves_it(hooks):
    hooks.write(lambda work: work.events.add(event()))
    (taken,) = claim(hooks)
    ill = replace(taken, failures=2, failing_since=NINE)
    hooks.write(lambda work: work.hooks.settle(ill))
    hooks.write(lambda work: work.hooks.change(replace(webhook(), url="https://b.example/")))
    held = hooks.read(lambda work: work.hooks.held(taken.id, taken.fence))
    assert (held.url, held.failures, held.version) == ("https://b.example/", 2, 2)


def test_a_removed_endpoint_is_gone_with_its_secret_and_what_was_planned(hooks):
    hooks.write(lambda work: work.hooks.resend(Resend("whk_1", ACME, "evt_1", NINE)))
    assert hooks.write(lambda work: work.hooks.remove(BOLT, "whk_1", NINE)) is False
    assert hooks.write(lambda work: work.hooks.remove(ACME, "whk_1", NINE)) is True
    assert hooks.write(lambda work: work.hooks.remove(ACME, "whk_1", NINE)) is False
    assert hooks.read(lambda work: work.hooks.get(ACME, "whk_1")) is None
    assert claim(hooks) == []
    assert hooks.rows("SELECT secrets FROM webhook WHERE id = 'whk_1'") == [("[]",)]
    assert hooks.rows("SELECT count(*) FROM webhook_resend") == [(0,)]


def test_attempts_are_listed_newest_first_and_forgotten_after_thirty_days(hooks):
    made = [attempt(f"wha_{n}", ok=n % 2 == 0, status=200 if n % 2 == 0 else 500) for n in range(5)]
    hooks.write(lambda work: [work.hooks.add_attempt(one) for one in made])
    first = hooks.read(lambda work: work.hooks.attempts("whk_1", Page(2)))
    rest = hooks.read(lambda work: work.hooks.attempts("whk_1", Page(9, first.next_cursor)))
    assert [*first.items, *rest.items] == made[::-1]
    failed = hooks.read(lambda work: work.hooks.attempts("whk_1", Page(), ok=False))
    assert failed.items == (made[3], made[1])
    assert hooks.read(lambda work: work.hooks.attempt("whk_1", "wha_3")) == made[3]
    assert hooks.read(lambda work: work.hooks.attempt("whk_2", "wha_3")) is None
    new = attempt("wha_new", sent_at=NINE + timedelta(days=1))
    hooks.write(lambda work: work.hooks.add_attempt(new))
    hooks.write(lambda work: work.forget_past(NINE + timedelta(days=30, seconds=1)))
    assert hooks.read(lambda work: work.hooks.attempts("whk_1", Page())).items == (new,)


@pytest.mark.parametrize(
    ("failed_only", "types", "wanted"),
    [
        (False, (), ["evt_1", "evt_2", "evt_3"]),
        (False, ("a",), ["evt_1", "evt_3"]),
        (True, (), ["evt_1"]),
    ],
)
def test_the_events_of_a_time_are_planned_again(hooks, failed_only, types, wanted):
    def job(work):
        for number, kind in enumerate("babaab"):
            moment = NINE + number * MINUTE
            work.events.add(event(f"evt_{number}", type_=kind, timestamp=moment))

    hooks.write(job)
    (taken,) = claim(hooks)
    hooks.write(lambda work: work.hooks.settle(replace(taken, cursor=5)))
    tried = [("evt_1", False), ("evt_2", False), ("evt_2", True), ("evt_3", True)]

    def again(work):
        for number, (event_id, ok) in enumerate(tried):
            moment = NINE + MINUTE + timedelta(seconds=number)
            work.hooks.add_attempt(
                attempt(f"wha_{number}", event_id=event_id, ok=ok, sent_at=moment)
            )
        return work.hooks.resend_since(
            work.hooks.get(ACME, "whk_1"),
            types,
            NINE + MINUTE,
            NINE + 4 * MINUTE,
            failed_only=failed_only,
            limit=100,
        )

    assert hooks.write(again) == len(wanted)
    due = hooks.read(lambda work: work.hooks.due("whk_1", 10))
    assert [(one.event_id, one.occasion) for one in due] == [
        (event_id, Occasion.REDELIVERY) for event_id in wanted
    ]

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.mail.mta_sts import Mode, Policy
from gateway.ports.directory import Answered
from gateway.ports.lists import BadCursor, Page, Stale, Taken
from gateway.ports.policies import KeptPolicy
from gateway.rules.credentials import ApiKey, Login
from gateway.rules.model import HOUSE_TENANT_ID
from tests.store.make import ACME, BOLT, DAY, NINE, tenant

KEY = ApiKey("key_1", ACME, ("send", "inbox:read"), "aa", NINE)
LOGIN = Login("acme", ACME, "$argon2", NINE)


@pytest.fixture
def acme(store):
    return store.write(lambda work: work.tenants.add(tenant()))


def test_the_house_company_is_there_from_the_beginning_and_hidden_from_lists(store):
    house = store.read(lambda work: work.tenants.get(HOUSE_TENANT_ID))
    assert (house.number, house.slug, house.name) == (0, "postmaster", "Postmaster")
    assert store.read(lambda work: work.tenants.by_number(0)) == house
    assert store.read(lambda work: work.tenants.by_slug("postmaster")) == house
    assert store.read(lambda work: (work.tenants.all(), work.tenants.page(Page()).items)) == (
        [],
        (),
    )
    assert store.write(lambda work: work.tenants.remove(HOUSE_TENANT_ID, NINE)) is False


def test_companies_are_numbered_and_found(store):
    full = tenant(
        brand={"color": "#123"},
        email={"method": "smtp", "smtp": {"port": 25}},
        notify_address="boss@acme.test",
        managed_by_file=True,
    )
    acme = store.write(lambda work: work.tenants.add(full))
    bolt = store.write(lambda work: work.tenants.add(tenant(BOLT, "bolt")))
    assert acme == replace(full, number=1)
    assert bolt.number == 2
    assert store.read(lambda work: work.tenants.get(ACME)) == acme
    assert store.read(lambda work: work.tenants.by_number(1)) == acme
    assert store.read(lambda work: work.tenants.by_slug("bolt")) == bolt
    assert store.read(lambda work: work.tenants.all()) == [acme, bolt]


def test_a_slug_has_one_company(store, acme):
    with pytest.raises(Taken) as taken:
        store.write(lambda work: work.tenants.add(tenant(BOLT, "acme")))
    assert (taken.value.field, taken.value.holder) == ("slug", ACME)
    bolt = store.write(lambda work: work.tenants.add(tenant(BOLT, "bolt")))
    assert bolt.number == 2
    with pytest.raises(Taken):
        store.write(lambda work: work.tenants.change(replace(bolt, slug="acme")))


def test_a_change_of_an_old_version_is_stale(store, acme):
    changed = store.write(lambda work: work.tenants.change(replace(acme, name="Acme a.s.")))
    assert (changed.name, changed.version) == ("Acme a.s.", 2)
    assert store.read(lambda work: work.tenants.get(ACME)) == changed
    with pytest.raises(Stale):
        store.write(lambda work: work.tenants.change(replace(acme, name="Other")))


def test_companies_are_listed_newest_first_in_pages(store):
    for number in range(5):
        store.write(
            lambda work, number=number: work.tenants.add(tenant(f"ten_{number}", f"s{number}"))
        )
    first = store.read(lambda work: work.tenants.page(Page(limit=2)))
    store.write(lambda work: work.tenants.add(tenant("ten_9", "s9")))
    second = store.read(lambda work: work.tenants.page(Page(2, first.next_cursor)))
    third = store.read(lambda work: work.tenants.page(Page(2, second.next_cursor)))
    ids = [each.id for page in (first, second, third) for each in page.items]
    assert ids == ["ten_4", "ten_3", "ten_2", "ten_1", "ten_0"]
    assert third.next_cursor is None


@pytest.mark.parametrize(
    "cursor", ["", "x", "é", "AAAA", "dGVu", "dGVuLjE", "a" * 5000, "dGVuLi0", "ZGx2LjE", "\0"]
)
def test_a_cursor_that_the_list_did_not_give_is_refused(store, cursor):
    def job(work):
        return work.suppressions.page(ACME, Page(cursor=cursor))

    with pytest.raises(BadCursor):
        store.read(job)


def test_a_removed_company_is_gone_with_its_keys_logins_and_sessions(store, acme):
    def prepare(work):
        work.keys.add(KEY)
        work.keys.add(replace(KEY, id="key_2", hash="bb", revoked_at=NINE + DAY))
        work.keys.add_login(LOGIN)
        work.keys.put_session("s1", "session", ACME, {}, NINE + DAY)

    store.write(prepare)
    assert store.write(lambda work: work.tenants.remove(ACME, NINE)) is True
    assert store.read(lambda work: work.keys.find("bb", NINE)) is None
    assert store.write(lambda work: work.tenants.remove(ACME, NINE)) is False

    def look(work):
        tenants, keys = work.tenants, work.keys
        return (
            tenants.get(ACME),
            tenants.by_slug("acme"),
            tenants.by_number(1),
            tenants.all(),
            keys.find("aa", NINE),
            keys.login("acme"),
            keys.session("s1", "session", NINE),
        )

    assert store.read(look) == (None, None, None, [], None, None, None)
    again = store.write(lambda work: work.tenants.add(tenant(BOLT, "acme")))
    assert again.number == 2


def test_a_key_that_expires_is_found_until_then_and_can_be_revoked_before(store, acme):
    store.write(lambda work: work.keys.add(replace(KEY, revoked_at=NINE + DAY)))
    found = [
        store.read(lambda work, at=at: work.keys.find("aa", at)) is not None
        for at in (NINE, NINE + DAY)
    ]
    assert found == [True, False]
    assert store.write(lambda work: work.keys.revoke("key_1", NINE)) is True
    assert store.read(lambda work: work.keys.find("aa", NINE)) is None


def test_keys_are_found_by_their_hash_until_revoked(store, acme):
    admin = replace(KEY, id="key_2", tenant_id=None, hash="bb", scopes=())
    store.write(lambda work: (work.keys.add(KEY), work.keys.add(admin)))
    assert store.read(lambda work: work.keys.find("aa", NINE)) == KEY
    assert store.read(lambda work: work.keys.find("zz", NINE)) is None
    store.write(lambda work: work.keys.touch("key_1", NINE + DAY))
    assert store.read(lambda work: work.keys.find("aa", NINE).last_used_at) == NINE + DAY
    assert store.write(lambda work: work.keys.revoke("key_1", NINE)) is True
    assert store.write(lambda work: work.keys.revoke("key_1", NINE + DAY)) is True
    assert store.write(lambda work: work.keys.revoke("key_9", NINE)) is False
    assert store.read(lambda work: work.keys.find("aa", NINE)) is None
    revoked = replace(KEY, last_used_at=NINE + DAY, revoked_at=NINE)
    assert store.read(lambda work: work.keys.all(ACME)) == [revoked]
    assert store.read(lambda work: work.keys.all(None)) == [revoked, admin]


def test_a_key_that_is_known_is_taken(store, acme):
    store.write(lambda work: work.keys.add(KEY))
    with pytest.raises(Taken) as taken:
        store.write(lambda work: work.keys.add(replace(KEY, id="key_2")))
    assert taken.value.holder == "key_1"


def test_a_login_belongs_to_one_company(store, acme):
    store.write(lambda work: work.tenants.add(tenant(BOLT, "bolt")))
    store.write(lambda work: work.keys.add_login(LOGIN))
    with pytest.raises(Taken) as taken:
        store.write(lambda work: work.keys.add_login(replace(LOGIN, tenant_id=BOLT)))
    assert (taken.value.field, taken.value.holder) == ("username", ACME)
    new = replace(LOGIN, hash="$new")
    store.write(lambda work: work.keys.add_login(new))
    assert store.read(lambda work: work.keys.login("acme")) == new
    assert store.write(lambda work: work.keys.revoke_login("acme", NINE)) is True
    assert store.write(lambda work: work.keys.revoke_login("nobody", NINE)) is False
    assert store.read(lambda work: work.keys.login("acme")) is None
    gone = replace(new, revoked_at=NINE)
    assert store.read(lambda work: (work.keys.logins(ACME), work.keys.logins(BOLT))) == (
        [gone],
        [],
    )
    assert store.read(lambda work: work.keys.logins(None)) == [gone]


def test_a_one_time_link_works_once_and_in_time(store, acme):
    until = NINE + timedelta(minutes=5)
    store.write(lambda work: work.keys.put_session("h", "link", ACME, {"user": "jana"}, until))
    assert store.read(lambda work: work.keys.session("h", "link", NINE)) == {
        "user": "jana",
        "tenant_id": ACME,
    }
    assert store.read(lambda work: work.keys.session("h", "session", NINE)) is None
    assert store.read(lambda work: work.keys.session("h", "link", until)) is None
    ended = store.writes(*[lambda work: work.keys.end_session("h")] * 5)
    assert sorted(ended) == [False] * 4 + [True]


def test_an_answer_is_repeated_until_its_time_is_over(store):
    answered = Answered("hash", 202, '{"id": 1}', {"ETag": "x"})
    until = NINE + 7 * DAY
    assert store.read(lambda work: work.repeats.get(ACME, "k", NINE)) is None
    assert store.write(lambda work: work.repeats.put(ACME, "k", answered, until)) is True
    assert store.read(lambda work: work.repeats.get(ACME, "k", NINE)) == answered
    assert store.read(lambda work: work.repeats.get(BOLT, "k", NINE)) is None
    other = replace(answered, request_hash="other")
    later = until + timedelta(hours=1)
    assert store.write(lambda work: work.repeats.put(ACME, "k", other, later)) is False
    assert store.read(lambda work: work.repeats.get(ACME, "k", until)) is None
    week = until + 7 * DAY
    assert store.write(lambda work: work.repeats.put(ACME, "k", other, week)) is True
    assert store.read(lambda work: work.repeats.get(ACME, "k", until)) == other


def test_what_is_past_is_forgotten(store, acme):
    answered = Answered("hash", 202, "{}", {})

    def prepare(work):
        work.repeats.put(ACME, "old", answered, NINE)
        work.repeats.put(ACME, "new", answered, NINE + DAY)
        work.keys.put_session("old", "link", ACME, {}, NINE)
        work.keys.put_session("new", "link", ACME, {}, NINE + DAY)

    store.write(prepare)
    assert store.run(store.store.tidy(NINE)) == 2
    assert store.rows("SELECT hash FROM web_session") == [("new",)]
    assert store.read(lambda work: work.repeats.get(ACME, "new", NINE)) == answered


def test_facts_are_kept(store):
    assert store.read(lambda work: work.facts.get("secret")) is None
    store.write(lambda work: work.facts.put("secret", "a"))
    store.write(lambda work: work.facts.put("secret", "b"))
    assert store.read(lambda work: work.facts.get("secret")) == "b"


def test_text_that_no_database_holds_is_stored_with_replacement_characters(store):
    store.write(lambda work: work.facts.put("x", "a\udc80b"))
    assert store.read(lambda work: work.facts.get("x")) == "a\N{REPLACEMENT CHARACTER}b"
    assert store.read(lambda work: work.facts.get("x\0y\udc80")) is None
    assert store.read(lambda work: work.tenants.get("ten_\0")) is None


def test_a_policy_is_kept_until_its_time_is_over(store):
    policy = Policy(Mode.ENFORCE, ("mx.example.org", "*.example.net"), DAY)
    kept = KeptPolicy("example.org", "a1", policy, NINE)
    store.write(
        lambda work: work.sts.put(replace(kept, id="a0", policy=replace(policy, mx=("x.y",))))
    )
    store.write(lambda work: work.sts.put(kept))
    assert store.read(lambda work: work.sts.get("example.org", NINE)) == kept
    assert store.read(lambda work: work.sts.get("example.net", NINE)) is None
    assert store.read(lambda work: work.sts.get("example.org", NINE + DAY)) is None
    assert store.run(store.store.tidy(NINE)) == 0
    assert store.run(store.store.tidy(NINE + DAY)) == 1

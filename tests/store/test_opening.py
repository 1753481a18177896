"""Opening, waiting, waking, closing; and what PostgreSQL asks for."""

import asyncio
import os
import threading

import pytest

from gateway.mail.errors import ConfigError, Fault
from gateway.store.engine import DATABASE_FILE, LOCK_FILE, make_engine, place_of
from gateway.store.lock import InUse
from gateway.store.migrate import bring_up
from gateway.store.opening import open_store
from tests.store.conftest import only_sqlite
from tests.store.make import event


def put(value):
    return lambda work: work.facts.put("x", value)


def test_what_was_stored_is_there_after_opening_again(store, opener, database):
    store.write(put("kept"))
    store.close()
    assert opener(database).read(lambda work: work.facts.get("x")) == "kept"


@only_sqlite
def test_one_process_writes(store, opener, database):
    with pytest.raises(InUse, match=f"in use by process {os.getpid()}"):
        opener(database)
    store.write(put("still open"))
    store.close()
    opener(database).write(put("now"))


def test_reading_needs_no_lock(store, opener, database):
    store.write(put("seen"))
    beside = opener(database, lock=False)
    assert beside.read(lambda work: work.facts.get("x")) == "seen"
    with pytest.raises(Fault):
        beside.write(put("not"))
    store.write(put("later"))
    assert beside.read(lambda work: work.facts.get("x")) == "later"


def test_nothing_is_read_where_there_is_no_store(tmp_path, opener):
    with pytest.raises(Fault):
        opener(tmp_path, lock=False)
    assert not (tmp_path / LOCK_FILE).exists()


def test_a_new_directory_becomes_a_store_of_its_owner(tmp_path, opener):
    store = opener(tmp_path / "a" / "b")
    store.write(put("x"))
    assert (tmp_path / "a" / "b" / DATABASE_FILE).stat().st_mode & 0o777 == 0o600


def test_a_closed_store_is_a_fault(store):
    store.close()
    with pytest.raises(Fault):
        store.write(put("x"))
    with pytest.raises(Fault):
        store.read(lambda work: work.facts.get("x"))


def test_closing_does_what_waits(store, opener, database):
    async def hand_over_and_close():
        writing = [asyncio.create_task(store.store.write(put(str(n)))) for n in range(50)]
        await asyncio.sleep(0)
        await store.store.close()
        return await asyncio.gather(*writing)

    assert store.run(hand_over_and_close()) == [None] * 50
    assert opener(database).read(lambda work: work.facts.get("x")) is not None


def test_waiting_ends_in_time_or_when_woken(store):
    assert store.run(store.store.wait("spool", 0, 0.01)) == 0

    async def woken():
        waiting = asyncio.create_task(store.store.wait("spool", 0, 20))
        await asyncio.sleep(0)
        await store.store.write(lambda work: work.wake("spool"))
        return await waiting

    assert store.run(woken()) == 1
    assert store.run(store.store.wait("spool", 0, 20)) == 1
    assert store.run(store.store.wait("deliveries", 0, 0)) == 0


def test_a_job_that_fails_wakes_nobody(store):
    def job(work):
        work.wake("spool")
        raise LookupError

    assert isinstance(store.writes(job)[0], LookupError)
    store.write(lambda work: work.wake("deliveries"))
    assert store.run(store.store.wait("spool", 0, 0)) == 0


def test_events_wake_by_themselves(store):
    store.write(lambda work: work.events.add(event()))
    assert store.run(store.store.wait("events", 0, 20)) == 1


def test_the_write_ahead_log_is_emptied_on_demand(store):
    store.write(put("secret" * 10_000))
    store.write(put("gone"))
    store.run(store.store.fold())
    if store.is_sqlite:
        assert (store.where / f"{DATABASE_FILE}-wal").stat().st_size == 0
        assert b"secretsecret" not in (store.where / DATABASE_FILE).read_bytes()


def test_a_newer_store_is_not_touched(store, opener, database):
    store.execute("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(ConfigError, match="newer version"):
        opener(database)
    with pytest.raises(ConfigError, match="newer version"):
        opener(database, lock=False)


@pytest.mark.parametrize("url", ["mysql://u@h/d", "sqlite:///x.db"])
def test_a_url_of_another_kind_is_a_mistake(url):
    with pytest.raises(ConfigError, match="database_url"):
        open_store(url).engine()


def test_a_server_that_is_away_is_a_fault(opener):
    with pytest.raises(Fault):
        opener("postgresql://nobody@127.0.0.1:1/none")


@pytest.fixture
def server(postgres):
    """Give the URL of a database of the test's own, and the server."""
    name = postgres.create()
    yield postgres, name, postgres.url(name)
    postgres.drop(name)


@pytest.mark.postgres
@pytest.mark.parametrize("setting", ["synchronous_commit"])
def test_postgresql_has_to_keep_what_it_commits(server, opener, setting):
    postgres, name, url = server
    postgres.run(f"ALTER DATABASE {name} SET {setting} = off")
    with pytest.raises(ConfigError, match=f"{setting} = off"):
        opener(url)


@pytest.mark.postgres
def test_a_wake_reaches_other_processes(server, opener):
    _, _, url = server
    one, two = opener(url), opener(url)

    async def both():
        waiting = asyncio.create_task(two.store.wait("spool", 0, 20))
        await asyncio.sleep(0)
        await one.store.write(lambda work: work.wake("spool"))
        return await waiting

    assert one.run(both()) == 1


@pytest.mark.postgres
def test_connections_that_died_are_opened_anew(server, opener):
    postgres, name, url = server
    store = opener(url)
    store.write(put("before"))
    store.read(lambda work: work.facts.get("x"))
    postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    store.writes(*[put("after")] * 8)
    assert store.read(lambda work: work.facts.get("x")) == "after"


@pytest.mark.postgres
def test_jobs_that_lock_each_other_out_are_run_again(server, opener):
    _, _, url = server
    store = opener(url)
    store.write(lambda work: (work.facts.put("a", "0"), work.facts.put("b", "0")))
    both_began = threading.Barrier(2)
    runs = []

    def job(first, second):
        def run(work):
            runs.append(first)
            work.facts.put(first, "1")
            if len(runs) <= 2:
                both_began.wait(20)
            work.facts.put(second, "1")

        return run

    assert store.writes(job("a", "b"), job("b", "a")) == [None, None]
    assert len(runs) > 2


@pytest.mark.postgres
def test_two_owners_never_claim_the_same(server, opener):
    from tests.store.make import add_deliveries, delivery, lease

    _, _, url = server
    stores = [opener(url), opener(url)]
    stores[0].write(lambda work: add_deliveries(work, *[delivery(f"dlv_{n}") for n in range(200)]))

    async def claim_all(opened, owner):
        mine = []
        while claimed := await opened.store.write(
            lambda work: work.deliveries.claim(lease(owner), 7)
        ):
            mine += [item.id for item in claimed]
        return mine

    async def both():
        owners = enumerate(stores * 3)
        return await asyncio.gather(*[claim_all(opened, f"o{n}") for n, opened in owners])

    claimed = [id_ for mine in stores[0].run(both()) for id_ in mine]
    assert len(claimed) == len(set(claimed)) == 200


@pytest.mark.postgres
def test_two_processes_may_migrate_at_once(server):
    _, _, url = server
    results = []

    def migrate():
        results.append(bring_up(make_engine(place_of(url))))

    threads = [threading.Thread(target=migrate) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, True]

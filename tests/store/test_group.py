"""Many jobs share one commit, and don't know of each other."""

import asyncio
import resource
import threading
from dataclasses import replace

import pytest

from gateway.mail.errors import Fault
from gateway.ports.lists import Full, Stale
from gateway.store.engine import EngineOptions
from gateway.store.group import MAX_JOBS
from tests.store.conftest import only_sqlite
from tests.store.make import ACME, BOLT, NINE, conversation, event, inbound, kept, tenant


def telling(number, *, fails=False, tenant_id=ACME):
    """Return a job that tells of something, and may fail after that."""

    def job(work):
        work.facts.put(f"fact_{number}", "x")
        work.events.add(event(f"evt_{number}", tenant_id))
        if fails:
            raise LookupError(number)
        return number

    return job


def test_a_job_that_fails_undoes_itself_alone(store):
    jobs = [telling(number, fails=number % 5 == 0) for number in range(3 * MAX_JOBS)]
    results = store.writes(*jobs)
    for number, result in enumerate(results):
        if number % 5 == 0:
            assert isinstance(result, LookupError)
        else:
            assert result == number
        fact = store.read(lambda work, number=number: work.facts.get(f"fact_{number}"))
        assert fact == (None if number % 5 == 0 else "x")
    events = store.read(lambda work: work.events.after(ACME, 0, limit=1000))
    assert [each.sequence for each in events] == list(range(1, 4 * 3 * MAX_JOBS // 5 + 1))


def test_a_job_that_breaks_a_rule_of_the_database_undoes_itself_alone(store):
    def broken(work):
        work.conversations.add(conversation())
        work.conversations.add(conversation())

    results = store.writes(telling(1), broken, telling(2), broken)
    assert [results[0], results[2]] == [1, 2]
    assert all(isinstance(results[number], Exception) for number in (1, 3))
    assert store.read(lambda work: work.conversations.get(ACME, "cnv_1")) is None


@pytest.mark.parametrize("error", [StopIteration, SystemExit, KeyboardInterrupt])
def test_a_job_ends_no_thread(store, error):
    def job(_work):
        raise error

    async def outcome():
        with pytest.raises(BaseException):  # noqa: B017, PT011
            await asyncio.wait_for(store.store.write(job), 20)

    if error is StopIteration:
        store.run(outcome())
    assert store.write(telling(1)) == 1


def test_events_have_no_gaps_whatever_fails_and_whoever_writes(store, opener, database):
    others = [store] if store.is_sqlite else [store, opener(database)]
    companies = (ACME, BOLT)

    async def all_of_them():
        jobs = [
            other.store.write(
                telling(f"{place}_{number}", fails=number % 7 == 0, tenant_id=companies[number % 2])
            )
            for number in range(150)
            for place, other in enumerate(others)
        ]
        return await asyncio.gather(*jobs, return_exceptions=True)

    results = store.run(all_of_them())
    done = sum(isinstance(result, str) for result in results)
    numbers = {}
    for company in companies:
        events = store.read(lambda work, company=company: work.events.after(company, 0, limit=1000))
        numbers[company] = [each.sequence for each in events]
        assert numbers[company] == list(range(1, len(events) + 1))
    assert sum(map(len, numbers.values())) == done


def test_what_was_written_together_is_read_together(store):
    """No reader sees an event before what it tells of, or a number before lower ones."""
    seen = []

    async def watch(task):
        while not task.done():
            events = await store.store.read(lambda work: work.events.after(ACME, 0, limit=1000))
            seen.append([each.sequence for each in events])

    async def both():
        task = asyncio.gather(*[store.store.write(telling(number)) for number in range(200)])
        await watch(task)
        await task

    store.run(both())
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in seen)


def test_counting_up_by_many_loses_nothing(store):
    store.write(lambda work: work.conversations.add(conversation()))

    def read_one(work):
        found = work.conversations.get(ACME, "cnv_1")
        work.conversations.change(replace(found, unread=found.unread + 1))

    assert store.writes(*[read_one] * 100) == [None] * 100
    assert store.read(lambda work: work.conversations.get(ACME, "cnv_1").unread) == 100


def test_reads_do_not_wait_for_writes(store):
    began, may_end = threading.Event(), threading.Event()

    def slow(work):
        work.facts.put("x", "new")
        began.set()
        assert may_end.wait(20)

    async def both():
        writing = asyncio.create_task(store.store.write(slow))
        await asyncio.to_thread(began.wait, 20)
        before = await store.store.read(lambda work: work.facts.get("x"))
        may_end.set()
        await writing
        return before, await store.store.read(lambda work: work.facts.get("x"))

    assert store.run(both()) == (None, "new")


def test_a_read_can_not_write(store):
    with pytest.raises(Exception, match=r"(?i)read-?only|can't be written"):
        store.read(lambda work: work.facts.put("x", "y"))
    assert store.read(lambda work: work.facts.get("x")) is None


def test_a_read_sees_one_view(store):
    may_go, written = threading.Event(), threading.Event()

    def twice(work):
        first = work.facts.get("x")
        may_go.set()
        assert written.wait(20)
        return first, work.facts.get("x")

    async def both():
        reading = asyncio.create_task(store.store.read(twice))
        await asyncio.to_thread(may_go.wait, 20)
        await store.store.write(lambda work: work.facts.put("x", "new"))
        written.set()
        return await reading

    assert store.run(both()) == (None, None)


def test_a_job_whose_caller_gave_up_before_it_began_is_not_done(store):
    began, may_end = threading.Event(), threading.Event()

    def slow(_work):
        began.set()
        assert may_end.wait(20)

    async def give_up():
        # As many slow jobs as there may be threads, so that the last one waits.
        slow_ones = [asyncio.create_task(store.store.write(slow)) for _ in range(4)]
        await asyncio.to_thread(began.wait, 20)
        waiting = asyncio.create_task(store.store.write(telling("late")))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        may_end.set()
        await asyncio.gather(*slow_ones)

    store.run(give_up())
    assert store.read(lambda work: work.facts.get("fact_late")) is None


@only_sqlite
def test_a_full_database_is_a_fault_and_the_store_goes_on(database, opener):
    store = opener(database, options=EngineOptions(max_pages=180))

    def add(number):
        content = kept(b"%8d" % number + b"x" * 100_000)
        item = inbound(f"msg_{number}", content)
        return lambda work: work.spool.add(item, content, again_since=NINE)

    results = store.writes(*[add(number) for number in range(20)])
    kinds = {type(result) for result in results}
    assert kinds == {str, Full}
    assert store.write(telling(1)) == 1
    kept_ones = [result for result in results if isinstance(result, str)]
    for message_id in kept_ones:
        assert store.read(lambda work, id_=message_id: work.spool.get(id_)) is not None


@only_sqlite
def test_a_disk_that_can_not_be_written_is_a_fault_until_it_can(store):
    store.write(telling(1))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    try:
        big = lambda work: work.facts.put("big", "x" * 1_000_000)  # noqa: E731
        results = store.writes(*[big] * 3)
        assert all(isinstance(result, Fault) for result in results)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert store.write(telling(2)) == 2
    assert store.read(lambda work: work.facts.get("big")) is None


def test_a_stale_lease_does_not_undo_its_neighbours(store):
    store.write(lambda work: work.tenants.add(tenant()))
    results = store.writes(
        telling(1), lambda work: work.spool.finish("msg_9", 1), telling(2), telling(3)
    )
    assert [results[0], results[2], results[3]] == [1, 2, 3]
    assert isinstance(results[1], Stale)

from datetime import UTC, datetime

import pytest

from gateway.api.repeating import Claim, RepeatStore, UsedMeanwhile, claiming
from tests.smtp.loops import in_loop

LATER = datetime(2026, 12, 1, tzinfo=UTC)


class Work:
    def __init__(self, kept):
        self._kept = kept
        self.put_now = {}

    @property
    def repeats(self):
        return self

    def put(self, tenant_id, key, answered, until):
        if (tenant_id, key) in self._kept:
            return False
        self.put_now[tenant_id, key] = answered
        return True


class Store:
    """Keeps what a job puts, unless the job fails."""

    def __init__(self):
        self.kept = {}

    async def write(self, job):
        work = Work(self.kept)
        result = job(work)
        self.kept |= work.put_now
        return result


def claim():
    return Claim("ten_1", "claim k", "hash", LATER)


@in_loop
async def test_the_first_write_alone_carries_the_claim():
    store = Store()
    with claiming(claim()):
        results = [await RepeatStore(store).write(lambda _, n=n: n) for n in (1, 2)]
    assert (results, list(store.kept)) == ([1, 2], [("ten_1", "claim k")])


@in_loop
async def test_a_write_that_fails_carries_none():
    store = Store()

    def fail(_):
        raise KeyError

    with claiming(claim()):
        with pytest.raises(KeyError):
            await RepeatStore(store).write(fail)
        assert store.kept == {}
        await RepeatStore(store).write(lambda _: None)
    assert list(store.kept) == [("ten_1", "claim k")]


@in_loop
async def test_a_key_that_somebody_else_used_undoes_the_write():
    store = Store()
    store.kept["ten_1", "claim k"] = "theirs"
    with claiming(claim()), pytest.raises(UsedMeanwhile):
        await RepeatStore(store).write(lambda _: 1)
    assert list(store.kept.values()) == ["theirs"]


@in_loop
async def test_other_writes_are_left_alone():
    store = Store()
    await RepeatStore(store).write(lambda _: 1)
    assert store.kept == {}

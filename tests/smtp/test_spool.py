"""Where content waits while it comes."""

import asyncio
import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.mail.errors import Fault
from gateway.smtp.spool import PREFIX, Spool
from tests.smtp.kit import Run

NINE = datetime(2026, 11, 2, 9, tzinfo=UTC)


def spool(tmp_path: Path, memory: int = 1000, each: int = 100) -> Spool:
    return Spool(tmp_path, memory=memory, each=each, rate=2**30)


def test_small_content_stays_in_memory(run: Run, tmp_path):
    async def keep():
        found = spool(tmp_path)
        intake = found.open(60)
        for piece in (b"a" * 50, b"b" * 50):
            await intake.add(piece)
        content = await intake.finish()
        assert (content.size, content.head, content.data, content.path) == (
            100,
            b"a" * 50 + b"b" * 10,
            b"a" * 50 + b"b" * 50,
            None,
        )
        assert not found.reserve(901)
        intake.end()
        assert found.reserve(1000)
        assert list(tmp_path.iterdir()) == []

    run(keep())


@pytest.mark.parametrize("pieces", [[b"x" * 101], [b"x"] * 101, [b"x" * 100_000] * 5])
def test_big_content_goes_to_a_file_that_the_taker_owns(pieces, run: Run, tmp_path):
    async def keep():
        found = spool(tmp_path)
        intake = found.open(60)
        for piece in pieces:
            await intake.add(piece)
        content = await intake.finish()
        assert content.data is None
        assert content.path is not None
        intake.hand_over()
        intake.end()
        found.close()
        assert (content.size, content.head) == (len(b"".join(pieces)), b"x" * 60)
        assert content.digests is not None
        assert content.digests.whole == hashlib.sha256(b"".join(pieces)).hexdigest()
        assert found.reserve(1000)

    run(keep())
    [path] = tmp_path.iterdir()
    assert path.read_bytes() == b"".join(pieces)
    assert path.stat().st_mode & 0o777 == 0o600


def test_content_that_is_given_up_leaves_no_file(run: Run, tmp_path):
    async def keep():
        found = spool(tmp_path)
        for finishes in (False, True):
            intake = found.open(60)
            await intake.add(b"x" * 500)
            if finishes:
                await intake.finish()
            intake.end()
            intake.end()
        found._threads.shutdown(wait=True)
        assert list(tmp_path.iterdir()) == []
        assert found.reserve(1000)

    run(keep())


def test_a_session_cancelled_while_it_writes_leaves_no_file(run: Run, tmp_path):
    async def keep():
        found = spool(tmp_path)
        intake = found.open(60)
        adding = asyncio.ensure_future(intake.add(b"x" * 500))
        await asyncio.sleep(0)
        adding.cancel()
        await asyncio.gather(adding, return_exceptions=True)
        intake.end()
        found._threads.shutdown(wait=True)
        assert list(tmp_path.iterdir()) == []
        assert found.reserve(1000)

    run(keep())


def test_memory_of_all_is_bounded_and_the_disk_takes_the_rest(run: Run, tmp_path):
    async def keep():
        found = spool(tmp_path, memory=150)
        intakes = [found.open(60) for _ in range(3)]
        for intake in intakes:
            await intake.add(b"x" * 70)
        contents = [await intake.finish() for intake in intakes]
        assert [content.data is None for content in contents] == [False, False, True]

    run(keep())


def test_a_directory_that_cannot_be_written_is_a_fault(run: Run, tmp_path):
    async def keep():
        found = spool(tmp_path / "absent")
        intake = found.open(60)
        with pytest.raises(Fault):
            await intake.add(b"x" * 500)
        intake.end()
        assert found.reserve(1000)

    run(keep())


def test_prepare_makes_the_directory_and_clears_what_a_crash_left(tmp_path):
    found = spool(tmp_path / "new" / "spool")
    found.prepare(NINE)
    directory = tmp_path / "new" / "spool"
    for name, age in ((f"{PREFIX}old", 1), (f"{PREFIX}new", -1), ("other", 1)):
        (directory / name).write_bytes(b"")
        at = (NINE - timedelta(hours=age)).timestamp()
        os.utime(directory / name, (at, at))
    found.prepare(NINE)
    assert sorted(path.name for path in directory.iterdir()) == [f"{PREFIX}new", "other"]

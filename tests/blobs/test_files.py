import asyncio
import errno
import hashlib
import os
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.blobs.files import FileBlobs
from gateway.mail.errors import Fault
from gateway.ports.blobs import INLINE_BYTES
from gateway.ports.correspondence import Kept
from gateway.ports.reception import Content

ACME = "ten_acme"
SMALL = b"s" * INLINE_BYTES
LARGE = b"l" * (INLINE_BYTES + 1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def run(coroutine):
    return asyncio.run(coroutine)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


async def whole(blobs, digest, tenant_id=ACME):
    return b"".join([piece async for piece in blobs.read(tenant_id, digest)])


@pytest.fixture
def blobs(tmp_path):
    return FileBlobs(tmp_path / "blobs")


def content(tmp_path, data):
    path = tmp_path / "spooled"
    path.write_bytes(data)
    return Content(len(data), data[:100], path=str(path))


def test_small_bytes_come_back_to_ride_in_the_transaction(blobs):
    assert run(blobs.keep(ACME, SMALL)) == Kept(ACME, sha256(SMALL), len(SMALL), SMALL)
    assert list(blobs.listed()) == []


def test_a_small_file_is_read_and_gone(blobs, tmp_path):
    given = content(tmp_path, SMALL)
    assert run(blobs.keep(ACME, given)) == Kept(ACME, sha256(SMALL), len(SMALL), SMALL)
    assert not Path(given.path).exists()


@pytest.mark.parametrize("how", ["bytes", "data", "path"])
def test_large_bytes_lie_in_a_file_of_their_company(blobs, tmp_path, how):
    given = {
        "bytes": lambda: LARGE,
        "data": lambda: Content(len(LARGE), b"", data=LARGE),
        "path": lambda: content(tmp_path, LARGE),
    }[how]()
    assert run(blobs.keep(ACME, given)) == Kept(ACME, sha256(LARGE), len(LARGE), None)
    assert run(whole(blobs, sha256(LARGE))) == LARGE
    path = Path(run(blobs.path(ACME, sha256(LARGE))))
    assert path == tmp_path / "blobs" / ACME / sha256(LARGE)[:2] / sha256(LARGE)
    assert path.stat().st_mode & 0o777 == 0o600
    ((tenant_id, digest, size, _),) = blobs.listed()
    assert (tenant_id, digest, size) == (ACME, sha256(LARGE), len(LARGE))
    assert not (tmp_path / "spooled").exists()
    with pytest.raises(Fault):
        run(whole(blobs, sha256(LARGE), "ten_bolt"))


def test_a_file_of_the_same_file_system_is_moved_not_copied(blobs, tmp_path):
    given = content(tmp_path, LARGE)
    inode = Path(given.path).stat().st_ino
    run(blobs.keep(ACME, given))
    assert Path(run(blobs.path(ACME, sha256(LARGE)))).stat().st_ino == inode


def test_a_file_of_another_file_system_is_copied(blobs, tmp_path):
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    path = elsewhere / f"postroom-test-{os.getpid()}"
    path.write_bytes(LARGE)
    run(blobs.keep(ACME, Content(len(LARGE), b"", path=str(path))))
    assert run(whole(blobs, sha256(LARGE))) == LARGE
    assert not path.exists()
    assert list((tmp_path / "blobs" / "tmp").iterdir()) == []


def test_the_same_bytes_are_kept_once_and_count_as_new(blobs, tmp_path):
    run(blobs.keep(ACME, LARGE))
    path = Path(run(blobs.path(ACME, sha256(LARGE))))
    os.utime(path, (0, 0))
    inode = path.stat().st_ino
    run(blobs.keep(ACME, content(tmp_path, LARGE)))
    assert path.stat().st_ino == inode
    assert not (tmp_path / "spooled").exists()
    ((_, _, _, kept_at),) = blobs.listed()
    assert kept_at > LONG_AGO


def test_a_file_that_was_cut_off_is_replaced(blobs):
    run(blobs.keep(ACME, LARGE))
    path = Path(run(blobs.path(ACME, sha256(LARGE))))
    path.write_bytes(b"")
    run(blobs.keep(ACME, LARGE))
    assert run(whole(blobs, sha256(LARGE))) == LARGE


def test_what_was_removed_is_missing(blobs):
    run(blobs.keep(ACME, LARGE))
    run(blobs.remove(ACME, sha256(LARGE)))
    run(blobs.remove(ACME, sha256(LARGE)))
    with pytest.raises(Fault):
        run(blobs.path(ACME, sha256(LARGE)))
    with pytest.raises(Fault):
        run(whole(blobs, sha256(LARGE)))


@pytest.mark.parametrize(
    ("tenant_id", "digest"),
    [
        ("..", "a" * 64),
        ("ten/x", "a" * 64),
        ("", "a" * 64),
        (ACME, "../../../etc/passwd"),
        (ACME, "A" * 64),
        (ACME, "a" * 63),
        (ACME, "\0" * 64),
    ],
)
def test_a_name_that_is_none_of_ours_leads_nowhere(blobs, tenant_id, digest):
    with pytest.raises(Fault):
        run(blobs.path(tenant_id, digest))


def test_old_blobs_that_nobody_refers_to_are_swept(blobs):
    used, orphan, young = (LARGE + bytes([number]) for number in range(3))
    for data in (used, orphan, young):
        run(blobs.keep(ACME, data))
    for data in (used, orphan):
        os.utime(run(blobs.path(ACME, sha256(data))), (0, 0))

    async def is_referenced(_tenant_id, digest):
        return digest == sha256(used)

    assert run(blobs.sweep(is_referenced, LONG_AGO)) == 1
    assert {digest for _, digest, *_ in blobs.listed()} == {sha256(used), sha256(young)}


def test_a_blob_that_is_kept_again_while_swept_stays(blobs):
    run(blobs.keep(ACME, LARGE))
    os.utime(run(blobs.path(ACME, sha256(LARGE))), (0, 0))

    async def is_referenced(_tenant_id, _digest):
        await blobs.keep(ACME, LARGE)
        return False

    assert run(blobs.sweep(is_referenced, LONG_AGO)) == 0
    assert run(whole(blobs, sha256(LARGE))) == LARGE


def test_a_start_removes_what_a_crash_left(blobs, tmp_path):
    leftover = tmp_path / "blobs" / "tmp" / "half"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"x")
    run(blobs.keep(ACME, LARGE))
    run(blobs.start())
    assert not leftover.exists()
    assert len(list(blobs.listed())) == 1


def test_a_disk_that_takes_no_more_is_a_fault_and_leaves_nothing(blobs, tmp_path):
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limit[1]))
    try:
        with pytest.raises(Fault, match=os.strerror(errno.EFBIG)):
            run(blobs.keep(ACME, LARGE))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert list((tmp_path / "blobs" / "tmp").iterdir()) == []
    run(blobs.keep(ACME, LARGE))
    assert run(whole(blobs, sha256(LARGE))) == LARGE


def test_kept_at_is_the_present(blobs):
    run(blobs.keep(ACME, LARGE))
    ((_, _, _, kept_at),) = blobs.listed()
    assert abs(datetime.now(UTC) - kept_at) < timedelta(minutes=1)

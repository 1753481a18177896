"""Verify, backup and restore."""

import asyncio
import hashlib
import io
import json
import sqlite3
import tarfile
from datetime import timedelta

import pytest

from gateway.blobs.files import FileBlobs
from gateway.mail.errors import ConfigError, Fault
from gateway.ports.correspondence import Kept
from gateway.store.backup import write_backup
from gateway.store.engine import DATABASE_FILE
from gateway.store.lock import InUse
from gateway.store.restore import read_backup
from gateway.store.verify import findings
from tests.store.conftest import only_sqlite
from tests.store.make import (
    ACME,
    NINE,
    add_conversation,
    attachment,
    delivery,
    event,
    inbound,
    invoice,
    kept,
    message,
    payment,
    person,
    receipt,
    tenant,
)

LARGE = b"large" * 100_000
NO_GRACE = timedelta(seconds=-5)


@pytest.fixture
def blobs(tmp_path, opener):
    return FileBlobs(tmp_path / "blobs")


@pytest.fixture
def full(store, blobs):
    """A store with a row in every table that matters, and a blob."""
    large = store.run(blobs.keep(ACME, LARGE))

    def prepare(work):
        work.tenants.add(tenant())
        add_conversation(work)
        work.conversations.add_participant(person())
        work.contents.add(large)
        work.messages.add(
            message(
                message_id="a@b",
                raw_sha256=kept().sha256,
                attachments=(attachment(content=large),),
            )
        )
        work.deliveries.add(delivery(signature=b"\x00\xff"))
        work.spool.add(inbound("msg_2", kept(b"raw")), kept(b"raw"), again_since=NINE)
        work.invoices.add(invoice(pdf_attachment_id="att_1", message_id="msg_1"))
        work.invoices.add_payment(ACME, payment())
        work.invoices.add_receipt(ACME, receipt())
        for number in range(3):
            work.events.add(event(f"evt_{number}"))

    store.write(prepare)
    return store


def verified(store, blobs, grace=NO_GRACE):
    return store.run(findings(store.store, blobs, grace=grace))


def test_a_sound_store_has_no_findings(full, blobs):
    assert verified(full, blobs) == []


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        pytest.param(
            "UPDATE content SET size = size + 1 WHERE data IS NOT NULL",
            "its bytes are not those it was made of",
            id="another size",
        ),
        pytest.param("UPDATE content SET data = NULL", "is missing", id="no blob"),
        pytest.param(
            "UPDATE content SET size = 1 WHERE data IS NULL", "its bytes are not", id="blob's size"
        ),
        pytest.param("UPDATE event SET sequence = 9 WHERE sequence = 2", "gaps", id="event gap"),
        pytest.param("DELETE FROM event WHERE sequence = 3", "counter says 3", id="event lost"),
        pytest.param("UPDATE receipt SET number = 2", "gaps", id="receipt gap"),
        pytest.param(
            "UPDATE conversation SET invoice_ids = ''", "list of invoices", id="invoice list"
        ),
        pytest.param(
            "UPDATE conversation SET merged_into = 'cnv_9'",
            "merged_into cnv_9 is no conversation",
            id="broken reference",
        ),
        pytest.param(
            "UPDATE delivery SET tenant_id = 'ten_house'",
            "message_id msg_1 is no message of its company",
            id="reference into another company",
        ),
        pytest.param(
            "DELETE FROM content WHERE sha256 = '" + kept(b"raw").sha256 + "'",
            "inbound msg_2: its bytes",
            id="spooled bytes lost",
        ),
        pytest.param("DELETE FROM attachment", "nothing", id="attachment lost"),
    ],
)
def test_damage_is_told(full, blobs, damage, told):
    full.execute(damage)
    found = verified(full, blobs)
    if told == "nothing":
        assert found == ["invoice inv_1: pdf_attachment_id att_1 is no attachment of its company"]
    else:
        assert any(told in finding for finding in found)


def test_damaged_bytes_of_a_blob_are_told(full, blobs):
    sha256 = hashlib.sha256(LARGE).hexdigest()
    path = full.run(blobs.path(ACME, sha256))
    with open(path, "r+b") as file:  # noqa: PTH123
        file.write(b"X")
    assert verified(full, blobs) == [
        f"blob {sha256} of {ACME}: its bytes are not those it was made of"
    ]


def test_an_orphan_blob_is_told_after_its_grace(full, blobs):
    orphan = full.run(blobs.keep(ACME, LARGE + b"!"))
    assert verified(full, blobs, timedelta(hours=1)) == []
    assert verified(full, blobs) == [f"blob {orphan.sha256} of {ACME}: nothing refers to it"]


@only_sqlite
def test_a_damaged_file_is_told(full, blobs):
    full.close()
    database = full.where / DATABASE_FILE
    octets = bytearray(database.read_bytes())
    for place in range(8192, len(octets), 4096):
        octets[place : place + 200] = b"\xff" * 200
    database.write_bytes(octets)
    full.store._is_open = True
    assert any("damaged" in finding or "malformed" in finding for finding in verified(full, blobs))


def snapshot(store):
    """Return all rows of all tables."""
    return {
        table: sorted(map(repr, store.rows(f"SELECT * FROM {table}")))
        for table in ("tenant", "content", "message", "delivery", "inbound", "event", "invoice")
    }


@pytest.fixture
def elsewhere(request, tmp_path):
    """Give an empty place of a kind of database: SQLite, or PostgreSQL."""
    made = []

    def place(kind):
        if kind == "sqlite":
            return tmp_path / "elsewhere"
        server = request.getfixturevalue("postgres")
        made.append((server, server.create()))
        return server.url(made[-1][1])

    yield tmp_path, place
    for server, name in made:
        server.drop(name)


@pytest.mark.parametrize(
    "target", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_a_backup_brings_everything_back_on_either_database(full, blobs, opener, elsewhere, target):
    tmp_path, place = elsewhere
    secret, dkim = tmp_path / "secret", tmp_path / "dkim"
    secret.write_text("s3cret")
    (dkim / "keys").mkdir(parents=True)
    (dkim / "keys" / "a.pem").write_text("key")
    files = {"secret": secret, "dkim": dkim, "missing": tmp_path / "missing"}
    copy = tmp_path / "copy.tar"
    told = full.run(write_backup(full.store, blobs, copy, files=files))
    assert (told["blobs"], copy.stat().st_mode & 0o777) == (1, 0o600)

    where = place(target)
    there = FileBlobs(tmp_path / "blobs2")
    places = {"secret": tmp_path / "new" / "secret", "dkim": tmp_path / "new" / "dkim"}
    full.run(read_backup(copy, where, there, files=places))
    restored = opener(where)
    assert verified(restored, there) == []
    if restored.is_sqlite == full.is_sqlite:
        assert snapshot(restored) == snapshot(full)
    assert (tmp_path / "new" / "secret").read_text() == "s3cret"
    assert (tmp_path / "new" / "dkim" / "keys" / "a.pem").read_text() == "key"
    item = restored.read(lambda work: work.deliveries.get(ACME, "dlv_1"))
    assert item == full.read(lambda work: work.deliveries.get(ACME, "dlv_1"))
    restored.write(lambda work: work.messages.add(message("msg_new")))
    restored.write(lambda work: work.events.add(event("evt_new")))
    assert verified(restored, there) == []


def test_a_backup_beside_writers_is_consistent(full, blobs, tmp_path, opener):
    copy = tmp_path / "copy.tar"

    async def write_on():
        for number in range(60):
            content = kept(b"mail %d" % number)
            item = inbound(f"msg_w{number}", content)

            def job(work, item=item, content=content):
                work.events.add(event(item.id))
                work.spool.add(item, content, again_since=NINE)

            await full.store.write(job)

    async def both():
        task = asyncio.create_task(write_on())
        await write_backup(full.store, blobs, copy)
        await task

    full.run(both())
    where = tmp_path / "elsewhere"
    full.run(read_backup(copy, where, blobs))
    restored = opener(where)
    assert verified(restored, blobs) == []


def test_a_store_in_use_is_not_replaced(full, blobs, tmp_path):
    copy = tmp_path / "copy.tar"
    full.run(write_backup(full.store, blobs, copy))
    with pytest.raises(InUse):
        full.run(read_backup(copy, full.where, blobs, overwrite=True))


def test_a_store_that_holds_data_is_replaced_only_if_told(full, blobs, tmp_path, opener):
    copy = tmp_path / "copy.tar"
    full.run(write_backup(full.store, blobs, copy))
    full.write(lambda work: work.events.add(event("evt_late")))
    full.close()
    with pytest.raises(Fault, match="holds data"):
        full.run(read_backup(copy, full.where, blobs))
    full.run(read_backup(copy, full.where, blobs, overwrite=True))
    restored = opener(full.where)
    assert restored.read(lambda work: work.events.last(ACME)) == 3
    assert verified(restored, blobs) == []


def archive(path, **members):
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({}, id="empty"),
        pytest.param({"other.txt": b""}, id="foreign file"),
        pytest.param({"postroom-backup.json": b'{"format": 9}'}, id="newer format"),
        pytest.param(
            {"postroom-backup.json": json.dumps({"format": 1, "tables": "9999"}).encode()},
            id="newer tables",
        ),
        pytest.param({"blobs__..__..__x": b""}, id="climbing out"),
    ],
)
def test_what_is_no_backup_of_ours_is_refused(tmp_path, blobs, members):
    copy = archive(tmp_path / "copy.tar", **members)
    with pytest.raises((Fault, ConfigError)):
        asyncio.run(read_backup(copy, tmp_path / "data", blobs))
    garbage = tmp_path / "garbage.tar"
    garbage.write_bytes(b"no tar" * 1000)
    with pytest.raises(Fault):
        asyncio.run(read_backup(garbage, tmp_path / "data", blobs))


def test_a_backup_whose_blob_was_altered_is_refused(full, blobs, tmp_path):
    copy, bad = tmp_path / "copy.tar", tmp_path / "bad.tar"
    full.run(write_backup(full.store, blobs, copy))
    with tarfile.open(copy) as good, tarfile.open(bad, "w") as tar:
        for member in good:
            data = good.extractfile(member).read()
            if member.name.startswith("blobs/"):
                data = b"X" + data[1:]
            tar.addfile(member, io.BytesIO(data))
    with pytest.raises(Fault, match="other bytes"):
        full.run(read_backup(bad, tmp_path / "elsewhere", FileBlobs(tmp_path / "b2")))


def test_a_blob_that_is_missing_fails_the_backup_and_leaves_no_file(full, blobs, tmp_path):
    full.write(lambda work: work.contents.add(Kept(ACME, "a" * 64, 10, None)))
    copy = tmp_path / "copy.tar"
    with pytest.raises(Fault):
        full.run(write_backup(full.store, blobs, copy))
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == []


@only_sqlite
def test_the_copy_of_sqlite_is_a_database(full, blobs, tmp_path):
    copy = tmp_path / "copy.tar"
    full.run(write_backup(full.store, blobs, copy))
    with tarfile.open(copy) as tar:
        tar.extract("database/postroom.db", tmp_path, filter="data")
    with sqlite3.connect(tmp_path / "database" / "postroom.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)

"""`export`: a company as a file that other programs read."""

import hashlib
import json
import stat
import zipfile

import pytest

from tests.journeys.company import invoice_mail, octets
from tests.journeys.place import FAILED, Sender

pytestmark = pytest.mark.journey


def rows(archive, name):
    return [json.loads(line) for line in archive.read(name).decode().splitlines()]


def test_a152_everything_of_a_company_is_in_it_and_nothing_of_others(place, acme):
    other = place.company(f"Other {place.is_running}")
    ids = {}
    for owner, number in ((acme, "E-1"), (other, "SECRET-9")):
        mail = octets(invoice_mail(Sender(owner), number, "jana@client.example"))
        sent = place("send", place.mail(f"{number}.eml", mail), "--json").row
        ids[number] = sent["id"]
    file = place.directory / f"acme-{place.is_running}.zip"
    told = place("export", acme["slug"], file, "--json").row
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        about = json.loads(archive.read("company.json"))
        assert about["company"]["slug"] == acme["slug"]
        invoices = rows(archive, "invoices.jsonl")
        assert "E-1" in [one["number"] for one in invoices]
        messages = rows(archive, "messages.jsonl")
        assert told["messages"] == len(messages)
        for message in messages:
            for one in message["attachments"]:
                (name,) = [
                    n for n in archive.namelist() if n.startswith(f"attachments/{one['id']}/")
                ]
                assert hashlib.sha256(archive.read(name)).hexdigest() == one["sha256"]
        assert b"E-1" in archive.read(f"mail/{ids['E-1']}.eml")
        events = rows(archive, "events.jsonl")
        assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
        whole = b"".join(archive.read(name) for name in archive.namelist())
        assert b"SECRET-9" not in whole
        assert acme["api_key"].encode() not in whole


def test_a_file_that_exists_is_not_overwritten(place, acme):
    file = place.directory / f"there-{place.is_running}.zip"
    file.write_bytes(b"mine")
    assert "exists" in place.refuses("export", acme["slug"], file, code=FAILED)
    assert file.read_bytes() == b"mine"
    bait = place.directory / f".fresh-{place.is_running}.zip.part"
    bait.symlink_to(file)
    place("export", acme["slug"], place.directory / f"fresh-{place.is_running}.zip")
    assert file.read_bytes() == b"mine"
    bait.unlink()
    place.refuses("export", acme["slug"], place.directory / "none" / "x.zip", code=FAILED)
    place.refuses("export", "nobody", place.directory / "x.zip", code=FAILED)
    assert not list(place.directory.glob(".*.part"))

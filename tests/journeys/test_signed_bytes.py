"""A next hop defers, DKIM keys are rotated, it takes the mail: the bytes of the first try."""

import threading
from asyncio import Event, new_event_loop
from contextlib import contextmanager

import dkim
import pytest

from gateway.mail.dkim.keys import key_record
from gateway.runtime.dkim_keys import DkimKeys
from tests.journeys.company import ADMIN, Company
from tests.journeys.process import gateway
from tests.smtp.fakehop import FakeHop

pytestmark = pytest.mark.journey


@contextmanager
def in_thread(hop):
    ready, loop, done = threading.Event(), new_event_loop(), Event()

    async def serve():
        async with hop.running():
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield hop
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(10)


def signatures(running, content):
    """Return what dkimpy says of each signature, by its selector."""
    keys = DkimKeys(running.data_dir / "dkim", ("rsa-sha256", "ed25519-sha256"))
    zone = {
        f"{key.selector}._domainkey.mail.example.com.": key_record(key.signing.private).encode()
        for key in keys.all()
    }
    found = {}
    for at in range(content.count(b"DKIM-Signature:")):
        checked = dkim.DKIM(content)
        is_good = checked.verify(at, dnsfunc=lambda name, **_: zone[name.decode()])
        found[checked.signature_fields[b"s"].decode()] = is_good
    return found


def is_active(key):
    return key["state"] == "active"


def test_a_mail_that_was_put_off_keeps_its_bytes_and_signatures_when_keys_are_rotated(tmp_path):
    hop = FakeHop(script={"dot": "451 4.3.0 Come back later"}, offers=("8BITMIME", "PIPELINING"))
    with in_thread(hop):
        relay = f'[relay]\nnext_hop = "smtp://127.0.0.1:{hop.port}"\nretry = ["1h"]\n'
        with gateway(tmp_path, settings=ADMIN + relay) as running:
            company = Company.added(running, "Acme")
            mail = (
                f"From: {company.address}\r\nTo: jana@client.example\r\nSubject: Faktúra č. 1\r\n"
                "Content-Type: text/plain; charset=utf-8\r\n\r\nDobrý deň\r\n.\r\n"
            ).encode()
            message_id = company.submit(mail, ["jana@client.example"])
            delivery = company.delivery(message_id, "deferred")
            before = {one["selector"] for one in running.json("dkim", "list") if is_active(one)}

            running.json("dkim", "rotate", "--force")
            after = {one["selector"] for one in running.json("dkim", "list") if is_active(one)}
            assert len(before) == len(after) == 2
            assert not before & after
            hop.script, hop.offers = {}, ("SIZE 100000",)
            running.json("queue", "retry", delivery["id"])
            done = company.delivery(message_id, "sent")
            company.close()
    first, second = hop.heard
    assert [one["reply"].split()[0] for one in done["attempts"]] == ["451", "250"]
    assert first == second
    assert signatures(running, second) == dict.fromkeys(before, True)

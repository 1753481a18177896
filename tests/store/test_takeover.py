"""After a crash nothing waits for the leases of the process that is gone."""

from datetime import timedelta

import pytest

from gateway.ports.queues import Lease
from gateway.store.opening import open_store
from tests.flow.desk import open_desk

pytestmark = pytest.mark.anyio
LONG = Lease("gone", timedelta(hours=1))


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_what_a_dead_process_had_claimed_is_claimed_again_at_once(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice()
        await desk.context.store.write(lambda work: work.deliveries.claim(LONG, 10))
    async with open_store(tmp_path) as store:
        again = await store.write(
            lambda work: work.deliveries.claim(Lease("next", timedelta(minutes=1)), 10)
        )
    assert [one.message_id for one in again] == [sent.message_id]


async def test_what_a_dead_process_was_verifying_is_verified_again_at_once(tmp_path):
    async with open_desk(tmp_path) as desk:
        desk.ingest.verifies = True
        raw = b"From: jana@client.example\n\nHello\n"
        message_id = await desk.receive(raw, "acme-sro@mail.example.com")
        await desk.context.store.write(lambda work: work.spool.claim_to_verify(LONG.duration, 10))
    async with open_store(tmp_path) as store:
        again = await store.write(lambda work: work.spool.claim_to_verify(LONG.duration, 10))
    assert [one.id for one in again] == [message_id]

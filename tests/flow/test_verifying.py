"""Senders are verified after their mail is shown, and no crash loses the question."""

import asyncio
from datetime import timedelta

import pytest

from gateway.flow.ingest import Ingest
from gateway.flow.verifying import Verifying
from gateway.mail.errors import Fault
from gateway.ports.reception import Peer
from gateway.ports.tally import NoTally
from gateway.ports.verifier import Authentication, DmarcSeen, Received, SpfSeen
from gateway.rules.model import Suppression
from tests.flow.desk import open_desk

pytestmark = pytest.mark.anyio

JANA = "jana@client.example"
PASS = Authentication(
    spf=SpfSeen("pass", "client.example"),
    dmarc=DmarcSeen("pass", "reject", "client.example"),
    verdict="pass",
    author="Jana@client.example",
)
NO_DNS = Authentication(dmarc=DmarcSeen("temperror", None, "client.example"))
MAIL = f"From: Jana <{JANA}>\nSubject: Hello\n\nHello!\n".encode()
LARGE = MAIL + b"x" * 70 + b"\n" * 300_000


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Scripted:
    """A verifier that answers from a list; an exception in it is raised."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def verify(self, mail):
        self.asked.append(mail)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def verifies(desk):
    desk.ingest = Ingest(desk.context, desk.parser, NoTally(), verifies=True)


async def receive(desk, raw=MAIL):
    verifies(desk)
    return await desk.receive(raw, "acme-sro@mail.example.com")


async def verdict(desk, message_id):
    return (await desk.message(message_id)).authentication["verdict"]


async def verify(desk, verifier):
    """Verify what waits, until every answer of the script was used."""
    verifying = Verifying(desk.context, verifier, NoTally())
    running = asyncio.create_task(verifying.run())
    seen = 0
    async with asyncio.timeout(20):
        while verifier.answers or verifying.busy:
            seen = await desk.context.store.wait("never", seen, 0.02)
    await verifying.stop(0)
    running.cancel()


async def claimed(desk, span=timedelta(0)):
    return await desk.context.store.write(lambda work: work.spool.claim_to_verify(span, 9))


async def test_a_message_is_shown_before_its_sender_is_verified(tmp_path):
    async with open_desk(tmp_path) as desk:
        message_id = await receive(desk)
        assert await verdict(desk, message_id) == "pending"
        verifier = Scripted(PASS)
        await verify(desk, verifier)
        message = await desk.message(message_id)
        assert message.authentication == PASS.shown()
        assert message.text == "Hello!"
        raw = MAIL.replace(b"\n", b"\r\n")
        peer = Peer("192.0.2.9", 4711, "client.example")
        assert verifier.asked == [Received(raw, JANA, peer)]
        assert await claimed(desk) == []


async def test_a_large_mail_is_verified_from_its_file(tmp_path):
    async with open_desk(tmp_path) as desk:
        await receive(desk, LARGE)
        verifier = Scripted(PASS)
        await verify(desk, verifier)
        (asked,) = verifier.asked
        assert asked.source.read_bytes() == LARGE.replace(b"\n", b"\r\n")


async def test_what_a_crash_left_behind_is_taken_up_again(tmp_path):
    async with open_desk(tmp_path) as desk:
        message_id = await receive(desk)
        (first,) = await claimed(desk)
        assert first.id == message_id
        await verify(desk, Scripted(PASS))
        assert await verdict(desk, message_id) == "pass"


async def test_what_is_claimed_is_left_to_its_claimer(tmp_path):
    async with open_desk(tmp_path) as desk:
        await receive(desk)
        assert len(await claimed(desk, timedelta(minutes=1))) == 1
        assert await claimed(desk) == []


async def test_where_dns_is_away_what_is_known_is_shown_and_asked_again_later(tmp_path):
    async with open_desk(tmp_path) as desk:
        message_id = await receive(desk)
        await verify(desk, Scripted(NO_DNS))
        assert (await desk.message(message_id)).authentication == NO_DNS.shown()
        assert await claimed(desk) == []  # due in a minute
        assert await to_verify(desk) == 1


async def test_after_an_hour_it_is_not_asked_again(tmp_path):
    async with open_desk(tmp_path) as desk:
        message_id = await receive(desk)
        desk.clock.pass_by(hours=2)
        await verify(desk, Scripted(NO_DNS))
        assert await verdict(desk, message_id) == "none"
        assert await to_verify(desk) == 0


@pytest.mark.parametrize("error", [Fault("the disk is away"), RuntimeError("a mistake of ours")])
async def test_what_makes_us_fail_is_tried_again_later(tmp_path, error):
    async with open_desk(tmp_path) as desk:
        message_id = await receive(desk)
        await verify(desk, Scripted(error))
        assert await verdict(desk, message_id) == "pending"
        assert await to_verify(desk) == 1


async def test_without_verification_the_verdict_is_none(tmp_path):
    async with open_desk(tmp_path) as desk:
        message_id = await desk.receive(MAIL, "acme-sro@mail.example.com")
        assert await verdict(desk, message_id) == "none"
        assert await to_verify(desk) == 0


@pytest.mark.parametrize(
    ("kind", "answer", "stays"),
    [
        pytest.param("bounce", PASS, False, id="bounced before"),
        pytest.param("full", PASS, False, id="full before"),
        pytest.param("complaint", PASS, True, id="complained"),
        pytest.param("bounce", Authentication(verdict="fail", author=JANA), True, id="forged"),
    ],
)
async def test_authenticated_mail_lifts_a_suppression_but_a_complaint(
    tmp_path, kind, answer, stays
):
    async with open_desk(tmp_path) as desk:
        now, tenant_id = desk.clock.now(), desk.tenant.id
        await desk.context.store.write(
            lambda work: work.suppressions.add(Suppression(tenant_id, JANA, kind, "x", now))
        )
        await receive(desk)
        await verify(desk, Scripted(answer))
        found = await desk.read(lambda work: work.suppressions.get(tenant_id, JANA))
        assert (found is not None) is stays


async def to_verify(desk):
    """Return how many wait to be verified, now or later."""
    with desk.context.store.engine().connect() as connection:
        query = "SELECT count(*) FROM inbound WHERE verify_at IS NOT NULL"
        return connection.exec_driver_sql(query).scalar()

"""Who hears by mail of a submitted mail's fate: the service that asked, and nobody else."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from gateway.flow.lateness import LateNotices
from gateway.flow.submitter_reports import SubmitterReports
from gateway.mail.envelope import Envelope, Recipient
from gateway.ports.lists import Page
from gateway.ports.reception import Content, Peer
from tests.fakes import BUSY, NO_SUCH_USER
from tests.flow.desk import POLICY, open_desk

SERVICE = "bounces@service.example"
ALL = ("SUCCESS", "FAILURE", "DELAY")
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def submit(desk, notify=ALL, *, sender=SERVICE, ret=None):
    author = desk.enrolled.tenant.slug + "@" + desk.context.names.sender
    raw = f"From: {author}\r\nTo: jana@client.example\r\nSubject: Hi\r\n\r\nHello\r\n".encode()
    envelope = Envelope(
        sender, (Recipient("jana@client.example", notify, "rfc822;JANA@client.example"),), ret, "e1"
    )
    peer = Peer("127.0.0.1", 0, "service.example", tenant_id=desk.tenant.id)
    reply = await desk.submission.accept(envelope, Content(len(raw), raw, raw), peer)
    assert reply.code == 250, reply
    return reply.text.rpartition(" ")[2]


async def reports(desk):
    """Write what is ordered; returns all reports as (delivery, mail)."""
    await SubmitterReports(desk.context).work_off()
    listed = await desk.read(lambda work: work.messages.page(desk.tenant.id, Page(100)))
    found = []
    for message in listed.items:
        if message.kind == "report":
            (delivery,) = await desk.deliveries(message.id)
            raw = await desk.raw(delivery)
            found.append((delivery, message_from_bytes(raw, policy=policy.default)))
    return found


def told(mail):
    about, recipient = mail.get_payload()[1].get_payload()
    assert about["Original-Envelope-Id"] == "e1"
    assert recipient["Original-Recipient"] == "rfc822; JANA@client.example"
    return recipient["Action"], recipient["Status"]


async def test_a_refused_mail_is_reported_to_the_service_once(tmp_path):
    async with open_desk(tmp_path) as desk:
        await submit(desk)
        await desk.deliver(NO_SUCH_USER)
        ((delivery, mail),) = await reports(desk)
        assert (delivery.recipient.address, delivery.sender, delivery.state) == (
            SERVICE,
            "",
            "queued",
        )
        assert told(mail) == ("failed", "5.1.1")
        assert mail["To"] == SERVICE
        assert "550 5.1.1 No such user" in mail.get_payload()[0].get_content()
        assert await SubmitterReports(desk.context).work_off() == 0


@pytest.mark.parametrize("notify", [(), ("NEVER",), ("SUCCESS", "DELAY")])
async def test_who_did_not_ask_hears_nothing_of_a_failure(tmp_path, notify):
    async with open_desk(tmp_path) as desk:
        await submit(desk, notify)
        await desk.deliver(NO_SUCH_USER)
        assert await reports(desk) == []


@pytest.mark.parametrize("sender", ["", "acme-s-r-o@mail.example.com", "b-x@bounce.example.com"])
async def test_nobody_and_our_own_addresses_get_no_report(tmp_path, sender):
    async with open_desk(tmp_path) as desk:
        await submit(desk, sender=sender)
        await desk.deliver(NO_SUCH_USER)
        assert await reports(desk) == []
        assert await desk.read(lambda work: work.facts.under("report:", 10)) == {}


async def test_an_accepted_mail_is_reported_where_the_next_hop_reports_nothing(tmp_path):
    async with open_desk(tmp_path) as desk:
        await submit(desk)
        await desk.deliver()
        ((_, mail),) = await reports(desk)
        assert told(mail) == ("relayed", "2.0.0")


async def test_a_next_hop_that_reports_is_left_to_do_it(tmp_path):
    async with open_desk(tmp_path) as desk:
        message_id = await submit(desk, ("SUCCESS",))
        _, relay = await desk.deliver(reports=True)
        assert relay.sent[0].recipient.notify == ("SUCCESS", "FAILURE")
        assert await reports(desk) == []
        (delivery,) = await desk.deliveries(message_id)
        raw = REPORT.replace(b"RETURN_PATH", delivery.sender.encode())
        await desk.receive(raw, delivery.sender, sender="")
        ((_, mail),) = await reports(desk)
        assert told(mail) == ("delivered", "2.0.0")
        await desk.receive(raw + b"again\n", delivery.sender, sender="")
        assert len(await reports(desk)) == 1


REPORT = b"""From: MAILER-DAEMON@mx.client.example
To: RETURN_PATH
Subject: Delivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

It arrived.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.client.example

Final-Recipient: rfc822; jana@client.example
Action: delivered
Status: 2.0.0

--b--
"""


async def test_a_mail_that_waits_long_is_reported_with_the_time_until_which_it_is_tried(tmp_path):
    async with open_desk(tmp_path) as desk:
        await submit(desk)
        await desk.deliver(BUSY)
        desk.clock.pass_by(hours=4)
        await LateNotices(desk.context, timedelta(hours=4), POLICY).tell()
        ((_, mail),) = await reports(desk)
        assert told(mail) == ("delayed", "4.3.0")
        _, recipient = mail.get_payload()[1].get_payload()
        assert recipient["Will-Retry-Until"]


async def test_the_whole_mail_goes_back_with_ret_full(tmp_path):
    async with open_desk(tmp_path) as desk:
        await submit(desk, ret="FULL")
        await desk.deliver(NO_SUCH_USER)
        ((_, mail),) = await reports(desk)
        assert "Hello" in mail.get_payload()[2].get_payload(0).get_content()


async def test_a_report_that_is_refused_is_not_reported_and_opens_nothing(tmp_path):
    async with open_desk(tmp_path) as desk:
        message_id = await submit(desk, ("SUCCESS",))
        await desk.deliver()
        ((delivery, _),) = await reports(desk)
        (ended,), relay = await desk.deliver(NO_SUCH_USER)
        assert (ended.id, ended.state, relay.sent[0].sender) == (delivery.id, "bounced", "")
        assert len(await reports(desk)) == 1
        message = await desk.message(message_id)
        assert not (await desk.conversation(message.conversation_id)).failed
        assert await desk.read(lambda work: work.suppressions.get(desk.tenant.id, SERVICE)) is None

"""Reports about TLS: sent the day after, to who asked; others' summed up."""

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest

from gateway.flow.tls_reports import TlsReports, TlsTally, read_report, summaries
from gateway.mail.errors import Fault
from gateway.ports.lists import Page
from gateway.ports.outward import HttpAnswer
from gateway.ports.relay import Assurance, Attempted, NextHop, NoAnswer, TlsPolicy
from gateway.rules.model import HOUSE_TENANT_ID
from gateway.rules.outcome import NextHopKind
from tests.fakes import NO_SUCH_USER, TAKEN, FakeOutward
from tests.flow.desk import open_desk

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Texts:
    """DNS that knows who wants reports."""

    def __init__(self, records):
        self.records = records

    async def txt(self, name):
        found = self.records.get(name)
        if found is None:
            raise NoAnswer(name)
        return [found]


def attempted(*, kind=NextHopKind.MX, is_new=True, end=TAKEN, tls="TLSv1.3 mta-sts"):
    assurance = Assurance(TlsPolicy.MTA_STS, domain="client.example", lines=("version: STSv1",))
    hop = NextHop("mx.client.example", 25, "192.0.2.1", kind, assurance=assurance)
    stage, answer = end
    return Attempted(hop, tls, stage, answer, 1, is_new=is_new)


def reports_of(desk, records, outward=None):
    tally = TlsTally()
    return tally, TlsReports(desk.context, tally, Texts(records), outward or FakeOutward())


async def sent(desk):
    listed = await desk.read(lambda work: work.messages.page(HOUSE_TENANT_ID, Page(100)))
    found = []
    for message in listed.items:
        if message.kind == "tls_report":
            (delivery,) = await desk.deliveries(message.id)
            raw = await desk.raw(delivery)
            found.append((delivery, message_from_bytes(raw, policy=policy.default)))
    return found


WANTED = {"_smtp._tls.client.example": "v=TLSRPTv1; rua=mailto:tls@client.example"}


async def test_the_day_after_one_mail_tells_how_it_went(tmp_path):
    async with open_desk(tmp_path) as desk:
        tally, reports = reports_of(desk, WANTED)
        for one in (
            attempted(),
            attempted(end=NO_SUCH_USER),
            attempted(is_new=False),
            attempted(kind=NextHopKind.SMARTHOST),
            attempted(kind=NextHopKind.OWN),
        ):
            tally.note("Client.example", one, desk.clock.now())
        await reports.keep()
        tally.note("client.example", attempted(), desk.clock.now())
        await reports.keep()
        assert await reports.send() == 0  # the day is not over
        desk.clock.pass_by(days=1)
        assert await reports.send() == 1
        assert await reports.send() == 0
        ((delivery, mail),) = await sent(desk)
        assert (delivery.recipient.address, delivery.sender) == ("tls@client.example", "")
        assert mail.get_param("report-type") == "tlsrpt"
        assert mail["TLS-Report-Domain"] == "client.example"
        _, packed = mail.iter_parts()
        assert packed.get_content_type() == "application/tlsrpt+gzip"
        told = json.loads(gzip.decompress(packed.get_content()))
        assert told["policies"][0]["summary"]["total-successful-session-count"] == 3


async def test_what_was_counted_is_kept_at_the_end(tmp_path):
    async with open_desk(tmp_path) as desk:
        tally, reports = reports_of(desk, WANTED)
        tally.note("client.example", attempted(), desk.clock.now())
        await reports.stop(10)
        assert len(await desk.read(lambda work: work.facts.under("tls:", 10))) == 1


async def test_domains_that_want_none_get_none(tmp_path):
    async with open_desk(tmp_path) as desk:
        tally, reports = reports_of(desk, {})
        tally.note("client.example", attempted(), desk.clock.now())
        await reports.keep()
        desk.clock.pass_by(days=1)
        assert await reports.send() == 0
        assert await sent(desk) == []
        assert await desk.read(lambda work: work.facts.under("tls:", 10)) == {}


@pytest.mark.parametrize(
    ("answer", "by_https"), [(HttpAnswer(201, {}, b""), True), (Fault("refused"), False)]
)
async def test_an_https_address_is_tried_in_its_turn(tmp_path, answer, by_https):
    async with open_desk(tmp_path) as desk:
        outward = FakeOutward([answer])
        rua = "v=TLSRPTv1; rua=https://r.example/tls,mailto:tls@client.example"
        tally, reports = reports_of(desk, {"_smtp._tls.client.example": rua}, outward)
        tally.note("client.example", attempted(), desk.clock.now())
        await reports.keep()
        desk.clock.pass_by(days=1)
        assert await reports.send() == 1
        ((method, url, headers, body),) = outward.asked
        assert (method, url) == ("POST", "https://r.example/tls")
        assert headers["Content-Type"] == "application/tlsrpt+gzip"
        assert json.loads(gzip.decompress(body))["policies"]
        assert len(await sent(desk)) == (0 if by_https else 1)


def others_report(octets):

    body = base64.b64encode(octets).decode()
    return (
        "From: tls@big.example\nTo: postmaster@mail.example.com\nSubject: Report Domain\n"
        "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=tlsrpt; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nReport\n"
        "--b\nContent-Type: application/tlsrpt+gzip\nContent-Transfer-Encoding: base64\n\n"
        f"{body}\n--b--\n"
    ).encode()


YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
REPORT = {
    "organization-name": "Big Mail",
    "date-range": {
        "start-datetime": "2026-11-28T00:00:00Z",
        "end-datetime": "2026-11-28T23:59:59Z",
    },
    "policies": [
        {
            "policy": {"policy-type": "sts", "policy-domain": "reply.example.com"},
            "summary": {"total-successful-session-count": 90, "total-failure-session-count": 10},
            "failure-details": [{"result-type": "certificate-expired", "failed-session-count": 10}],
        }
    ],
}


async def test_reports_of_others_are_summed_up_once(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, reports = reports_of(desk, {})
        raw = others_report(gzip.compress(json.dumps(REPORT).encode()))
        await desk.receive(raw, "postmaster@mail.example.com", sender="tls@big.example")
        assert await reports.take_in() == 1
        assert await reports.take_in() == 0
        (told,) = await desk.read(summaries)
        assert (told["organization"], told["success"], told["failure"]) == ("Big Mail", 90, 10)
        assert told["failures"] == {"certificate-expired": 10}


async def test_mail_that_only_looks_like_a_report_is_left_alone(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, reports = reports_of(desk, {})
        for octets in (b"nonsense", gzip.compress(b"[]"), gzip.compress(b" " * 10_000_000)):
            raw = others_report(octets)
            await desk.receive(raw, "postmaster@mail.example.com", sender="tls@big.example")
        assert await reports.take_in() == 0
        assert await desk.read(summaries) == []


def test_a_bomb_is_not_unpacked():
    assert read_report(gzip.compress(b"[" * 50_000_000)) is None


async def test_old_sums_are_forgotten(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, reports = reports_of(desk, {})
        old = json.loads(json.dumps(REPORT).replace(YESTERDAY, "2020-01-01"))
        for told in (old, REPORT):
            raw = others_report(gzip.compress(json.dumps(told).encode()))
            await desk.receive(raw, "postmaster@mail.example.com", sender="tls@big.example")
            desk.clock.at += timedelta(seconds=1)
        await reports.take_in()
        assert [one["ends"] for one in await desk.read(summaries)] == [YESTERDAY]

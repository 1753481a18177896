"""Attacks on conversations: strangers, leaked tokens, forged reports, other companies."""

import email
import statistics
import time
from email.message import EmailMessage

import pytest

from gateway.flow.drafts import AnswerDraft, TenantDraft
from gateway.flow.refusal import Refused
from gateway.mail.envelope import Envelope, Recipient
from gateway.mail.replies import Reply
from gateway.ports.lists import Page
from gateway.ports.reception import Content, Peer
from gateway.rules.outcome import Stage
from gateway.rules.tokens import PersonRef, answer_token
from tests.flow.desk import JANA, KEYS, PEER, open_desk
from tests.flow.test_answer_journey import address, answer, sent_mail

pytestmark = pytest.mark.anyio

SAMPLES = 2000
"""Measurements of each kind; two kinds may differ by 2 ms in their medians."""


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def recipients(desk):
    """Return everybody to whom a copy was ever queued."""
    found = await desk.read(lambda work: work.deliveries.page(desk.tenant.id, Page(100)))
    return {one.recipient.address for one in found.items}


async def suppressed(desk, who):
    return await desk.read(lambda work: work.suppressions.get(desk.tenant.id, who)) is not None


def report(recipient, *, text="unknown", number=1):
    return (
        f"From: mailer-daemon@client.example\nSubject: Undelivered\nMessage-ID: <r{number}@x>\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nIt did not arrive.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.client.example\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n"
        f"Diagnostic-Code: smtp; 550 5.1.1 {text}\n--b--\n"
    ).encode()


async def test_a29_who_stands_in_cc_of_an_answer_gets_nothing_and_no_link(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, _, mail = await sent_mail(desk)
        raw = answer(mail, extra="Cc: attacker@evil.example\n")
        await desk.receive(raw, address(mail))
        await desk.conversing.answer(
            desk.tenant, sent.invoice.conversation_id, AnswerDraft("Thank you")
        )
        people = await desk.read(
            lambda work: work.conversations.participants(
                desk.tenant.id, sent.invoice.conversation_id
            )
        )
        assert await recipients(desk) == {JANA.address}
        assert [one.mailbox.address for one in people] == [JANA.address]


@pytest.mark.parametrize("name", ["support", "admin", "hostmaster", "webmaster", "root", "ssl"])
async def test_a30_who_asks_for_a_certificate_finds_no_such_address(tmp_path, name):
    async with open_desk(tmp_path) as desk:
        for domain in ("mail.example.com", "reply.example.com", "bounce.example.com"):
            refused = await desk.receive(b"From: ca@x.test\n\ncode\n", f"{name}@{domain}")
            assert (refused.code, refused.enhanced) == (550, "5.1.1")


async def test_a32_tokens_are_not_found_by_trying_nor_told_apart(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, _, mail = await sent_mail(desk)
        good = address(mail)
        local, _, domain = good.partition("@")
        altered = f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"
        number = desk.tenant.number
        kinds = {
            "no token": f"acme-sro@{domain}",
            "altered": altered,
            "nobody's": f"x-{answer_token(KEYS, PersonRef(number + 7, 1))}@{domain}",
        }
        replies, times = {}, {name: [] for name in kinds}
        for count in range(SAMPLES):
            for name, recipient in kinds.items():
                began = time.perf_counter()
                reply = await desk.reception.judge("a@b.test", (), recipient, PEER)
                times[name].append(time.perf_counter() - began)
                replies[name] = str(reply)
            assert await guess(desk, count, domain) == replies["altered"]
        assert len(set(replies.values())) == 1
        medians = [statistics.median(one) for one in times.values()]
        assert max(medians) - min(medians) < 0.002


async def guess(desk, count, domain):
    """Try a token that chance made."""
    token = f"r{'abcd'[count % 4]}" + desk.context.chance.octets(20).hex()[:32].translate(LETTERS)
    return str(await desk.reception.judge("a@b.test", (), f"x-{token}@{domain}", PEER))


TAKEN_REPLY = Reply(250, "2.0.0", "Taken")
LETTERS = str.maketrans("0189", "wxyz")


async def test_a34_a_token_places_a_mail_whatever_its_references_name(tmp_path):
    async with open_desk(tmp_path) as desk:
        first, _, mail = await sent_mail(desk, "2026-1")
        other, _, elsewhere = await sent_mail(desk, "2026-2")
        assert first.invoice.conversation_id != other.invoice.conversation_id
        named = elsewhere["Message-ID"]
        raw = answer(mail, extra=f"In-Reply-To: {named}\nReferences: {named}\n")
        message = await desk.message(await desk.receive(raw, address(mail)))
        assert message.conversation_id == first.invoice.conversation_id


async def test_a36_the_token_of_the_envelope_counts_not_that_of_the_header(tmp_path):
    async with open_desk(tmp_path) as desk:
        first, _, mail = await sent_mail(desk, "2026-1")
        _, _, elsewhere = await sent_mail(desk, "2026-2")
        message = await desk.message(await desk.receive(answer(elsewhere), address(mail)))
        assert message.conversation_id == first.invoice.conversation_id


async def test_a38_an_answer_to_a_removed_company_is_refused_as_an_unknown_address_is(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, _, mail = await sent_mail(desk)
        unknown = await desk.receive(answer(mail), "nobody@reply.example.com")
        await desk.companies.remove(desk.tenant.id)
        await desk.directory.refresh()
        assert await desk.receive(answer(mail), address(mail)) == unknown


async def test_a54_a_login_writes_as_its_own_company_alone(tmp_path):
    async with open_desk(tmp_path) as desk:
        other = await desk.companies.add(TenantDraft("Beta"))
        peer = Peer("192.0.2.9", 4711, "x", login="acme", tenant_id=desk.tenant.id)
        replies = []
        for author in (
            "beta@mail.example.com",
            "acme-sro@mail.example.com, beta@mail.example.com",
            "ceo@bank.example",
            "beta@mail.example.com <acme-sro@mail.example.com>",
        ):
            raw = f"From: {author}\r\nTo: jana@client.example\r\n\r\nHello\r\n".encode()
            envelope = Envelope("acme-sro@mail.example.com", (Recipient(JANA.address),))
            content = Content(len(raw), raw, raw)
            replies.append(str(await desk.submission.accept(envelope, content, peer)))
        assert replies == ["550 5.7.1 From must be the company's own address"] * 4
        assert await recipients(desk) == set()
        assert other.tenant.slug == "beta"


async def test_a58_a_report_without_a_token_suppresses_nobody(tmp_path):
    async with open_desk(tmp_path) as desk:
        await sent_mail(desk)
        bare = await desk.receive(report(JANA.address), "bounce@bounce.example.com", sender="")
        assert (bare.code, bare.enhanced) == (550, "5.1.1")
        await desk.receive(report(JANA.address), "acme-sro@mail.example.com", sender="")
        assert not await suppressed(desk, JANA.address)


async def test_a59_a_report_concerns_its_own_delivery_whatever_address_it_names(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, delivery, _ = await sent_mail(desk)
        await desk.deliver((Stage.DOT, TAKEN_REPLY))
        await desk.receive(report("victim@elsewhere.example"), delivery.sender, sender="")
        assert not await suppressed(desk, "victim@elsewhere.example")


async def test_a60_a61_many_reports_of_one_delivery_change_its_state_once(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, delivery, _ = await sent_mail(desk)
        await desk.deliver((Stage.DOT, TAKEN_REPLY))
        long = "x" * 1_000_000
        for number in range(12):
            raw = report(JANA.address, text=long if number == 0 else "unknown", number=number)
            await desk.receive(raw, delivery.sender, sender="")
        (left,) = await desk.deliveries(sent.message_id)
        bounced = [one for one in await desk.events() if one.type == "message.bounced"]
        assert (left.state, len(bounced)) == ("bounced", 1)
        assert len(left.reason.verbatim) <= 4096


async def test_a61_a_report_nested_deep_is_kept_and_decides_nothing(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, delivery, _ = await sent_mail(desk)
        raw = report(JANA.address)
        for _ in range(30):
            outer = EmailMessage()
            outer["From"] = "x@y.test"
            outer.add_attachment(email.message_from_bytes(raw))
            raw = outer.as_bytes()
        assert isinstance(await desk.receive(raw, delivery.sender, sender=""), str)
        (left,) = await desk.deliveries(sent.message_id)
        assert left.state == "queued"


async def test_a69_a_removed_companys_queue_stops_and_its_links_show_nothing(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, _, _ = await sent_mail(desk)
        await desk.companies.remove(desk.tenant.id)
        ended, relay = await desk.deliver()
        assert (ended, relay.sent) == ([], [])
        with pytest.raises(Refused) as refused:
            await desk.visits.open(sent.view_url.rpartition("/")[2])
        assert JANA.name not in str(refused.value)


async def test_a140_an_unknown_login_takes_as_long_as_a_wrong_password(tmp_path):
    async with open_desk(tmp_path) as desk:
        login = desk.enrolled.username
        times = {login: [], "nobody-at-all": []}
        for _ in range(SAMPLES):
            for name, taken in times.items():
                began = time.perf_counter()
                assert await desk.submission.authenticate(name, "wrong", PEER) is None
                taken.append(time.perf_counter() - began)
        known, unknown = (statistics.median(one) for one in times.values())
        assert abs(known - unknown) < 0.002

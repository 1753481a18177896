"""After an erasure nothing brings a person back: no late report, no late answer."""

import email

import pytest

from gateway.flow.drafts import AnswerDraft
from gateway.flow.privacy import Privacy
from gateway.flow.sorting import Sorting
from gateway.mail.mailbox import Mailbox
from gateway.rules.erasure import ERASED_ADDRESS
from gateway.store.verify import findings
from tests.flow.desk import open_desk
from tests.flow.test_answer_journey import address, answer, sent_mail

pytestmark = pytest.mark.anyio

REPORT = (
    "From: mailer-daemon@client.example\nSubject: Undelivered\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    "--b\nContent-Type: text/plain\n\nJana Mal is unknown here: jana@client.example\n"
    "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.client.example\n\n"
    "Final-Recipient: rfc822; jana@client.example\nAction: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; 550 5.1.1 jana@client.example unknown\n--b--\n"
)


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def erase(desk, who="jana@client.example"):
    return await Privacy(desk.context, desk.directory, desk.context.store.fold).erase(
        desk.tenant, who
    )


async def addresses(desk, conversation_id):
    """Return every address in a conversation's messages."""
    return {one.from_.address for one in await desk.messages(conversation_id)}


async def test_a151_a_late_answer_is_refused_and_a_late_report_dropped(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, delivery, mail = await sent_mail(desk)
        first = answer(mail)
        taken = await desk.receive(first, address(mail))
        await erase(desk)

        late = await desk.receive(answer(mail, number=2), address(mail))
        assert (late.code, late.enhanced) == (550, "5.1.1")
        report = await desk.receive(REPORT.encode(), delivery.sender, sender="")
        assert await desk.message(report) is None
        assert await desk.read(lambda work: work.suppressions.get(desk.tenant.id, JANA)) is None
        seen = await addresses(desk, sent.invoice.conversation_id)
        assert seen == {ERASED_ADDRESS}
        assert (await desk.message(taken)).text == ""
        await desk.context.store.fold()
        leaked = b"jana@client" in b"".join(
            one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()
        )
        assert not leaked


async def test_f63_a_copy_that_waits_is_cancelled(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, delivery, _ = await sent_mail(desk)
        await erase(desk)
        ended, relay = await desk.deliver()
        assert (ended, relay.sent) == ([], [])
        (left,) = await desk.deliveries(sent.message_id)
        assert (left.id, left.state) == (delivery.id, "cancelled")


async def test_who_writes_anew_after_an_erasure_is_a_new_person(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, _, mail = await sent_mail(desk)
        ours = email.message_from_string(f"In-Reply-To: {mail['Message-ID']}\n\n")
        await erase(desk)
        raw = answer(mail, number=3, extra=f"In-Reply-To: {ours['In-Reply-To']}\n")
        message = await desk.message(await desk.receive(raw, "acme-sro@mail.example.com"))
        assert message.conversation_id != sent.invoice.conversation_id
        assert message.from_.address == "jana@client.example"


@pytest.mark.parametrize("stays", ["hers", "his", "his, split again"])
async def test_a151_a_merge_hides_nobody_and_takes_nobody_else_along(tmp_path, stays):
    async with open_desk(tmp_path) as desk:
        sent, _, mail = await sent_mail(desk)
        await desk.receive(answer(mail), address(mail))
        hers = sent.invoice
        petr = await desk.invoice("2", customer=PETR, message="For Petr alone.")
        places = [hers.conversation_id, petr.invoice.conversation_id]
        old, into = places if stays.startswith("his") else reversed(places)
        sorting = Sorting(desk.context)
        await sorting.merge(desk.tenant, old, into)
        if "split" in stays:
            await sorting.split(desk.tenant, into, [sent.message_id])
        to_both = await desk.conversing.answer(desk.tenant, into, AnswerDraft("Dear Jana Malá"))
        await erase(desk)

        found = await desk.read(lambda work: work.invoices.get(desk.tenant.id, hers.id))
        assert (found.customer["email"], found.message) == (ERASED_ADDRESS, "")
        kept = await desk.read(lambda work: work.invoices.get(desk.tenant.id, petr.invoice.id))
        assert kept.customer["email"] == PETR.address
        his = await desk.message(petr.message_id)
        assert "For Petr alone." in his.text
        assert len(his.attachments) == 1
        first = await desk.message(sent.message_id)
        assert (first.text, len(first.attachments)) == ("", 0)
        assert "jana" not in (await desk.message(to_both.id)).text.lower()
        for place in places:
            conversation = await desk.conversation(place)
            assert "jana" not in repr(conversation).lower()
        assert await findings(desk.context.store, desk.context.blobs) == []
        for one in await desk.deliveries(to_both.id):
            assert one.recipient.address in {ERASED_ADDRESS, PETR.address}


JANA = "jana@client.example"
PETR = Mailbox("Petr", "petr@other.example")

"""An invoice goes out, and what becomes of it."""

import email
import email.policy

import pytest

from gateway.flow.refusal import Kind, Refused
from gateway.mail.mailbox import Mailbox
from tests.fakes import BUSY, NO_SUCH_USER, TAKEN
from tests.flow.desk import JANA, PDF, open_desk

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_an_invoice_mail_says_who_where_and_how_to_answer(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice()
        (delivery,) = await desk.deliveries(sent.message_id)
        mail = email.message_from_bytes(await desk.raw(delivery), policy=email.policy.default)
        message = await desk.message(sent.message_id)
        assert (str(mail["From"]), mail["To"].addresses[0].addr_spec) == (
            '"Acme s.r.o." <acme-sro@mail.example.com>',
            "jana@client.example",
        )
        assert str(mail["Reply-To"]).startswith('"Acme s.r.o." <acme-sro-r')
        assert str(mail["Message-ID"]) == f"<{message.message_id}>"
        assert str(mail["Subject"]) == message.subject
        html = mail.get_body(("html",)).get_content()
        assert ">View invoice<" in html.replace("\n", "").replace("> ", ">").replace(" <", "<")
        assert sent.view_url in html
        assert "Click here to download PDF" in html
        assert sent.pdf_url in html


async def test_bodies_of_copies_are_seven_bit(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice(message="Ďakujeme za objednávku.")
        (delivery,) = await desk.deliveries(sent.message_id)
        raw = await desk.raw(delivery)
        assert raw.isascii()
        assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")


async def test_the_same_number_again_is_a_conflict_unless_it_replaces_the_old_one(tmp_path):
    async with open_desk(tmp_path) as desk:
        first = await desk.invoice()
        with pytest.raises(Refused) as refused:
            await desk.invoice()
        second = await desk.invoice(replaces="2026-0142")
        assert (refused.value.kind, refused.value.param) == (Kind.CONFLICT, "number")
        assert second.invoice.replaces == first.invoice.id
        assert second.invoice.conversation_id == first.invoice.conversation_id


async def test_a52_a_customer_on_our_own_domain_is_refused(tmp_path):
    async with open_desk(tmp_path) as desk:
        with pytest.raises(Refused) as refused:
            await desk.invoice(customer=Mailbox("", "x@reply.example.com"))
        assert refused.value.param == "customer.email"


async def test_a63_everybody_in_copy_gets_a_token_of_their_own(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice(cc=("boss@client.example",))
        deliveries = await desk.deliveries(sent.message_id)
        mails = [email.message_from_bytes(await desk.raw(one)) for one in deliveries]
        assert {one.recipient.address for one in deliveries} == {
            "jana@client.example",
            "boss@client.example",
        }
        assert len({mail["Reply-To"] for mail in mails}) == 2
        assert len({mail["Message-ID"] for mail in mails}) == 1


async def test_a_taken_mail_is_delivered_and_told_of(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice()
        (delivery,), relay = await desk.deliver(TAKEN)
        stored = (await desk.deliveries(sent.message_id))[0]
        assert (stored.state, len(stored.attempts), stored.tries) == ("delivered", 1, 1)
        assert relay.sent[0].content[0].startswith(b"DKIM-Signature")
        assert [event.type for event in await desk.events()] == [
            "conversation.created",
            "message.queued",
            "invoice.sent",
            "message.delivered",
        ]
        assert delivery.state == "delivered"


async def test_a_deferred_mail_is_tried_again_with_the_same_bytes(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice()
        _, first = await desk.deliver(BUSY)
        waiting = (await desk.deliveries(sent.message_id))[0]
        again, none = await desk.deliver()
        await desk.dispatch.retry(desk.tenant.id, waiting.id)
        _, second = await desk.deliver(TAKEN)
        assert (waiting.state, waiting.reason.verbatim) == ("deferred", "451 4.3.0 Busy")
        assert (again, none.sent) == ([], [])
        first_body = b"".join(first.sent[0].content[1:])
        assert b"".join(second.sent[0].content[1:]) == first_body


async def test_a_refused_address_bounces_suppresses_and_reopens(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice()
        await desk.deliver(NO_SUCH_USER)
        bounced = (await desk.deliveries(sent.message_id))[0]
        conversation = await desk.conversation(sent.invoice.conversation_id)
        second = await desk.invoice("2026-0143")
        suppressed = (await desk.deliveries(second.message_id))[0]
        assert (bounced.state, bounced.reason.key) == ("bounced", "no_such_address")
        assert (conversation.failed, conversation.status) == (True, "open")
        assert (suppressed.state, suppressed.reason.key) == ("suppressed", "no_such_address")


async def test_a_suppressed_mail_can_be_sent_anyway_once(tmp_path):
    async with open_desk(tmp_path) as desk:
        await desk.invoice()
        await desk.deliver(NO_SUCH_USER)
        second = await desk.invoice("2026-0143")
        (suppressed,) = await desk.deliveries(second.message_id)
        await desk.dispatch.retry(desk.tenant.id, suppressed.id)
        (ended,), _ = await desk.deliver(TAKEN)
        assert ended.state == "delivered"


async def test_mail_on_a_held_route_waits_for_its_release(tmp_path):
    async with open_desk(tmp_path, held=["client.example"]) as desk:
        sent = await desk.invoice()
        (held,) = await desk.deliveries(sent.message_id)
        nothing, _ = await desk.deliver()
        await desk.dispatch.release(desk.tenant.id, held.id)
        (ended,), _ = await desk.deliver(TAKEN)
        assert (held.state, nothing, ended.state) == ("held", [], "delivered")


async def test_a_final_state_can_not_be_retried(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice()
        await desk.deliver(TAKEN)
        (delivery,) = await desk.deliveries(sent.message_id)
        with pytest.raises(Refused) as refused:
            await desk.dispatch.retry(desk.tenant.id, delivery.id)
        assert refused.value.kind is Kind.CONFLICT


async def test_a68_a_company_beyond_its_rate_is_told_when_to_come_back(tmp_path):
    async with open_desk(tmp_path, rate=1) as desk:
        await desk.invoice()
        with pytest.raises(Refused) as refused:
            await desk.invoice("2026-0143")
        assert refused.value.kind is Kind.TOO_MANY
        assert 3590 <= refused.value.retry_after <= 3601


async def test_the_pdf_is_attached_where_the_company_wants_it_always(tmp_path):
    async with open_desk(tmp_path) as desk:
        await desk.companies.change(desk.tenant.id, {"attach_pdf": "always"})
        desk.tenant = await desk.companies.find(desk.tenant.id)
        sent = await desk.invoice()
        (delivery,) = await desk.deliveries(sent.message_id)
        mail = email.message_from_bytes(await desk.raw(delivery))
        (pdf,) = [part for part in mail.walk() if part.get_filename()]
        assert (pdf.get_filename(), pdf.get_payload(decode=True)) == ("invoice.pdf", PDF)


async def test_an_invoice_that_is_not_sent_can_be_seen_and_sent_later(tmp_path):
    async with open_desk(tmp_path) as desk:
        kept = await desk.invoice(send=False)
        visit = await desk.visits.open(kept.view_url.rpartition("/")[2])
        nothing, _ = await desk.deliver()
        sent = await desk.submissions.resend_invoice(desk.tenant, kept.invoice.id)
        (ended,), _ = await desk.deliver(TAKEN)
        assert (kept.message_id, nothing) == (None, [])
        assert visit.invoices[0].number == "2026-0142"
        assert (ended.message_id, ended.recipient) == (sent.message_id, JANA)


async def test_a_mail_with_another_bank_account_than_before_points_it_out(tmp_path):
    first, second = "SK9611000000002918599669", "DE89370400440532013000"
    words = "The bank account differs from the one on our earlier invoices."
    async with open_desk(tmp_path) as desk:
        said = []
        for number, iban in (("1", first), ("2", first), ("3", second), ("4", second)):
            sent = await desk.invoice(number=number, payment={"iban": iban})
            (delivery,) = await desk.deliveries(sent.message_id)
            mail = email.message_from_bytes(await desk.raw(delivery), policy=email.policy.default)
            text = mail.get_body(("plain",)).get_content()
            said.append(words in " ".join(text.split()))
        assert said == [False, False, True, False]

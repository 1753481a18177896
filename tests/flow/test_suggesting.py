"""Suggestions beside a message: they are shown, and change nothing."""

from pathlib import Path

import pytest

from gateway.flow.drafts import TenantDraft
from tests.flow.desk import open_desk
from tests.flow.test_answer_journey import DSN

pytestmark = pytest.mark.anyio

CASES = Path(__file__).parents[1] / "cases" / "einvoice"
PLAIN = "acme-sro@mail.example.com"


@pytest.fixture
def anyio_backend():
    return "asyncio"


def mail(text, *, subject="Question", extra=""):
    return (
        f"From: Jana <jana@client.example>\nTo: {PLAIN}\nSubject: {subject}\n"
        f"Date: Tue, 7 Apr 2026 10:00:00 +0200\n{extra}\n{text}\n"
    ).encode()


async def test_numbers_of_the_company_s_invoices_are_suggested_and_thread_nothing(tmp_path):
    async with open_desk(tmp_path) as desk:
        await desk.invoice("2026-0142")
        await desk.invoice("FV-9", kind="quote")
        raw = mail("About FV-9 and 2026-0777, due 2026.", subject="Invoice 2026-0142?")
        message = await desk.message(await desk.receive(raw, PLAIN))
        assert message.suggestions["invoice_numbers"] == ["2026-0142", "FV-9"]
        assert message.threading.rule == "new"


async def test_another_company_s_numbers_are_not_known(tmp_path):
    async with open_desk(tmp_path) as desk:
        await desk.invoice("2026-0142")
        await desk.companies.add(TenantDraft("Other"))
        other = "other@mail.example.com"
        message_id = await desk.receive(mail("2026-0142"), other)
        message = await desk.read(lambda work: work.messages.get(None, message_id))
        assert message.suggestions == {}


async def test_ibans_of_the_new_text_are_suggested_not_those_of_the_quotation(tmp_path):
    async with open_desk(tmp_path) as desk:
        text = (
            "Please refund to SK31 1200 0000 1987 4263 7541.\n\nOn 7 April 2026 Acme wrote:\n"
            "> IBAN DE89 3704 0044 0532 0130 00\n"
        )
        message = await desk.message(await desk.receive(mail(text), PLAIN))
        assert message.suggestions["ibans"] == ["SK3112000000198742637541"]


async def test_an_out_of_office_note_suggests_return_and_substitute(tmp_path):
    async with open_desk(tmp_path) as desk:
        text = (
            "Som na dovolenke do 12. apríla.\n"
            "V naliehavých prípadoch kontaktujte Peter Novák, peter@client.example."
        )
        raw = mail(text, extra="Auto-Submitted: auto-replied\n")
        message = await desk.message(await desk.receive(raw, PLAIN))
        assert message.automatic == "auto_reply"
        assert message.suggestions == {
            "invoice_numbers": [],
            "ibans": [],
            "returns_on": "2026-04-13",
            "substitute": {"name": "Peter Novák", "address": "peter@client.example"},
        }


async def test_a_person_s_holiday_is_nobody_s_business(tmp_path):
    async with open_desk(tmp_path) as desk:
        message = await desk.message(
            await desk.receive(mail("I am on holiday until 13 April."), PLAIN)
        )
        assert message.suggestions == {}


async def test_a_report_suggests_nothing(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice("2026-0142")
        (delivery,) = await desk.deliveries(sent.message_id)
        raw = DSN.format(
            to=delivery.sender, recipient="jana@client.example", status="5.1.1", words="2026-0142"
        ).encode()
        message = await desk.message(await desk.receive(raw, delivery.sender, sender=""))
        assert message.suggestions == {}


async def test_an_electronic_invoice_among_the_attachments_is_told(tmp_path):
    async with open_desk(tmp_path) as desk:
        xml = (CASES / "ubl_invoice.xml").read_text()
        raw = mail(
            f"--b\nContent-Type: text/plain\n\nOurs.\n--b\nContent-Type: application/xml; "
            f"name=invoice.xml\n\n{xml}\n--b--\n",
            extra="MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n",
        )
        message = await desk.message(await desk.receive(raw, PLAIN))
        (attachment,) = message.attachments
        assert attachment.document == {
            "kind": "ubl",
            "number": "FV/2026/0142",
            "total": "1254.00",
            "currency": "EUR",
            "due": "2026-04-21",
        }

"""Quotation that nothing announces: told by the copy that was sent."""

import email

import pytest

from gateway.flow.drafts import AnswerDraft
from gateway.mail.reading import Reading
from tests.fakes import TAKEN
from tests.flow.desk import open_desk

pytestmark = pytest.mark.anyio

SWAHILI = "Habari,\n\nasante kwa ankara. Tutalipa kabla ya Ijumaa.\n\nJana\n"


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def sent_mail(desk):
    sent = await desk.invoice()
    (delivery,) = await desk.deliveries(sent.message_id)
    return sent, email.message_from_bytes(await desk.raw(delivery))


def words_of(mail):
    (text,) = [part for part in mail.walk() if part.get_content_type() == "text/plain"]
    return text.get_payload(decode=True).decode().replace("\r\n", "\n")


def answer(mail, text, extra="", to=None):
    return (
        f"From: Jana <jana@client.example>\nTo: {to or mail['Reply-To']}\nSubject: Jibu\n"
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
        f"Message-ID: <jibu@client.example>\n{extra}\n{text}"
    ).encode()


def address(mail):
    return email.utils.parseaddr(mail["Reply-To"])[1]


@pytest.mark.parametrize("named", [True, False], ids=["in-reply-to", "token alone"])
async def test_our_words_are_folded_in_a_language_of_no_table_and_without_marks(tmp_path, named):
    async with open_desk(tmp_path) as desk:
        _, mail = await sent_mail(desk)
        extra = f"In-Reply-To: {mail['Message-ID']}\n" if named else ""
        raw = answer(mail, f"{SWAHILI}\n{words_of(mail)}", extra)
        message = await desk.message(await desk.receive(raw, address(mail)))
        assert message.text == SWAHILI.strip()
        assert "Here is the invoice." in message.quoted_text
        assert message.full_text.startswith("Habari")


async def test_a_wrapped_quotation_is_known_again(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, mail = await sent_mail(desk)
        flowing = " ".join(words_of(mail).split())
        wrapped = "\n".join(flowing[at : at + 400] for at in range(0, len(flowing), 400))
        raw = answer(mail, f"{SWAHILI}\n{wrapped}\n")
        message = await desk.message(await desk.receive(raw, address(mail)))
        assert message.text == SWAHILI.strip()


async def test_what_the_writer_says_below_stays(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, mail = await sent_mail(desk)
        raw = answer(mail, f"Habari\n\n{words_of(mail)}\nNitalipa kesho asubuhi, asante sana.\n")
        message = await desk.message(await desk.receive(raw, address(mail)))
        assert "Nitalipa kesho asubuhi" in message.text


async def test_the_company_s_latest_answer_is_known_again_too(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent, mail = await sent_mail(desk)
        await desk.deliver(TAKEN)
        said = "We sent the corrected invoice yesterday; please tell us whether it arrived well."
        out = await desk.conversing.answer(
            desk.tenant, sent.invoice.conversation_id, AnswerDraft(said)
        )
        (delivery,) = await desk.deliveries(out.id)
        copy = email.message_from_bytes(await desk.raw(delivery))
        raw = answer(copy, f"{SWAHILI}\n{said}\n")
        message = await desk.message(await desk.receive(raw, address(mail)))
        assert (message.text, message.quoted_text) == (SWAHILI.strip(), said)


async def test_an_answer_to_another_address_is_known_again_by_its_in_reply_to(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, mail = await sent_mail(desk)
        extra = f"In-Reply-To: {mail['Message-ID']}\n"
        plain = "acme-sro@mail.example.com"
        raw = answer(mail, f"{SWAHILI}\n{words_of(mail)}", extra, to=plain)
        message = await desk.message(await desk.receive(raw, plain))
        assert message.text == SWAHILI.strip()


async def test_a_mail_that_answers_nothing_of_ours_stays_whole(tmp_path):
    async with open_desk(tmp_path) as desk:
        _, mail = await sent_mail(desk)
        plain = "acme-sro@mail.example.com"
        raw = answer(mail, f"{SWAHILI}\n{words_of(mail)}", to=plain)
        message = await desk.message(await desk.receive(raw, plain))
        assert "Here is the invoice." in message.text


@pytest.mark.parametrize(
    "reading",
    [
        pytest.param(Reading(full_text="x " * 500, trim_method="html"), id="quotation found"),
        pytest.param(Reading(full_text="Thank you!"), id="too short"),
        pytest.param(Reading(full_text="x " * 100_000), id="too long"),
    ],
)
async def test_the_store_is_asked_only_where_a_quotation_may_hide(reading):
    from gateway.flow.recognising import recognised

    assert await recognised(None, None, reading) is reading

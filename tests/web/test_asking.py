"""Ready questions, the language of the page, and who the sender is."""

import re

import pytest

from gateway.rules.model import InvoiceStatus
from tests.web.kit import forms, with_web

SENTENCE = "Our order number is missing on 2026-0142. Please add it:"
PAYMENT = {"iban": "SK9611000000002918599669", "variable_symbol": "0042", "reference": "A-1"}


async def conversation_of(web, sent):
    return await web.context.store.read(
        lambda work: work.conversations.get(web.tenant.id, sent.invoice.conversation_id)
    )


@with_web()
async def test_a_ready_question_fills_the_form_and_looking_changes_nothing(web):
    sent, view, _ = await web.send()
    before = await conversation_of(web, sent)
    page = (await web.get(f"{view}?ask=order-number")).text
    assert f">{SENTENCE} </textarea>" in page
    assert 'name="about" value="order-number"' in page
    assert await conversation_of(web, sent) == before


@with_web()
async def test_a_ready_question_tags_the_conversation_once_beside_its_other_tags(web):
    sent, view, _ = await web.send()
    await web.services.conversing.change(web.tenant, sent.invoice.conversation_id, tags=("big",))
    for number in ("7731", "7732"):
        fields = {"text": f"{SENTENCE} {number}", "about": "order-number"}
        assert (await web.post(f"{view}/messages", fields)).status_code == 303
    assert (await conversation_of(web, sent)).tags == ("big", "order number missing")


@pytest.mark.parametrize("about", ["", "other", "<b>"])
@with_web()
async def test_what_no_chip_says_tags_nothing_and_fills_nothing(web, about):
    sent, view, _ = await web.send()
    await web.post(f"{view}/messages", {"text": "Hello", "about": about})
    assert (await conversation_of(web, sent)).tags == ()
    page = (await web.client.get(view, params={"ask": about})).text
    assert "></textarea>" in page
    assert 'name="about" value=""' in page


@with_web()
async def test_ready_questions_are_about_what_is_to_be_paid_alone(web):
    _, view, _ = await web.send(kind="quote")
    assert "?ask=" not in (await web.get(view)).text


@with_web()
async def test_a_cancelled_invoice_asks_no_questions(web):
    sent, view, _ = await web.send()
    assert "?ask=" in (await web.get(view)).text
    await web.services.billing.cancel(web.tenant, sent.invoice.id)
    assert (await web.invoice(sent.invoice.id)).status is InvoiceStatus.CANCELLED
    assert "?ask=" not in (await web.get(view)).text


@with_web()
async def test_a_customer_chooses_the_language_of_page_and_answers(web):
    sent, view, _ = await web.send()
    assert ("post", f"{view}/language") in forms((await web.get(view)).text)
    answer = await web.post(f"{view}/language", {"locale": "sk"})
    assert (answer.status_code, answer.headers["location"]) == (303, view)
    page = (await web.get(view)).text
    assert '<html lang="sk"' in page
    assert "Konverzácia" in page
    assert (await conversation_of(web, sent)).locale == "sk"


@pytest.mark.parametrize("locale", ["", "xx", "../en", "sk" * 50])
@with_web()
async def test_a_language_that_pages_do_not_speak_is_refused(web, locale):
    sent, view, _ = await web.send()
    before = await conversation_of(web, sent)
    answer = await web.post(f"{view}/language", {"locale": locale})
    assert answer.status_code == 422
    assert "Choose one of the languages of the page." in answer.text
    assert await conversation_of(web, sent) == before


@with_web()
async def test_the_page_says_who_sends_and_to_whom_half_hidden(web):
    sent, view, _ = await web.send()
    page = (await web.get(view)).text
    shown = re.search(r'<details class="whois">(.*?)</details>', page, re.DOTALL)[1]
    assert web.context.names.sender_mailbox(web.tenant).address in shown
    assert "•••@" in shown
    assert str(sent.invoice.customer["email"]) not in shown


@pytest.mark.parametrize(
    ("locale", "labels"),
    [("sk", ["Variabilný symbol", "Referencia"]), ("en", ["Reference"])],
)
@with_web()
async def test_a_slovak_reader_finds_the_variable_symbol_by_its_name(web, locale, labels):
    _, view, _ = await web.send(customer_locale=locale, payment=PAYMENT)
    page = (await web.get(view)).text
    terms = re.findall(
        "<dt>(.*?)</dt>", page[page.index('<details class="card fold-card" id="bank"') :]
    )
    assert [
        one for one in terms if one in {"Variabilný symbol", "Referencia", "Reference"}
    ] == labels
    assert "https://payme.sk/?V=1&amp;IBAN=SK9611000000002918599669" in page

"""By what customers know whose page and mail it is: two words of their own, a TEST mark."""

import html
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest

from gateway.flow.drafts import AnswerDraft
from gateway.mail.mailbox import Mailbox
from gateway.rules.phrases import phrase_of
from gateway.web.wording import wording
from tests.web.kit import with_web

LANGUAGES = ["en", "sk", "cs", "de", "fr", "es"]
OF_INVOICE = ("", "/paid", "/receipt", "/pay", "/pay/thanks", "/share")


async def mails(web, conversation_id):
    """The text and the HTML of every mail of a conversation, by recipient."""
    found = {}
    for delivery in await web.deliveries(conversation_id):
        kept = await web.context.store.read(
            lambda work, one=delivery: work.contents.get(web.tenant.id, one.raw_sha256)
        )
        mail = message_from_bytes(kept.data, policy=default)
        parts = [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]
        found.setdefault(delivery.recipient.address, []).append(parts)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@with_web()
async def test_all_mails_and_pages_show_a_customer_the_same_two_words(web, language):
    payment = {"iban": "SK9611000000002918599669", "url": "https://pay.example/1"}
    sent, view, _ = await web.send(customer_locale=language, payment=payment)
    conversation_id = sent.invoice.conversation_id
    await web.services.conversing.answer(web.tenant, conversation_id, AnswerDraft("Hello"))
    (person,) = await web.people(conversation_id)
    words = wording(language).pair(phrase_of(web.context.keys, web.tenant, person.mailbox.address))
    assert len(words) > 8
    for path in (view, *(f"{view}/invoices/{sent.invoice.id}{one}" for one in OF_INVOICE)):
        page = await web.get(path)
        assert (page.status_code, words in html.unescape(page.text)) == (200, True), path
    (two,) = (await mails(web, conversation_id)).values()
    assert len(two) == 2
    assert all(words in part for parts in two for part in parts)


@with_web()
async def test_each_recipient_has_words_of_their_own_and_accountants_have_none(web):
    eva = Mailbox("Eva", "eva@firma.example")
    sent, view, _ = await web.send(cc=(eva.address,))
    say, found = wording("en"), await mails(web, sent.invoice.conversation_id)
    words = {
        address: say.pair(phrase_of(web.context.keys, web.tenant, address)) for address in found
    }
    assert len({*words.values()}) == 2
    for address, ((text, _),) in found.items():
        assert [one for one in words if words[one] in text] == [address]
    shared = (await web.get(f"{view}/invoices/{sent.invoice.id}/share")).text
    path = shared.split('value="https://mail.test')[1].split('"')[0]
    page = html.unescape((await web.get(path)).text)
    assert "Invoice 2026-0142" in page
    assert not [one for one in words.values() if one in page]


@with_web()
async def test_a_company_that_wants_none_shows_none(web):
    web.tenant = await web.services.companies.change(web.tenant.id, {"pages": {"phrase": False}})
    sent, view, _ = await web.send()
    assert "two words" not in (await web.get(view)).text
    ((parts,),) = (await mails(web, sent.invoice.conversation_id)).values()
    assert not [part for part in parts if "two words" in part]


@with_web()
async def test_pages_and_mails_of_a_test_key_say_so_and_those_of_others_do_not(web):
    said = "Made with a test key: no mail of it leaves, and nothing is to be paid."
    _, live, _ = await web.send()
    assert said not in (await web.get(live)).text
    web.tenant = await web.services.companies.mirror(web.tenant)
    sent, view, _ = await web.send()
    shared = (await web.get(f"{view}/invoices/{sent.invoice.id}/share")).text
    accountants = shared.split('value="https://mail.test')[1].split('"')[0]
    for path in (view, f"{view}/invoices/{sent.invoice.id}/paid", accountants):
        page = (await web.get(path)).text
        assert "<strong>TEST</strong>" in page
        assert said in page
    (person,) = await web.people(sent.invoice.conversation_id)
    gone = replace(person, link_expires_at=person.created_at)
    await web.context.store.write(lambda work: work.conversations.change_participant(gone))
    assert said in (await web.get(view)).text
    ((parts,),) = (await mails(web, sent.invoice.conversation_id)).values()
    assert all(said in " ".join(part.split()) for part in parts)

"""Documents in the window: what each kind is called, credit notes, whose files these are."""

import html
import re
from email import message_from_bytes
from email.policy import default

import pytest

from gateway.flow.drafts import Document
from gateway.web.kinds import KINDS
from gateway.web.wording import wording
from tests.web.kit import PDF, with_web


def primary(page):
    """What the first blue button of a page says, and where it leads."""
    found = re.search(r'<a class="button primary" href="([^"]+)">([^<]+)</a>', page.text)
    return (html.unescape(found[2]), found[1]) if found else ("", "")


@with_web()
async def test_a_cancelled_invoice_leads_to_its_credit_note(web):
    sent, view, _ = await web.send()
    await web.services.billing.cancel(web.tenant, sent.invoice.id)
    assert "View credit note" not in (await web.get(view)).text
    about = {"kind": "credit_note", "conversation_id": sent.invoice.conversation_id}
    note, _, _ = await web.send(number="C-2", **about)
    page = await web.get(view)
    there = f"{view}/invoices/{note.invoice.id}"
    assert "<h1>Invoice 2026-0142</h1>" in page.text
    assert primary(page) == ("View credit note", there)
    assert primary(await web.get(f"{view}/invoices/{sent.invoice.id}")) == primary(page)
    assert "<h1>Credit note C-2</h1>" in (await web.get(there)).text


@pytest.mark.parametrize("language", ["en", "sk", "cs", "de", "fr", "es"])
@pytest.mark.parametrize("kind", sorted(KINDS))
@with_web()
async def test_every_kind_of_document_is_called_by_its_name(web, kind, language):
    words, say = KINDS[kind], wording(language)
    sent, view, _ = await web.send(kind=kind, number="7", customer_locale=language)
    page = await web.get(view)
    title, button = say.text(words.title, number="7"), say.text(words.view)
    assert html.escape(title) in html.escape(html.unescape(page.text))
    assert primary(page) == (button, f"{view}/invoices/{sent.invoice.id}")
    (delivery,) = await web.deliveries(sent.invoice.conversation_id)
    kept = await web.context.store.read(
        lambda work: work.contents.get(web.tenant.id, delivery.raw_sha256)
    )
    mail = message_from_bytes(kept.data, policy=default)
    shown = html.unescape(mail.get_body(("html",)).get_content())
    assert f">{title}</h1>" in shown
    assert f">{button}</a>" in shown
    assert f"{button}:" in mail.get_body(("plain",)).get_content().splitlines()


@with_web()
async def test_files_say_who_sent_them_and_when(web):
    _, view, _ = await web.send(attachments=(Document("plan.pdf", "application/pdf", PDF),))
    files = [("files", ("photo.png", b"\x89PNG", "image/png"))]
    await web.post(f"{view}/messages", {"text": "See"}, files=files)
    page = (await web.get(view)).text
    tiles = page.partition('id="attached"')[2].partition("</details>")[0]
    day = '<time datetime="2026-11-22T10:00'
    for name, who in (("plan.pdf", "Novák Joinery"), ("photo.png", "You")):
        tile = tiles.partition(f">{name}<")[2].partition("</a>")[0]
        assert f"{who} · {day}" in tile
        assert ">22 Nov 2026</time>" in tile

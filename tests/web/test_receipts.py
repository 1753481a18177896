"""Cash receipts on the customer's pages."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from gateway.flow.receipts import ReceiptFacts
from gateway.rules.model import Conversation, Payment, Receipt
from gateway.rules.receipts import RECEIPT_DRAFT, RECEIPT_ISSUED
from gateway.web.receipt_paper import receipt_pdf
from gateway.web.wording import wording
from tests.web.kit import forms, links, with_web
from tests.web.letter_facts import INVOICE, TENANT

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
PAYMENT = Payment(
    "pay_1", INVOICE.id, INVOICE.amount, "cash", NOW.date(), "customer", True, "", NOW
)


def facts(**changes):
    payment = replace(PAYMENT, **changes.pop("payment", {}))
    receipt = Receipt("rcp_1", INVOICE.id, payment.id, 7, RECEIPT_ISSUED, NOW)
    conversation = Conversation("cnv_1", TENANT.id, "x", None, NOW, NOW)
    receipt = replace(receipt, **changes.pop("receipt", {}))
    return ReceiptFacts(TENANT, conversation, replace(INVOICE, **changes), payment, receipt)


def words_on(paper):
    pages = PdfReader(io.BytesIO(paper)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@with_web()
async def test_a_receipt_is_a_draft_then_numbered_and_downloads(web):
    sent, view, _ = await web.send()
    path = f"{view}/invoices/{sent.invoice.id}/receipt"
    assert path in links((await web.get(view)).text)
    page = await web.get(path)
    assert ("post", path) in forms(page.text)
    before = await web.snapshot()
    await web.get(path)
    assert await web.snapshot() == before
    answer = await web.post(path, {"amount": "200", "note": "at your shop"})
    assert answer.status_code == 303
    page = await web.get(view)
    assert "Receipt (draft)" in page.text
    assert path not in links(page.text)
    (paper,) = [link for link in links(page.text) if "/receipts/" in link]
    draft = await web.get(paper)
    assert draft.headers["content-type"] == "application/pdf"
    assert draft.headers["content-disposition"].startswith('attachment; filename="receipt-draft')
    assert draft.content.startswith(b"%PDF-")
    await web.services.billing.confirm_payment(web.tenant, sent.invoice.id, None)
    page = await web.get(view)
    assert "Receipt 1" in page.text
    issued = await web.get(paper)
    assert 'filename="receipt-1.pdf"' in issued.headers["content-disposition"]
    assert issued.content != draft.content


@with_web()
async def test_a_receipt_of_another_place_or_of_nothing_is_404(web):
    sent, view, _ = await web.send()
    _, other, _ = await web.send(number="2026-0143")
    await web.post(f"{view}/invoices/{sent.invoice.id}/receipt", {})
    (paper,) = [link for link in links((await web.get(view)).text) if "/receipts/" in link]
    assert (await web.get(paper.replace(view, other))).status_code == 404
    assert (await web.get(f"{view}/receipts/rcp_x")).status_code == 404
    await web.post(f"{view}/invoices/{sent.invoice.id}/paid/undo")
    assert (await web.get(paper)).status_code == 404
    assert "/receipts/" not in (await web.get(view)).text


@with_web()
async def test_cash_that_was_confirmed_gets_its_receipt_at_once(web):
    sent, view, _ = await web.send()
    path = f"{view}/invoices/{sent.invoice.id}"
    await web.post(f"{path}/paid", {"method": "cash"})
    await web.services.billing.confirm_payment(web.tenant, sent.invoice.id, None)
    assert f"{path}/receipt" in links((await web.get(view)).text)
    assert 'name="amount"' not in (await web.get(f"{path}/receipt")).text
    await web.post(f"{path}/receipt", {})
    assert "Receipt 1" in (await web.get(view)).text
    assert (await web.post(f"{path}/receipt", {})).status_code == 409


@with_web()
async def test_a_receipt_of_nonsense_is_shown_again_with_the_reason(web):
    sent, view, _ = await web.send()
    path = f"{view}/invoices/{sent.invoice.id}/receipt"
    answer = await web.post(path, {"amount": "much"})
    assert (answer.status_code, "The amount is a number" in answer.text) == (422, True)
    assert (await web.invoice(sent.invoice.id)).receipts == ()


@pytest.mark.parametrize("locale", ["en", "cs", "de", "es", "fr", "sk"])
def test_the_same_facts_give_the_same_paper_in_every_language(locale):
    one, same = (receipt_pdf(facts(), wording(locale), "mail.test") for _ in range(2))
    assert one == same
    assert f"/Lang ({locale})".encode() in one


@pytest.mark.parametrize(
    ("changes", "said", "unsaid"),
    [
        pytest.param({}, "Cash receipt 7", "Draft", id="issued"),
        pytest.param(
            {"receipt": {"number": None, "state": RECEIPT_DRAFT}},
            "has not confirmed it yet",
            "receipt 7",
            id="draft",
        ),
        pytest.param({"payment": {"withdrawn": True}}, "Not valid", "Draft", id="void"),
        pytest.param({"payment": {"method": "card"}}, "Receipt 7", "Cash", id="by card"),
    ],
)
def test_a_paper_says_what_it_is_worth(changes, said, unsaid):
    words = words_on(receipt_pdf(facts(**changes), wording("en"), "mail.test"))
    assert (said in words, unsaid in words) == (True, False)
    assert all(one in words for one in (TENANT.name, "€1,254.00", "22 November 2026"))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Ľubomír Šťastný", id="Latin"),
        pytest.param("Γιώργος Παπαδόπουλος", id="Greek"),
        pytest.param("Катерина Шевченко ґїє", id="Cyrillic"),
        pytest.param("a" * 5000, id="one long word"),
        pytest.param("x\n\0\x1b[31m\u202e **bold** <b>", id="signs that do something elsewhere"),
        pytest.param("王小明", id="letters that the font lacks"),
    ],
)
def test_any_name_fits_on_a_paper(name):
    paper = receipt_pdf(
        facts(customer={"name": name}, payment={"note": name}), wording("en"), "mail.test"
    )
    assert len(PdfReader(io.BytesIO(paper)).pages) <= 3
    readable = [word for word in name[:50].split() if word.isalpha() and word[0] < "\u2000"]
    assert all(word in words_on(paper) for word in readable)

"""The customer says that they have paid, or goes to pay."""

from datetime import date
from decimal import Decimal

import pytest

from gateway.rules.model import InvoiceStatus
from gateway.web.claim_form import _amount
from tests.web.kit import forms, links, with_web
from tests.web.letter_facts import INVOICE


@with_web()
async def test_a_claim_is_told_confirmed_and_shown(web):
    sent, view, _ = await web.send()
    path = f"{view}/invoices/{sent.invoice.id}/paid"
    page = await web.get(path)
    assert ("post", path) in forms(page.text)
    assert 'value="1254.00"' in page.text
    form = {"method": "cash", "on": "2026-11-20", "amount": "1.254,00", "note": "at your shop"}
    answer = await web.post(path, form)
    invoice = await web.invoice(sent.invoice.id)
    (payment,) = invoice.payments
    assert (answer.status_code, answer.headers["location"]) == (303, f"{view}#{payment.id}")
    assert (payment.amount, payment.method, payment.on, payment.note, payment.confirmed) == (
        Decimal("1254.00"),
        "cash",
        date(2026, 11, 20),
        "at your shop",
        False,
    )
    page = await web.get(view)
    words = (
        "Jana Malá says: paid €1,254.00 in cash on 20 November 2026. Novák Joinery will confirm."
    )
    assert words in page.text
    assert "You said it&#39;s paid. Waiting for Novák Joinery" in page.text
    assert path not in links(page.text)

    await web.sign_in()
    desk = await web.get(f"/inbox/conversations/{invoice.conversation_id}")
    assert "Customer says paid" in desk.text
    answer = await web.post(
        f"/inbox/conversations/{invoice.conversation_id}/invoices/{invoice.id}/confirm-payment",
        {"payment_id": payment.id},
    )
    assert answer.status_code == 303
    assert (await web.invoice(invoice.id)).status is InvoiceStatus.PAID
    page = await web.get(view)
    assert "Paid 20 Nov 2026" in page.text
    assert "IBAN" not in page.text


@with_web()
async def test_a_claim_can_be_taken_back(web):
    sent, view, _ = await web.send()
    path = f"{view}/invoices/{sent.invoice.id}/paid"
    await web.post(path, {"method": "transfer"})
    assert ("post", f"{path}/undo") in forms((await web.get(view)).text)
    assert (await web.post(f"{path}/undo")).status_code == 303
    assert (await web.invoice(sent.invoice.id)).status is InvoiceStatus.OPEN
    page = await web.get(view)
    assert "Taken back" in page.text
    assert (await web.post(f"{path}/undo")).status_code == 409


@with_web()
async def test_the_company_can_say_that_nothing_came(web):
    sent, view, _ = await web.send()
    await web.post(f"{view}/invoices/{sent.invoice.id}/paid", {"method": "transfer"})
    (payment,) = (await web.invoice(sent.invoice.id)).payments
    await web.sign_in()
    base = f"/inbox/conversations/{sent.invoice.conversation_id}/invoices/{sent.invoice.id}"
    assert (await web.post(f"{base}/refuse-payment", {})).status_code == 422
    answer = await web.post(f"{base}/refuse-payment", {"payment_id": payment.id})
    assert answer.status_code == 303
    assert (await web.invoice(sent.invoice.id)).status is InvoiceStatus.OPEN


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"method": "gold"}, "Choose how you paid."),
        ({"amount": "a lot"}, "The amount is a number"),
        ({"amount": "0"}, "The amount is none in EUR."),
        ({"amount": "1.2345"}, "The amount is none in EUR."),
        ({"amount": "-5"}, "The amount is a number"),
        ({"on": "yesterday"}, "The date is a day"),
        ({"on": "2031-01-01"}, "The date is still to come."),
        ({"note": "x" * 501}, "The note can have 500 characters"),
    ],
)
@with_web()
async def test_a130_what_makes_no_sense_is_shown_again_with_the_reason(web, form, words):
    sent, view, _ = await web.send()
    path = f"{view}/invoices/{sent.invoice.id}/paid"
    answer = await web.post(path, {"method": "transfer", **form})
    assert answer.status_code == 422
    assert words in answer.text
    assert (await web.invoice(sent.invoice.id)).payments == ()


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1254", "1254"),
        ("1254.5", "1254.5"),
        ("1,254.00", "1254.00"),
        ("1.254,00", "1254.00"),
        ("1 254,5", "1254.5"),
        ("1\u00a0254.00", "1254.00"),
        ("1,254", "1254"),
        ("1,254,000", "1254000"),
        ("", None),
    ],
)
def test_amounts_are_read_as_people_write_them(text, amount):
    assert _amount(text, INVOICE) == (None if amount is None else Decimal(amount))


@with_web()
async def test_paying_online_says_where_it_leads_and_leads_there(web):
    url = "https://pay.provider.example/x?a=1&b=2"
    sent, view, _ = await web.send(payment={"url": url})
    path = f"{view}/invoices/{sent.invoice.id}/pay"
    assert path in links((await web.get(view)).text)
    page = await web.get(path)
    assert "You will continue to pay.provider.example." in page.text
    assert "refresh" not in page.text
    page = await web.post(path)
    assert page.status_code == 200
    assert 'content="0;url=https://pay.provider.example/x?a=1&amp;b=2"' in page.text


@pytest.mark.parametrize(
    "url", [None, "javascript:alert(1)", "data:text/html,x", "//x", "https://"]
)
@with_web()
async def test_without_a_web_page_to_pay_at_nothing_is_offered(web, url):
    sent, view, _ = await web.send(payment={"url": url})
    path = f"{view}/invoices/{sent.invoice.id}/pay"
    assert "Pay online" not in (await web.get(view)).text
    assert (await web.get(path)).status_code == 409
    assert (await web.post(path)).status_code == 409


@with_web()
async def test_a_quote_cannot_be_marked_as_paid(web):
    sent, view, _ = await web.send(kind="quote")
    path = f"{view}/invoices/{sent.invoice.id}/paid"
    assert "Mark as paid" not in (await web.get(view)).text
    assert (await web.post(path, {"method": "cash"})).status_code == 409


@with_web()
async def test_a_replaced_invoice_is_not_paid_but_leads_to_the_new_one(web):
    payment = {"url": "https://pay.example/1", "iban": "SK9611000000002918599669"}
    old, view, _ = await web.send(payment=payment)
    new, _, _ = await web.send(number="2026-0142-B", replaces=old.invoice.number)
    base = f"{view}/invoices/{old.invoice.id}"
    page = await web.get(base)
    assert "Replaced" in page.text
    assert f"{view}/invoices/{new.invoice.id}" in links(page.text)
    assert {f"{base}/pay", f"{base}/paid", f"{base}/receipt"}.isdisjoint(links(page.text))
    assert "IBAN" not in page.text
    for action in ("paid", "receipt", "pay"):
        assert (await web.post(f"{base}/{action}", {"method": "cash"})).status_code == 409
    assert (await web.invoice(old.invoice.id)).payments == ()
    window = await web.get(view)
    assert window.text.index("2026-0142-B") < window.text.index("Replaced")

"""Paying online: the provider's page, and its word alone that marks as paid."""

from datetime import timedelta
from decimal import Decimal

import pytest

from gateway.mail.errors import Fault
from gateway.rules.model import InvoiceStatus
from tests.fakestripe import SECRET_KEY, WEBHOOK_SECRET
from tests.web.kit import forms, links, with_web

SECRETS = {"secret_key": SECRET_KEY, "webhook_secret": WEBHOOK_SECRET}


async def payable(web, **changes):
    """A company with an account at our Stripe, and an invoice of it."""
    await web.services.online.configure(web.tenant, SECRETS)
    sent, view, _ = await web.send(**changes)
    return web.services.online.provider._outward, sent, view, f"{view}/invoices/{sent.invoice.id}"


async def tell(web, notice, tenant_id=None):
    headers, body = notice
    path = f"/hooks/stripe/{tenant_id or web.tenant.id}"
    return await web.client.post(path, content=body, headers=headers)


def now(web):
    return web.context.clock.now()


@with_web()
async def test_without_a_link_or_an_account_paying_online_is_not_offered(web):
    sent, view, _ = await web.send()
    path = f"{view}/invoices/{sent.invoice.id}/pay"
    assert path not in links((await web.get(view)).text)
    assert (await web.get(path)).status_code == 409
    await web.services.online.configure(web.tenant, {"secret_key": SECRET_KEY})
    assert path not in links((await web.get(view)).text)


@with_web()
async def test_the_providers_notice_marks_as_paid_and_nothing_before_does(web):
    stripe, sent, view, path = await payable(web)
    assert f"{path}/pay" in links((await web.get(view)).text)
    page = await web.get(f"{path}/pay")
    assert ("post", f"{path}/pay") in forms(page.text)
    assert "checkout.stripe.com" in page.text
    assert stripe.asked == []
    led = await web.post(f"{path}/pay")
    assert 'http-equiv="refresh" content="0;url=https://checkout.stripe.com/c/pay/' in led.text
    (session,) = stripe.sessions.values()
    assert session["form"]["success_url"].endswith(f"{path}/pay/thanks")
    thanks = await web.get(f"{path}/pay/thanks")
    assert "waiting for the bank" in thanks.text
    assert (await web.invoice(sent.invoice.id)).status is InvoiceStatus.OPEN

    notice = stripe.notice(session, now(web))
    assert (await tell(web, notice)).status_code == 200
    (payment,) = (await web.invoice(sent.invoice.id)).payments
    assert (payment.by, payment.confirmed, payment.amount) == ("provider", True, Decimal(1254))
    assert (await web.invoice(sent.invoice.id)).status is InvoiceStatus.PAID
    page = await web.get(view)
    assert "Paid online: €1,254.00" in page.text
    assert f"{path}/pay" not in links(page.text)
    assert "Paid 22 Nov 2026" in (await web.get(f"{path}/pay/thanks")).text


DONE, LATER = "checkout.session.completed", "checkout.session.async_payment_succeeded"


@pytest.mark.parametrize("kinds", [(DONE, LATER), (LATER, DONE)], ids=["in order", "turned round"])
@with_web()
async def test_a132_the_same_notice_again_is_one_payment(web, kinds):
    stripe, sent, _, path = await payable(web)
    await web.post(f"{path}/pay")
    (session,) = stripe.sessions.values()
    for kind in kinds:
        for _ in range(2):
            assert (await tell(web, stripe.notice(session, now(web), kind=kind))).status_code == 200
    assert len((await web.invoice(sent.invoice.id)).payments) == 1


@with_web()
async def test_a132_a_forged_or_old_notice_changes_nothing(web):
    stripe, _, _, path = await payable(web)
    await web.post(f"{path}/pay")
    (session,) = stripe.sessions.values()
    headers, body = stripe.notice(session, now(web))
    old = stripe.notice(session, now(web) - timedelta(minutes=6))
    before = await web.snapshot()
    altered = body.replace(b"125400", b"000001")
    for notice in ((headers, altered), ({}, body), old):
        assert (await tell(web, notice)).status_code == 403
    assert (await tell(web, (headers, body), "ten_unknown")).status_code == 404
    assert (await tell(web, (headers, b"x" * 300_000))).status_code == 413
    assert (await web.get(f"/hooks/stripe/{web.tenant.id}")).status_code == 405
    assert await web.snapshot() == before


@with_web()
async def test_a132_a_notice_of_another_company_currency_or_invoice_changes_nothing(web):
    stripe, _, _, path = await payable(web)
    await web.post(f"{path}/pay")
    (session,) = stripe.sessions.values()
    about = session["metadata"]
    before = await web.snapshot()
    for changes in (
        {"metadata": {**about, "tenant": "ten_other"}},
        {"metadata": {**about, "invoice": "inv_other"}},
        {"currency": "czk"},
        {"amount_total": 0},
    ):
        assert (await tell(web, stripe.notice(session, now(web), **changes))).status_code == 200
    assert await web.snapshot() == before


@with_web()
async def test_what_was_paid_counts_even_if_the_invoice_was_cancelled_meanwhile(web):
    stripe, sent, _, path = await payable(web)
    await web.post(f"{path}/pay")
    await web.services.billing.cancel(web.tenant, sent.invoice.id)
    (session,) = stripe.sessions.values()
    await tell(web, stripe.notice(session, now(web)))
    invoice = await web.invoice(sent.invoice.id)
    assert (len(invoice.payments), invoice.status) == (1, InvoiceStatus.CANCELLED)
    assert (await web.post(f"{path}/pay")).status_code == 409


@pytest.mark.parametrize(
    ("trouble", "status", "words"),
    [(Fault("no answer"), 503, "try again in a moment"), (None, 409, "paid online right now")],
)
@with_web()
async def test_trouble_at_the_provider_is_told_without_its_words(web, trouble, status, words):
    stripe, _, _, path = await payable(web)
    if trouble is None:
        await web.services.online.configure(web.tenant, {"secret_key": "sk_test_wrong"})
    else:
        stripe.answers.append(trouble)
    answer = await web.post(f"{path}/pay")
    assert (answer.status_code, words in answer.text) == (status, True)
    assert "API Key" not in answer.text


@with_web()
async def test_the_services_own_link_goes_before_the_companys_account(web):
    payment = {"url": "https://pay.example/1"}
    stripe, _, _, path = await payable(web, payment=payment)
    led = await web.post(f"{path}/pay")
    assert "url=https://pay.example/1" in led.text
    assert stripe.asked == []


@with_web()
async def test_a141_secrets_are_sealed_at_rest(web):
    await web.services.online.configure(web.tenant, SECRETS)
    rows = str(await web.snapshot())
    assert SECRET_KEY not in rows
    assert WEBHOOK_SECRET not in rows
    held = await web.services.online.configure(web.tenant, {"webhook_secret": ""})
    assert (held.secret_key, held.webhook_secret) == (True, False)

"""Stripe Checkout: what it is asked, and what is believed of what it tells."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs

import pytest

from gateway.mail.errors import Fault
from gateway.ports.outward import HttpAnswer
from gateway.ports.payments import Account, Declined, Forged, Order, Paid
from gateway.runtime.stripe import Stripe
from tests.fakestripe import SECRET_KEY, WEBHOOK_SECRET, FakeStripe, signature

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ACCOUNT = Account(SECRET_KEY, WEBHOOK_SECRET)
ORDER = Order(
    tenant_id="ten_1",
    invoice_id="inv_1",
    title="Faktúra 2026-0142 · Novák & syn",
    amount=Decimal("1254.00"),
    currency="EUR",
    email="jana@firma.example",
    locale="sk",
    done_url="https://mail.test/c/x/thanks",
    back_url="https://mail.test/c/x",
)


def begun(order=ORDER, *, account=ACCOUNT, answers=(), now=NOW):
    fake = FakeStripe()
    fake.answers = list(answers)
    return fake, asyncio.run(Stripe(fake).begin(account, order, now))


def test_a_page_is_asked_for_with_amount_document_and_ways_back():
    fake, url = begun()
    ((method, asked, headers, body),) = fake.asked
    form = {name: value[0] for name, value in parse_qs(body.decode()).items()}
    assert (method, asked) == ("POST", "https://api.stripe.com/v1/checkout/sessions")
    assert headers["Authorization"] == f"Bearer {SECRET_KEY}"
    assert url == "https://checkout.stripe.com/c/pay/cs_test_1"
    assert form["line_items[0][price_data][unit_amount]"] == "125400"
    assert form["line_items[0][price_data][currency]"] == "eur"
    assert form["line_items[0][price_data][product_data][name]"] == ORDER.title
    assert (form["mode"], form["client_reference_id"], form["locale"]) == ("payment", "inv_1", "sk")
    assert (form["success_url"], form["cancel_url"]) == (ORDER.done_url, ORDER.back_url)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("1254", "JPY", "1254"),
        ("12.34", "CZK", "1234"),
        ("1.230", "KWD", "1230"),
        ("5", "ISK", "500"),
    ],
)
def test_amounts_are_counted_as_stripe_counts_them(amount, currency, minor):
    fake, _ = begun(replace(ORDER, amount=Decimal(amount), currency=currency))
    body = parse_qs(fake.asked[0][3].decode())
    assert body["line_items[0][price_data][unit_amount]"] == [minor]


@pytest.mark.parametrize(("amount", "currency"), [("1.234", "KWD"), ("0.001", "EUR")])
def test_an_amount_that_stripe_lacks_is_declined(amount, currency):
    with pytest.raises(Declined):
        begun(replace(ORDER, amount=Decimal(amount), currency=currency))


def test_the_same_order_on_the_same_day_is_one_page():
    async def ask():
        fake = FakeStripe()
        stripe = Stripe(fake)
        orders = [(ORDER, NOW), (ORDER, NOW + timedelta(hours=3)), (ORDER, NOW + timedelta(days=1))]
        orders.append((replace(ORDER, amount=Decimal(1)), NOW))
        return [await stripe.begin(ACCOUNT, order, now) for order, now in orders]

    first, again, next_day, other = asyncio.run(ask())
    assert first == again
    assert len({first, next_day, other}) == 3


def answer(status, told):
    return HttpAnswer(status, {}, told if isinstance(told, bytes) else json.dumps(told).encode())


@pytest.mark.parametrize(
    ("given", "error"),
    [
        pytest.param(answer(401, {"error": {"message": "Invalid API Key"}}), Declined, id="key"),
        pytest.param(answer(400, b"<html>"), Declined, id="no JSON"),
        pytest.param(answer(429, {}), Fault, id="too often"),
        pytest.param(answer(500, {}), Fault, id="their trouble"),
        pytest.param(answer(200, {}), Fault, id="no page"),
        pytest.param(answer(200, {"url": "javascript:alert(1)"}), Fault, id="no web page"),
        pytest.param(answer(200, {"url": "http://plain.example/"}), Fault, id="no https"),
        pytest.param(Fault("api.stripe.com: no answer"), Fault, id="no answer"),
    ],
)
def test_what_is_no_page_is_told_as_whose_fault_it_is(given, error):
    with pytest.raises(error):
        begun(answers=[given])


def read(body=None, *, header=None, now=NOW, account=ACCOUNT, **changes):
    fake, _ = begun()
    headers, made = fake.notice(fake.sessions["cs_test_1"], NOW, **changes)
    headers = {"stripe-signature": header or headers["Stripe-Signature"]}
    return Stripe(fake).read(account, headers, body or made, now)


def test_a_signed_notice_tells_what_was_paid():
    assert read() == Paid("cs_test_1", "ten_1", "inv_1", Decimal("1254.00"), "EUR")
    late = read(kind="checkout.session.async_payment_succeeded")
    assert late == read()


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "charge.refunded"},
        {"status": "unpaid"},
        {"metadata": {}},
        {"metadata": None},
        {"amount_total": None},
        {"amount_total": True},
    ],
)
def test_notices_of_anything_else_tell_nothing(changes):
    assert read(**changes) is None


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(" ", id="none"),
        pytest.param("t=1,t=2,v1=aa", id="two moments"),
        pytest.param("v1=aa", id="no moment"),
        pytest.param("t=x,v1=aa", id="no number"),
        pytest.param(f"t={int(NOW.timestamp())},v1=", id="empty"),
        pytest.param(f"t={int(NOW.timestamp())},v1=é", id="not ASCII"),
        pytest.param(f"t={int(NOW.timestamp())},v0=aa", id="another scheme"),
        pytest.param(signature(b"another body", NOW), id="of another body"),
    ],
)
def test_a132_what_stripe_did_not_sign_is_forged(header):
    with pytest.raises(Forged):
        read(header=header)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_early_signature_is_forged(minutes):
    with pytest.raises(Forged):
        read(now=NOW + timedelta(minutes=minutes))
    assert read(now=NOW + timedelta(minutes=minutes / 2)) is not None


def test_a_secret_of_another_account_or_none_is_forged():
    for secret in ("whsec_other", ""):
        with pytest.raises(Forged):
            read(account=Account(SECRET_KEY, secret))


def test_signed_nonsense_tells_nothing():
    for body in (b"[]", b"{}", b'{"type": "checkout.session.completed"}', b"\xff", b"[" * 100_000):
        assert read(body, header=signature(body, NOW)) is None

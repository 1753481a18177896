"""The Provider port by Stripe Checkout, over its HTTP API.

A page is asked for by `POST /v1/checkout/sessions`; that it was paid is told by a webhook with
the header `Stripe-Signature: t=…,v1=…`, an HMAC-SHA256 of "t.body" (Stripe's documentation of
Checkout Sessions, webhook signatures, zero-decimal currencies and idempotent requests).
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit

from gateway.mail.errors import Fault
from gateway.ports.outward import Outward
from gateway.ports.payments import Account, Declined, Forged, Order, Paid

API = "https://api.stripe.com"
TOLERANCE_SECONDS = 300
_VERSION = "2024-06-20"
_SECONDS = 15.0
_MOST_OCTETS = 256 * 1024
_PAID_EVENTS = frozenset({"checkout.session.completed", "checkout.session.async_payment_succeeded"})
_LOCALES = frozenset({"cs", "de", "en", "es", "fr", "sk"})
# Stripe's lists differ from ISO 4217: ISK and UGX are written with two digits.
_NO_DIGITS = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD JOD KWD OMR TND"
_DIGITS = {
    **dict.fromkeys(_NO_DIGITS.split(), 0),
    **dict.fromkeys(_THREE_DIGITS.split(), 3),
}


class Stripe:
    """Asks Stripe for pages, and reads its notices."""

    name = "Stripe"
    host = "checkout.stripe.com"

    def __init__(self, outward: Outward, api: str = API) -> None:
        """Go out by `outward`; api: where Stripe's API is, without a path."""
        self._outward = outward
        self._api = api

    async def begin(self, account: Account, order: Order, now: datetime) -> str:
        """Return the address of the page; see `ports.payments.Provider.begin`."""
        body = urlencode(_session(order)).encode("ascii")
        day = now.date().isoformat().encode("ascii")
        headers = {
            "Authorization": f"Bearer {account.secret_key}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Idempotency-Key": hashlib.sha256(day + b"\0" + body).hexdigest(),
            "Stripe-Version": _VERSION,
        }
        answer = await self._outward.ask(
            "POST",
            f"{self._api}/v1/checkout/sessions",
            headers=headers,
            body=body,
            seconds=_SECONDS,
            most_octets=_MOST_OCTETS,
        )
        told = _object(answer.body)
        if answer.status == 429 or answer.status >= 500:
            raise Fault(f"Stripe answered {answer.status}")
        if answer.status != 200:
            error = told.get("error")
            reason = str(error.get("message") or "") if isinstance(error, dict) else ""
            raise Declined(f"Stripe answered {answer.status}: {reason}"[:500])
        url = str(told.get("url") or "")
        if urlsplit(url).scheme != "https" or not url.isascii() or not url.isprintable():
            raise Fault("Stripe's answer has no address of a page")
        return url

    def read(
        self, account: Account, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> Paid | None:
        """Return what was paid; see `ports.payments.Provider.read`."""
        check_signature(account.webhook_secret, headers.get("stripe-signature", ""), body, now)
        event = _object(body)
        data = event.get("data")
        session = data.get("object") if isinstance(data, dict) else None
        if event.get("type") not in _PAID_EVENTS or not isinstance(session, dict):
            return None
        about, total = session.get("metadata"), session.get("amount_total")
        named = isinstance(about, dict) and {"tenant", "invoice"} <= about.keys()
        if session.get("payment_status") != "paid" or not named or type(total) is not int:
            return None
        assert isinstance(about, dict)
        currency = str(session.get("currency") or "").upper()
        return Paid(
            reference=str(session.get("id") or ""),
            tenant_id=str(about["tenant"]),
            invoice_id=str(about["invoice"]),
            amount=Decimal(total).scaleb(-_digits(currency)),
            currency=currency,
        )


def check_signature(secret: str, header: str, body: bytes, now: datetime) -> None:
    """Raise Forged unless one of the header's signatures is that of the body, and young."""
    pairs = [pair.strip().partition("=") for pair in header[:2000].split(",")]
    stamps = [value for name, _, value in pairs if name == "t"]
    given = [value for name, _, value in pairs if name == "v1"]
    if not secret or len(stamps) != 1 or not given or not _is_number(stamps[0]):
        raise Forged("no signature")
    signed = stamps[0].encode("ascii") + b"." + body
    wanted = hmac.new(secret.encode(), signed, "sha256").hexdigest().encode("ascii")
    if not any(hmac.compare_digest(wanted, one.encode("utf-8", "replace")) for one in given):
        raise Forged("another signature")
    if abs(now.timestamp() - int(stamps[0])) > TOLERANCE_SECONDS:
        raise Forged("signed too long ago")


def _session(order: Order) -> list[tuple[str, str]]:
    item = "line_items[0]"
    price = f"{item}[price_data]"
    return [
        ("mode", "payment"),
        (f"{item}[quantity]", "1"),
        (f"{price}[currency]", order.currency.lower()),
        (f"{price}[unit_amount]", str(_minor(order.amount, order.currency))),
        (f"{price}[product_data][name]", order.title[:250]),
        ("client_reference_id", order.invoice_id),
        ("metadata[tenant]", order.tenant_id),
        ("metadata[invoice]", order.invoice_id),
        ("customer_email", order.email),
        ("locale", order.locale if order.locale in _LOCALES else "auto"),
        ("success_url", order.done_url),
        ("cancel_url", order.back_url),
    ]


def _digits(currency: str) -> int:
    return _DIGITS.get(currency, 2)


def _minor(amount: Decimal, currency: str) -> int:
    """Return the amount as Stripe counts it. Raises Declined where it can't."""
    minor = amount.scaleb(_digits(currency))
    if minor != minor.to_integral_value() or (_digits(currency) == 3 and minor % 10):
        raise Declined(f"Stripe has no such amount: {amount} {currency}")
    return int(minor)


def _object(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12

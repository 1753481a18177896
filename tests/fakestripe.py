"""A Stripe of our own: keeps Checkout sessions as the true one does, and signs its notices."""

import hmac
import json
from urllib.parse import parse_qs, urlsplit

from gateway.ports.outward import HttpAnswer

SECRET_KEY = "sk_test_51Fake"
WEBHOOK_SECRET = "whsec_fake"


class FakeStripe:
    """Implements `ports.outward.Outward` for Stripe's host alone."""

    def __init__(self):
        self.sessions = {}
        self.asked = []
        self.answers = []  # to be given instead: HttpAnswer, or an exception
        self._by_key = {}

    async def ask(self, method, url, *, headers=None, body=b"", seconds=15.0, most_octets=65536):
        self.asked.append((method, url, dict(headers), body))
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        assert (method, urlsplit(url).path) == ("POST", "/v1/checkout/sessions")
        if headers["Authorization"] != f"Bearer {SECRET_KEY}":
            error = {"type": "invalid_request_error", "message": "Invalid API Key provided"}
            return self._answer(401, {"error": error})
        key, form = (
            headers["Idempotency-Key"],
            {k: v[0] for k, v in parse_qs(body.decode()).items()},
        )
        if key not in self._by_key:
            number = len(self.sessions) + 1
            session = {
                "id": f"cs_test_{number}",
                "object": "checkout.session",
                "url": f"https://checkout.stripe.com/c/pay/cs_test_{number}",
                "amount_total": int(form["line_items[0][price_data][unit_amount]"]),
                "currency": form["line_items[0][price_data][currency]"],
                "client_reference_id": form["client_reference_id"],
                "metadata": {
                    "tenant": form["metadata[tenant]"],
                    "invoice": form["metadata[invoice]"],
                },
                "payment_status": "unpaid",
                "form": form,
            }
            self.sessions[session["id"]] = self._by_key[key] = session
        return self._answer(200, self._by_key[key])

    def notice(self, session, now, *, kind="checkout.session.completed", status="paid", **changes):
        """A webhook about a session: (headers, body), signed at `now`."""
        shown = {name: value for name, value in session.items() if name != "form"}
        shown |= {"payment_status": status, **changes}
        body = json.dumps({"id": "evt_1", "type": kind, "data": {"object": shown}}).encode()
        return {"Stripe-Signature": signature(body, now)}, body

    def _answer(self, status, told):
        return HttpAnswer(status, {"content-type": "application/json"}, json.dumps(told).encode())


def signature(body, now, secret=WEBHOOK_SECRET):
    stamp = str(int(now.timestamp()))
    made = hmac.new(secret.encode(), stamp.encode() + b"." + body, "sha256").hexdigest()
    return f"t={stamp},v1={made},v0=ignored"

"""One conversation for each state that a customer may find, made by the public interface alone."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from gateway.app.demo.browser import Seen, visit
from gateway.app.demo.journey import NotSeen
from gateway.app.demo.paper import one_page

_SK = {"iban": "SK9611000000002918599669", "variable_symbol": "20260143"}
_CZ = {"iban": "CZ6508000000192000145399", "variable_symbol": "20260147"}
_MESSAGES = {
    "sk": "Dobrý deň,\nposielame faktúru za dubový stôl.",
    "cs": "Dobrý den,\nposíláme fakturu za dubový stůl.",
    "de": "Guten Tag,\nhier ist die Rechnung für den Eichentisch.",
    "fr": "Bonjour,\nvoici la facture pour la table en chêne.",
    "es": "Buenos días:\nle enviamos la factura de la mesa de roble.",
}
_LINES = (
    {"description": "Oak table", "quantity": 1, "unit_price": "1045.00"},
    {"description": "VAT 20 %", "amount": "209.00"},
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A conversation in a state. state: a word that names it, for people and tests."""

    state: str
    link: str


class Gallery:
    """Makes the scenes for a company."""

    def __init__(self, http: str, company: Mapping[str, Any], today: date) -> None:
        """Work through the gateway at `http`, as the company."""
        self._http = http
        self._key = company["api_key"]
        self._today = today

    async def fill(self) -> list[Scene]:
        """Make every scene. Raises NotSeen if the gateway refuses a step."""
        return [
            Scene("due soon, Slovak, pay online", await self._due_soon()),
            Scene("overdue, German", await self._overdue()),
            Scene("promised, Slovak", await self._promised()),
            Scene("part paid", await self._part_paid()),
            Scene("said to be paid, French", await self._claimed()),
            Scene("cash receipt, a draft", await self._receipt()),
            Scene("paid in cash, receipt issued, Spanish", await self._paid()),
            Scene("cancelled", await self._cancelled()),
            Scene("corrected, Czech crowns, another bank account", await self._corrected()),
            Scene("quote", await self._quote()),
            Scene("not delivered", await self._not_delivered()),
            Scene("message without a document", await self._message()),
            Scene("link expired", await self._expired()),
        ]

    async def _due_soon(self) -> str:
        sent = await self._send(
            "2026-0143",
            2,
            _customer("Ľubomír Šťastný", "sk"),
            payment={**_SK, "url": "https://pay.example/2026-0143"},
        )
        return str(sent["view_url"])

    async def _promised(self) -> str:
        sent = await self._send("2026-0161", 1, _customer("Eva Malá", "sk"), payment=_SK)
        path = f"{sent['view_url']}/invoices/{sent['id']}/promise"
        await self._form(path, {"promised_on": (self._today + timedelta(days=5)).isoformat()})
        return str(sent["view_url"])

    async def _overdue(self) -> str:
        sent = await self._send("2026-0144", -6, _customer("Jürgen Groß", "de"), payment=_SK)
        return str(sent["view_url"])

    async def _part_paid(self) -> str:
        sent = await self._send("2026-0145", 9, _customer("Mary Poe", "en-GB"), payment=_SK)
        paid = {"amount": "454.00", "method": "transfer"}
        await self._post(f"/v1/invoices/{sent['id']}/mark-paid", paid)
        return str(sent["view_url"])

    async def _claimed(self) -> str:
        sent = await self._send("2026-0146", 4, _customer("Zoé Lefèvre", "fr"), payment=_SK)
        path = f"{sent['view_url']}/invoices/{sent['id']}/paid"
        await self._form(path, {"method": "transfer", "note": "virement de ce matin"})
        return str(sent["view_url"])

    async def _receipt(self) -> str:
        sent = await self._send("2026-0150", 4, _customer("Ann Lee", "en"), payment=_SK)
        await self._form(
            f"{sent['view_url']}/invoices/{sent['id']}/receipt", {"note": "at your shop"}
        )
        return str(sent["view_url"])

    async def _paid(self) -> str:
        sent = await self._send("2026-0148", 3, _customer("Íñigo Muñoz", "es"), payment=_SK)
        await self._form(f"{sent['view_url']}/invoices/{sent['id']}/receipt", {})
        await self._post(f"/v1/invoices/{sent['id']}/confirm-payment", {})
        return str(sent["view_url"])

    async def _cancelled(self) -> str:
        sent = await self._send("2026-0149", 8, _customer("Tom Hardy", "en"), payment=_SK)
        await self._post(f"/v1/invoices/{sent['id']}/cancel", {})
        return str(sent["view_url"])

    async def _corrected(self) -> str:
        customer = _customer("Jiří Dvořák", "cs")
        await self._send("2026-0147", 10, customer, payment=_CZ, currency="CZK", amount="31250.00")
        sent = await self._send(
            "2026-0147-B",
            14,
            customer,
            payment=_CZ,
            currency="CZK",
            amount="29750.00",
            replaces="2026-0147",
        )
        return str(sent["view_url"])

    async def _quote(self) -> str:
        sent = await self._send("Q-31", 30, _customer("Eva Long", "en"), kind="quote")
        return str(sent["view_url"])

    async def _not_delivered(self) -> str:
        customer = {**_customer("Nobody There", "en"), "email": "bounce+5.1.1@sandbox.test"}
        sent = await self._send("2026-0151", 12, customer, payment=_SK)
        return str(sent["view_url"])

    async def _message(self) -> str:
        body = {
            "subject": "Your visit on Friday",
            "customer": _customer("Ida Noe", "en"),
            "text": "Hello Ida,\nwe look forward to your visit.",
        }
        begun = (await self._post("/v1/conversations", body)).json
        return await self._link(begun["id"], {})

    async def _expired(self) -> str:
        sent = await self._send("2026-0152", 20, _customer("Old Friend", "en"), payment=_SK)
        await self._link(sent["conversation_id"], {"renew": True})
        return str(sent["view_url"])

    async def _link(self, conversation_id: str, wish: Mapping[str, Any]) -> str:
        """Change the customer's link; return the one that holds."""
        path = f"/v1/conversations/{conversation_id}/links"
        (person,) = (await self._get(path)).json["data"]
        body = {"address": person["address"], **wish}
        return str((await self._post(path, body)).json["view_url"])

    async def _send(self, number: str, days: int, customer: Mapping[str, Any], **more: Any) -> Any:
        pdf = base64.b64encode(one_page([f"Invoice {number}", "Acme s.r.o."])).decode()
        body = {
            "number": number,
            "amount": "1254.00",
            "currency": "EUR",
            "issued_on": (self._today - timedelta(days=10)).isoformat(),
            "due_on": (self._today + timedelta(days=days)).isoformat(),
            "customer": customer,
            "message": _MESSAGES.get(customer["locale"], "Hello,\nhere it is, for the oak table."),
            "lines": _LINES,
            "pdf": {"filename": f"{number}.pdf", "content": pdf},
            **more,
        }
        return (await self._post("/v1/invoices", body)).json

    async def _get(self, path: str) -> Seen:
        return _done(await visit("GET", self._http + path, key=self._key), path)

    async def _post(self, path: str, body: Mapping[str, Any]) -> Seen:
        return _done(await visit("POST", self._http + path, key=self._key, given=body), path)

    async def _form(self, url: str, form: Mapping[str, str]) -> Seen:
        return _done(await visit("POST", url, form=form), url)


def _customer(name: str, locale: str) -> dict[str, str]:
    local = name.encode("ascii", "ignore").decode().lower().replace(" ", ".")
    return {"name": name, "email": f"{local}@customer.example", "locale": locale}


def _done(seen: Seen, where: str) -> Seen:
    if seen.status >= 300:
        raise NotSeen(f"{where} ({seen.status} {seen.body[:300]!r})")
    return seen

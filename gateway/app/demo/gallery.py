"""One conversation for each state that a customer may find, made by the public interface alone."""

import base64
import re
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
    "en": "Hello,\nhere it is, for the oak table.",
    "sk": "Dobrý deň,\nposielame faktúru za dubový stôl.",
    "cs": "Dobrý den,\nposíláme fakturu za dubový stůl.",
    "de": "Guten Tag,\nhier ist die Rechnung für den Eichentisch.",
    "fr": "Bonjour,\nvoici la facture pour la table en chêne.",
    "es": "Buenos días:\nle enviamos la factura de la mesa de roble.",
}
_STOP = re.compile(r"List-Unsubscribe:\s*<([^>]+)>")
_LINES = (
    {"description": "Oak table", "quantity": 1, "unit_price": "1045.00"},
    {"description": "VAT 20 %", "amount": "209.00"},
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A conversation in a state. state: words that name it, for people and tests.

    language: what the customer reads.
    """

    state: str
    link: str
    language: str


class Gallery:
    """Makes the scenes for a company."""

    def __init__(
        self, http: str, company: Mapping[str, Any], today: date, *, language: str = ""
    ) -> None:
        """Work through the gateway at `http`, as the company.

        language: what every customer reads; "" for a language of each one's own.
        """
        self._http = http
        self._key = company["api_key"]
        self._today = today
        self._language = language

    async def fill(self) -> list[Scene]:
        """Make every scene. Raises NotSeen if the gateway refuses a step."""
        scenes = (
            ("due soon, pay online", "sk", self._due_soon),
            ("overdue", "de", self._overdue),
            ("promised", "sk", self._promised),
            ("part paid", "en-GB", self._part_paid),
            ("said to be paid", "fr", self._claimed),
            ("cash receipt, a draft", "en", self._receipt),
            ("paid in cash, receipt issued", "es", self._paid),
            ("cancelled", "en", self._cancelled),
            ("corrected, Czech crowns, another bank account", "cs", self._corrected),
            ("quote", "en", self._quote),
            ("not delivered", "en", self._not_delivered),
            ("message without a document", "en", self._message),
            ("link expired", "en", self._expired),
            ("link revoked", "en", self._revoked),
            ("reminders by email", "en", self._reminded),
            ("made by a test key", "en", self._tested),
        )
        made = []
        for state, own, make in scenes:
            language = self._language or own
            made.append(Scene(state, await make(language), language))
        return made

    async def _due_soon(self, language: str) -> str:
        sent = await self._send(
            "2026-0143",
            2,
            _customer("Ľubomír Šťastný", language),
            payment={**_SK, "url": "https://pay.example/2026-0143"},
        )
        return str(sent["view_url"])

    async def _promised(self, language: str) -> str:
        sent = await self._send("2026-0161", 1, _customer("Eva Malá", language), payment=_SK)
        path = f"{sent['view_url']}/invoices/{sent['id']}/promise"
        await self._form(path, {"promised_on": (self._today + timedelta(days=5)).isoformat()})
        return str(sent["view_url"])

    async def _overdue(self, language: str) -> str:
        sent = await self._send("2026-0144", -6, _customer("Jürgen Groß", language), payment=_SK)
        return str(sent["view_url"])

    async def _part_paid(self, language: str) -> str:
        sent = await self._send("2026-0145", 9, _customer("Mary Poe", language), payment=_SK)
        paid = {"amount": "454.00", "method": "transfer"}
        await self._post(f"/v1/invoices/{sent['id']}/mark-paid", paid)
        return str(sent["view_url"])

    async def _claimed(self, language: str) -> str:
        sent = await self._send("2026-0146", 4, _customer("Zoé Lefèvre", language), payment=_SK)
        path = f"{sent['view_url']}/invoices/{sent['id']}/paid"
        await self._form(path, {"method": "transfer", "note": "virement de ce matin"})
        return str(sent["view_url"])

    async def _receipt(self, language: str) -> str:
        sent = await self._send("2026-0150", 4, _customer("Ann Lee", language), payment=_SK)
        await self._form(
            f"{sent['view_url']}/invoices/{sent['id']}/receipt", {"note": "at your shop"}
        )
        return str(sent["view_url"])

    async def _paid(self, language: str) -> str:
        sent = await self._send("2026-0148", 3, _customer("Íñigo Muñoz", language), payment=_SK)
        await self._form(f"{sent['view_url']}/invoices/{sent['id']}/receipt", {})
        await self._post(f"/v1/invoices/{sent['id']}/confirm-payment", {})
        return str(sent["view_url"])

    async def _cancelled(self, language: str) -> str:
        sent = await self._send("2026-0149", 8, _customer("Tom Hardy", language), payment=_SK)
        await self._post(f"/v1/invoices/{sent['id']}/cancel", {})
        note = {"kind": "credit_note", "conversation_id": sent["conversation_id"]}
        await self._send("C-0149", 8, _customer("Tom Hardy", language), **note)
        return str(sent["view_url"])

    async def _corrected(self, language: str) -> str:
        customer = _customer("Jiří Dvořák", language)
        usual = {**_SK, "variable_symbol": _CZ["variable_symbol"]}
        money = {"currency": "CZK", "amount": "31250.00"}
        await self._send("2026-0147", 10, customer, payment=usual, **money)
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

    async def _quote(self, language: str) -> str:
        sent = await self._send("Q-31", 30, _customer("Eva Long", language), kind="quote")
        return str(sent["view_url"])

    async def _not_delivered(self, language: str) -> str:
        customer = {**_customer("Nobody There", language), "email": "bounce+5.1.1@sandbox.test"}
        sent = await self._send("2026-0151", 12, customer, payment=_SK)
        return str(sent["view_url"])

    async def _message(self, language: str) -> str:
        body = {
            "subject": "Your visit on Friday",
            "customer": _customer("Ida Noe", language),
            "text": "Hello Ida,\nwe look forward to your visit.",
        }
        begun = (await self._post("/v1/conversations", body)).json
        return await self._link(begun["id"], {})

    async def _expired(self, language: str) -> str:
        sent = await self._send("2026-0152", 20, _customer("Old Friend", language), payment=_SK)
        await self._link(sent["conversation_id"], {"renew": True})
        return str(sent["view_url"])

    async def _revoked(self, language: str) -> str:
        sent = await self._send("2026-0163", 20, _customer("Lost Soul", language), payment=_SK)
        await self._change_link(sent["conversation_id"], {"revoked": True})
        return str(sent["view_url"])

    async def _reminded(self, language: str) -> str:
        """Return where reminders are stopped, as the mail program of who got one has it."""
        sent = await self._send("2026-0164", -4, _customer("Max Late", language), payment=_SK)
        await self._post(f"/v1/invoices/{sent['id']}/remind", {})
        listed = await self._get(f"/v1/conversations/{sent['conversation_id']}/messages")
        raw = await self._get(f"/v1/messages/{listed.json['data'][-1]['id']}/raw")
        found = _STOP.search(raw.body.decode("ascii", "replace"))
        if found is None:
            raise NotSeen("a reminder without a way to stop it")
        return found[1]

    async def _tested(self, language: str) -> str:
        made = (await self._post("/v1/keys", {"kind": "test", "scopes": ["send"]})).json
        tester = Gallery(self._http, {"api_key": made["api_key"]}, self._today)
        customer = _customer("Tess Ting", language)
        return str((await tester._send("2026-0142", 5, customer, payment=_SK))["view_url"])

    async def _link(self, conversation_id: str, wish: Mapping[str, Any]) -> str:
        """Change the customer's link; return the one that holds."""
        return str((await self._change_link(conversation_id, wish))["view_url"])

    async def _change_link(self, conversation_id: str, wish: Mapping[str, Any]) -> Any:
        path = f"/v1/conversations/{conversation_id}/links"
        (person,) = (await self._get(path)).json["data"]
        body = {"address": person["address"], **wish}
        return (await self._post(path, body)).json

    async def _send(self, number: str, days: int, customer: Mapping[str, Any], **more: Any) -> Any:
        pdf = base64.b64encode(one_page([f"Invoice {number}", "Acme s.r.o."])).decode()
        body = {
            "number": number,
            "amount": "1254.00",
            "currency": "EUR",
            "issued_on": (self._today - timedelta(days=10)).isoformat(),
            "due_on": (self._today + timedelta(days=days)).isoformat(),
            "customer": customer,
            "message": _MESSAGES.get(customer["locale"][:2], _MESSAGES["en"]),
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

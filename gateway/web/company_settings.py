"""What a company chooses besides the way of its mail: PDF, colour, notifications, reminders."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.mail_accounts import Change
from gateway.flow.refusal import Kind, Refused
from gateway.mail.address import is_mailbox
from gateway.rules.customer_pages import pages_of
from gateway.rules.model import Tenant
from gateway.rules.own_server import settings_of
from gateway.rules.reminders import MOST_AFTER, MOST_BEFORE, MOST_RULES, ReminderRules
from gateway.web.company import framed
from gateway.web.pages import STATUS, Pages
from gateway.web.services import WebServices
from gateway.web.signin import Seat, SignIn
from gateway.web.uploads import fields_of

PATH = "/inbox/settings/company"
_PDF = (
    ("smtp-only", "With our own mail server only"),
    ("always", "Always"),
    ("never", "Never, the link does"),
)
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class CompanySettings:
    """Answers under /inbox/settings/company for those who may change settings."""

    def __init__(self, services: WebServices, pages: Pages, sign_in: SignIn) -> None:
        """Work with these journeys; `sign_in` knows who comes."""
        self._services = services
        self._pages = pages
        self._sign_in = sign_in

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self._pages.route
        return [route(PATH, self.show), route(PATH, self.save, method="POST")]

    async def show(self, request: Request) -> Response:
        """Show what is stored."""
        if await self._sign_in.seat(request) is None:
            return await self._sign_in.page(request)
        seat = await self._sign_in.setter(request)
        return self._page(seat, _form(seat.tenant))

    async def save(self, request: Request) -> Response:
        """Store the form, all of it or nothing."""
        seat = await self._sign_in.setter(request)
        fields = await fields_of(request)
        try:
            if seat.tenant.managed_by_file:
                raise _wrong("This company is managed by a file: ask whoever runs the gateway.")
            changes, rules = _changes(fields)
            if rules != settings_of(seat.tenant).reminders:
                await self._services.accounts.change(seat.tenant, Change(reminders=rules))
            color = changes.pop("color")
            changes["pages"] = {**seat.tenant.pages, "phrase": fields.get("phrase") == "on"}
            brand = {n: said for n, said in seat.tenant.brand.items() if n != "color"}
            changes["brand"] = {**brand, "color": color} if color else brand
            tenant = await self._services.companies.change(seat.tenant.id, changes)
        except Refused as refused:
            if refused.kind is not Kind.INVALID:
                raise
            form = {name: fields.get(name, "") for name in _form(seat.tenant)}
            status = STATUS[refused.kind]
            return self._page(seat, form, trouble=seat.say.refusal(refused), status=status)
        return self._page(seat, _form(tenant), saved=True)

    def _page(
        self,
        seat: Seat,
        form: Mapping[str, str],
        *,
        trouble: str = "",
        saved: bool = False,
        status: int = 200,
    ) -> Response:
        say = seat.say
        values: dict[str, Any] = {
            **framed(seat, "company", say),
            "form": form,
            "pdf_choices": [(value, say.text(words)) for value, words in _PDF],
            "allow": f"/allow/{seat.tenant.slug}",
            "trouble": trouble,
            "saved": saved,
            "by_file": seat.tenant.managed_by_file,
        }
        return self._pages.page("company_settings.html", values, say=say, status=status)


def _form(tenant: Tenant) -> dict[str, str]:
    rules = settings_of(tenant).reminders
    return {
        "attach_pdf": tenant.attach_pdf,
        "color": tenant.brand.get("color") or "",
        "phrase": "on" if pages_of(tenant.pages).phrase else "",
        "notify": tenant.notify_address or "",
        "before": ", ".join(map(str, sorted(rules.before, reverse=True))),
        "on_due": "on" if rules.on_due else "",
        "after": ", ".join(map(str, rules.after)),
    }


def _changes(fields: Mapping[str, str]) -> tuple[dict[str, Any], ReminderRules]:
    """Return what the form asks for. Raises Refused, naming what is wrong."""
    attach_pdf = fields.get("attach_pdf", "")
    if attach_pdf not in {value for value, _ in _PDF}:
        raise _wrong("Say when mails bring the PDF along.")
    color = fields.get("color", "").strip()
    if color and not _COLOUR.fullmatch(color):
        raise _wrong("A colour looks like #1f6feb.")
    notify = fields.get("notify", "").strip()
    if notify and not is_mailbox(notify):
        raise _wrong("Where messages are sent is not an address such as office@acme.example.")
    rules = ReminderRules(
        _days(fields.get("before", ""), MOST_BEFORE),
        fields.get("on_due") == "on",
        _days(fields.get("after", ""), MOST_AFTER),
    )
    changes = {"attach_pdf": attach_pdf, "notify_address": notify or None}
    return {**changes, "color": color}, rules


def _days(text: str, most: int) -> tuple[int, ...]:
    words = text.replace(",", " ").split()
    if not all(word.isascii() and word.isdigit() for word in words):
        raise _wrong("Write days as numbers with commas between, such as 7, 14.")
    days = sorted({int(word) for word in words[: MOST_RULES + 1] if len(word) < 5})
    if len(words) > MOST_RULES or any(not 1 <= day <= most for day in days):
        raise _wrong(f"Days are from 1 to {most}, {MOST_RULES} of them at most.")
    return tuple(days)


def _wrong(detail: str) -> Refused:
    return Refused(Kind.INVALID, "invalid", detail)

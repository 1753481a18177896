"""`/allow/{company}`: what a customer's mail admin lets in, as a page and as JSON.

Public: it says no more than each mail of the company shows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from gateway.flow.refusal import not_found
from gateway.rules.model import HOUSE_TENANT_ID, Tenant
from gateway.rules.own_server import settings_of
from gateway.web.pages import HEADERS, Pages
from gateway.web.services import WebServices
from gateway.web.wording import Wording, wording


class Allowing:
    """Tells by what a company's mail is known."""

    def __init__(self, services: WebServices, pages: Pages) -> None:
        """Answer by these."""
        self._services = services
        self._pages = pages

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self._pages.route
        return [
            route("/allow/{slug}.json", self.data),
            route("/allow/{slug}", self.page),
            *self._pages.nothing("/allow"),
        ]

    async def data(self, request: Request) -> Response:
        """Return it for programs."""
        return JSONResponse(await self._about(await self._tenant(request)), headers=HEADERS)

    async def page(self, request: Request) -> Response:
        """Show it to people, in the company's language."""
        tenant = await self._tenant(request)
        say = wording(tenant.locale)
        about = await self._about(tenant)
        values = {"company": tenant.name, "slug": tenant.slug, "rows": _rows(about, say)}
        return self._pages.page("allow.html", values, say=say)

    async def _tenant(self, request: Request) -> Tenant:
        slug = str(request.path_params["slug"]).lower()
        store = self._services.context.store
        tenant = await store.read(lambda work: work.tenants.by_slug(slug))
        if tenant is None or tenant.id == HOUSE_TENANT_ID:
            raise not_found("company")
        return tenant

    async def _about(self, tenant: Tenant) -> Mapping[str, Any]:
        names, settings = self._services.context.names, settings_of(tenant)
        from_address = names.author_address(tenant)
        if settings.uses_own_server:
            # Its own server signs, and connects from addresses that only its admin knows.
            domain = from_address.rpartition("@")[2]
            return {
                "company": tenant.name,
                "from_address": from_address,
                "sent_by": "own_server",
                "servers": [settings.account.host],
                "addresses": [],
                "return_path_domain": domain,
                "dkim_domains": [domain],
                "spf_domain": domain,
                "headers": _headers(from_address, names.public_url),
            }
        return {
            "company": tenant.name,
            "from_address": from_address,
            "sent_by": "gateway",
            "servers": [names.hostname],
            "addresses": list(await self._services.egress_addresses()),
            "return_path_domain": names.bounce,
            "dkim_domains": [tenant.own_sender.domain if tenant.own_sender else names.sender],
            "spf_domain": names.bounce,
            "headers": _headers(from_address, names.public_url),
        }


def _headers(from_address: str, public_url: str) -> Mapping[str, str]:
    return {"From": from_address, "links": public_url}


def _rows(about: Mapping[str, Any], say: Wording) -> Sequence[tuple[str, Sequence[str]]]:
    """Return what the page shows: a label and the values to copy."""
    rows = [
        (say.text("Sender's address"), [about["from_address"]]),
        (say.text("Name of the sending server (EHLO)"), about["servers"]),
        (say.text("IP addresses"), about["addresses"]),
        (say.text("Domain of the return-path (SPF)"), [about["return_path_domain"]]),
        (say.text("Domain of the signature (DKIM)"), about["dkim_domains"]),
        (say.text("Links in the mail lead to"), [about["headers"]["links"]]),
    ]
    return [(label, values) for label, values in rows if values]

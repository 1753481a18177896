"""Signing in to the Inbox: with a company's key or a one-time link (contract §7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.refusal import Kind, Refused
from gateway.ports.store import Work
from gateway.rules.model import Tenant
from gateway.runtime.http.guesses import network_of_peer
from gateway.web.guard import Pace, peer_of
from gateway.web.pages import Pages, see_other
from gateway.web.services import WebServices
from gateway.web.uploads import fields_of
from gateway.web.wording import wording

COOKIE = "postroom_session"
_FORTNIGHT = 14 * 24 * 60 * 60
_SECRET_CHARS = 200


@dataclass(frozen=True, slots=True)
class Seat:
    """Who is signed in. conversation_id: where their link leads."""

    tenant: Tenant
    may_write: bool
    may_set: bool
    user: str | None = None
    conversation_id: str | None = None


class SignIn:
    """Answers for sign-in and sign-out, and knows who is signed in."""

    def __init__(self, services: WebServices, pages: Pages, pace: Pace) -> None:
        """Work with these journeys; `pace` bounds how often a peer may try."""
        self._services = services
        self._pages = pages
        self._pace = pace

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self._pages.route
        return [
            route("/inbox/sign-in", self.enter, method="POST"),
            route("/inbox/sign-out", self.leave, method="POST"),
            route("/inbox/link/{code}", self.show_link),
            route("/inbox/link/{code}", self.use_link, method="POST"),
        ]

    async def seat(self, request: Request) -> Seat | None:
        """Return who is signed in, or None."""
        secret = request.cookies.get(COOKIE, "")
        if not 0 < len(secret) <= _SECRET_CHARS:
            return None
        about = await self._services.companies.session(secret)
        if about is None:
            return None
        return await self._services.context.store.read(lambda work: _seat(work, about))

    async def reader(self, request: Request) -> Seat:
        """Return who is signed in; raises Refused if nobody is."""
        seat = await self.seat(request)
        if seat is None:
            raise Refused(Kind.FORBIDDEN, "signed_out", "Sign in to the Inbox first.")
        return seat

    async def writer(self, request: Request) -> Seat:
        """Return who is signed in and may write; raises Refused."""
        seat = await self.reader(request)
        if not seat.may_write:
            detail = "You may only read here: your key lacks the right inbox:write."
            raise Refused(Kind.FORBIDDEN, "read_only", detail)
        return seat

    def page(self, *, status: int = 200, trouble: str = "") -> Response:
        """Return the page with the one field for key or code."""
        say = wording("en")
        return self._pages.page("signin.html", {"trouble": trouble}, say=say, status=status)

    async def enter(self, request: Request) -> Response:
        """Sign in with what stands in the field: a key, a code, or a whole link."""
        self._count(request)
        fields = await fields_of(request)
        given = fields.get("secret") or fields.get("key") or fields.get("code") or ""
        given = given.strip()
        if "/" in given:
            given = given.rstrip("/").rpartition("/")[2]
        secret = None
        if 0 < len(given) <= _SECRET_CHARS:
            companies = self._services.companies
            secret = await companies.open_session_with_key(given)
            secret = secret or await companies.open_link(given)
        if secret is None:
            await self._services.guesses.wrong(given, peer_of(request))
            words = "This key or code is not known, was used already, or has expired."
            return self.page(status=401, trouble=wording("en").text(words))
        return await self._welcome(secret)

    async def leave(self, request: Request) -> Response:
        """Sign out."""
        secret = request.cookies.get(COOKIE, "")
        if 0 < len(secret) <= _SECRET_CHARS:
            await self._services.companies.close_session(secret)
        response = see_other("/inbox")
        response.delete_cookie(COOKIE, path="/inbox", httponly=True, samesite="lax")
        return response

    async def show_link(self, request: Request) -> Response:
        """Show a button. The link is not used up: scanners open links, people press buttons."""
        code = request.path_params["code"]
        return self._pages.page("link.html", {"code": quote(code, safe="")}, say=wording("en"))

    async def use_link(self, request: Request) -> Response:
        """Use up the one-time link."""
        self._count(request)
        code = request.path_params["code"]
        secret = None
        if len(code) <= _SECRET_CHARS:
            secret = await self._services.companies.open_link(code)
        if secret is None:
            await self._services.guesses.wrong(code, peer_of(request))
            raise Refused(Kind.GONE, "link_used", "This link was used already, or has expired.")
        return await self._welcome(secret)

    async def _welcome(self, secret: str) -> Response:
        about = await self._services.companies.session(secret) or {}
        conversation_id = str(about.get("conversation_id") or "")
        where = f"/inbox/conversations/{quote(conversation_id)}" if conversation_id else "/inbox"
        response = see_other(where)
        response.set_cookie(
            COOKIE,
            secret,
            max_age=_FORTNIGHT,
            path="/inbox",
            secure=urlsplit(self._services.context.names.public_url).scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return response

    def _count(self, request: Request) -> None:
        peer = network_of_peer(peer_of(request))
        self._pace.take(f"peer:{peer}", self._services.context.clock.now())


def _seat(work: Work, about: Mapping[str, Any]) -> Seat | None:
    tenant = work.tenants.get(str(about["tenant_id"]))
    if tenant is None:
        return None
    key_id = about.get("key_id")
    if key_id is not None:
        # A session lives no longer than the key that opened it.
        key = next((one for one in work.keys.all(tenant.id) if one.id == key_id), None)
        if key is None or key.revoked_at is not None:
            return None
    scopes = about.get("scopes")
    return Seat(
        tenant=tenant,
        may_write=scopes is None or "inbox:write" in scopes,
        may_set=scopes is None or "settings" in scopes,
        user=about.get("user"),
        conversation_id=about.get("conversation_id"),
    )

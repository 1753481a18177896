"""Signing in to the Inbox: with a company's key or a one-time link (contract §7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.audit import act_for
from gateway.flow.refusal import Kind, Refused
from gateway.flow.team import session_mark
from gateway.ports.store import Work
from gateway.rules.audit import Actor
from gateway.rules.keys import works_at
from gateway.rules.model import Tenant
from gateway.rules.team import SHORTEST_PASSWORD, Role
from gateway.rules.testing import is_test
from gateway.runtime.http.guesses import network_of_peer
from gateway.web.guard import Pace, peer_of
from gateway.web.pages import Pages, see_other, wording_for
from gateway.web.services import WebServices
from gateway.web.uploads import fields_of
from gateway.web.wording import Wording, wording

COOKIE = "postroom_session"
_FORTNIGHT = 14 * 24 * 60 * 60
_SECRET_CHARS = 200


@dataclass(frozen=True, slots=True)
class Seat:
    """Who is signed in. conversation_id: where their link leads.

    user: the person's name, None if a key signed in. user_id: of a user of the company.
    key_id: of the key that signed in. say: how to speak to them, by their browser's languages.
    """

    tenant: Tenant
    may_write: bool
    may_set: bool
    user: str | None = None
    conversation_id: str | None = None
    user_id: str | None = None
    key_id: str | None = None
    say: Wording = field(default_factory=lambda: wording("en"))

    @property
    def is_test(self) -> bool:
        """Whether it is in test mode: nothing that is seen here is real."""
        return is_test(self.tenant.id)

    @property
    def company(self) -> str:
        """The company's name, as the frame of a page shows it."""
        return f"{self.tenant.name} · TEST" if self.is_test else self.tenant.name

    @property
    def actor(self) -> Actor:
        """Who it is, as the audit log names it; the network aside."""
        if self.user_id:
            return Actor("user", self.user_id)
        return Actor("key", self.key_id) if self.key_id else Actor("link")


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
            route("/inbox/welcome/{code}", self.show_invitation),
            route("/inbox/welcome/{code}", self.accept_invitation, method="POST"),
        ]

    async def seat(self, request: Request) -> Seat | None:
        """Return who is signed in, or None."""
        secret = request.cookies.get(COOKIE, "")
        if not 0 < len(secret) <= _SECRET_CHARS:
            return None
        about = await self._services.companies.session(secret)
        if about is None:
            return None
        now = self._services.context.clock.now()
        seat = await self._services.context.store.read(lambda work: _seat(work, about, now))
        return None if seat is None else replace(seat, say=wording_for(request))

    async def reader(self, request: Request) -> Seat:
        """Return who is signed in; raises Refused if nobody is."""
        seat = await self.seat(request)
        if seat is None:
            raise Refused(Kind.FORBIDDEN, "signed_out", "Sign in to the Inbox first.")
        act_for(replace(seat.actor, network=network_of_peer(peer_of(request))))
        return seat

    async def writer(self, request: Request) -> Seat:
        """Return who is signed in and may write; raises Refused."""
        seat = await self.reader(request)
        if not seat.may_write:
            detail = (
                "You may only read here: an owner of your company can give you more."
                if seat.user_id
                else "You may only read here: your key lacks the right inbox:write."
            )
            raise Refused(Kind.FORBIDDEN, "read_only", detail)
        return seat

    async def setter(self, request: Request, *, in_test: bool = False) -> Seat:
        """Return who is signed in and may change settings; raises Refused.

        in_test: also in test mode, which has its own of these.
        """
        seat = await self.reader(request)
        if seat.is_test and not in_test:
            detail = "In test mode these settings are those of the live company: use a live key."
            raise Refused(Kind.FORBIDDEN, "test_mode", detail)
        if not seat.may_set:
            detail = (
                "You may not change settings: ask an owner of your company."
                if seat.user_id
                else "You may not change settings: your key lacks the right settings."
            )
            raise Refused(Kind.FORBIDDEN, "no_settings", detail)
        return seat

    async def page(
        self, request: Request, *, status: int = 200, trouble: str = "", login: str = ""
    ) -> Response:
        """Return the page with the field for key or code, and name and password for users."""
        values = {
            "trouble": trouble,
            "has_users": await self._services.team.is_used(),
            "login": login,
        }
        return self._pages.page("signin.html", values, say=wording_for(request), status=status)

    async def enter(self, request: Request) -> Response:
        """Sign in with a key, a code, a whole link, or a name and a password."""
        self._count(request)
        fields = await fields_of(request)
        if fields.get("login") or fields.get("password"):
            return await self._enter_as_user(request, fields)
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
            return await self.page(request, status=401, trouble=wording_for(request).text(words))
        return await self._welcome(secret)

    async def _enter_as_user(self, request: Request, fields: Mapping[str, str]) -> Response:
        login, password = fields.get("login", "").strip(), fields.get("password", "")
        secret = await self._services.team.enter(login, password)
        if secret is None:
            await self._services.guesses.wrong(f"{login}\n{password}", peer_of(request))
            words = "This name and password do not belong together."
            trouble = wording_for(request).text(words)
            return await self.page(request, status=401, trouble=trouble, login=login)
        return await self._welcome(secret)

    async def show_invitation(self, request: Request) -> Response:
        """Show the form by which an invited person chooses a password; uses up nothing."""
        return await self._invitation(request, "", 200)

    async def accept_invitation(self, request: Request) -> Response:
        """Keep the password and sign in."""
        self._count(request)
        code = request.path_params["code"]
        if len(code) > _SECRET_CHARS:
            raise Refused(Kind.GONE, "link_used", "This link was used already, or has expired.")
        password = (await fields_of(request)).get("password", "")
        act_for(Actor("invitation", network=network_of_peer(peer_of(request))))
        try:
            secret = await self._services.team.accept(code, password)
        except Refused as refused:
            if refused.kind is not Kind.INVALID:
                await self._services.guesses.wrong(code, peer_of(request))
                raise
            return await self._invitation(request, wording_for(request).refusal(refused), 422)
        return await self._welcome(secret)

    async def _invitation(self, request: Request, trouble: str, status: int) -> Response:
        code = request.path_params["code"]
        user = await self._services.team.invited(code) if len(code) <= _SECRET_CHARS else None
        if user is None:
            raise Refused(Kind.GONE, "link_used", "This link was used already, or has expired.")
        values = {
            "code": quote(code, safe=""),
            "user": user,
            "trouble": trouble,
            "shortest": SHORTEST_PASSWORD,
        }
        return self._pages.page("welcome.html", values, say=wording_for(request), status=status)

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
        values = {"code": quote(code, safe="")}
        return self._pages.page("link.html", values, say=wording_for(request))

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


def _seat(work: Work, about: Mapping[str, Any], now: datetime) -> Seat | None:
    tenant = work.tenants.get(str(about["tenant_id"]))
    if tenant is None:
        return None
    key_id = about.get("key_id")
    if key_id is not None:
        # A session lives no longer than the key that opened it.
        key = next((one for one in work.keys.all(tenant.id) if one.id == key_id), None)
        if key is None or not works_at(key, now):
            return None
    user_id = about.get("user_id")
    if user_id is not None:
        return _seat_of_user(work, tenant, str(user_id), about)
    scopes = about.get("scopes")
    return Seat(
        tenant=tenant,
        may_write=scopes is None or "inbox:write" in scopes,
        may_set=scopes is None or "settings" in scopes,
        user=about.get("user"),
        conversation_id=about.get("conversation_id"),
        key_id=key_id,
    )


def _seat_of_user(
    work: Work, tenant: Tenant, user_id: str, about: Mapping[str, Any]
) -> Seat | None:
    user = work.team.get(tenant.id, user_id)
    # Whoever was removed, or chose another password, is signed out everywhere.
    if user is None or session_mark(user) != about.get("password_at"):
        return None
    return Seat(
        tenant=tenant,
        may_write=user.role is not Role.READER,
        may_set=user.role is Role.OWNER,
        user=user.name,
        user_id=user.id,
    )

"""The admin page: companies, what waits and why, health, DNS; read-only but for retry and hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.refusal import Kind, Refused
from gateway.ports.lists import Page
from gateway.ports.store import Work
from gateway.rules.model import Delivery, Tenant
from gateway.rules.own_server import settings_of
from gateway.rules.reasons import plain_words
from gateway.rules.states import FINAL, State
from gateway.rules.testing import is_test
from gateway.runtime.http.guesses import network_of_peer
from gateway.web.guard import Pace, peer_of
from gateway.web.pages import Pages, see_other
from gateway.web.services import WebServices
from gateway.web.uploads import fields_of
from gateway.web.wording import Wording, wording

PATH = "/inbox/admin"
COOKIE = "postroom_admin"
_SECRET_CHARS = 512
_ROWS = 50
_WAITING = tuple(state.value for state in State if state not in FINAL)
_UTC = "UTC"


@dataclass(frozen=True, slots=True)
class AdminPage:
    """Answers under /inbox/admin for those who hold an admin key."""

    services: WebServices
    pages: Pages
    pace: Pace

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route, one = self.pages.route, f"{PATH}/deliveries/{{delivery}}"
        return [
            route(PATH, self.show),
            route(f"{PATH}/dns", self.show_dns),
            route(f"{PATH}/sign-in", self.enter, method="POST"),
            route(f"{PATH}/sign-out", self.leave, method="POST"),
            route(f"{one}/retry", self.retry, method="POST"),
            route(f"{one}/hold", self.hold, method="POST"),
            route(f"{one}/release", self.release, method="POST"),
        ]

    async def show(self, request: Request) -> Response:
        """Show everything but DNS, or the sign-in."""
        if not await self._is_open(request):
            return self._sign_in()
        say, now = wording("en"), self.services.context.clock.now()
        cursor = request.query_params.get("cursor") or None

        def look(work: Work) -> dict[str, Any]:
            tenants = [tenant for tenant in work.tenants.all() if not is_test(tenant.id)]
            names = {tenant.id: tenant.name for tenant in tenants}
            listed = work.deliveries.page(None, Page(_ROWS, cursor), states=_WAITING)
            return {
                "companies": [_company(one, say) for one in tenants],
                "reasons": [_reason(*one, say=say) for one in work.deliveries.reasons()],
                "waiting": [_delivery(one, names, say, now) for one in listed.items],
                "next_cursor": listed.next_cursor,
            }

        values = await self.services.context.store.read(look)
        values |= {"here": "admin", "checks": await self.services.health()}
        return self.pages.page("admin.html", values, say=say)

    async def show_dns(self, request: Request) -> Response:
        """Show what DNS answers beside what should be published; it is asked now."""
        if not await self._is_open(request):
            return self._sign_in()
        values = {"here": "dns", "verdicts": await self.services.dns()}
        return self.pages.page("admin_dns.html", values, say=wording("en"))

    async def enter(self, request: Request) -> Response:
        """Sign in with an admin key."""
        peer = peer_of(request)
        self.pace.take(f"admin:{network_of_peer(peer)}", self.services.context.clock.now())
        given = (await fields_of(request)).get("secret", "").strip()
        known = 0 < len(given) <= _SECRET_CHARS
        session = await self.services.administration.enter(given) if known else None
        if session is None:
            await self.services.guesses.wrong(given, peer)
            return self._sign_in(trouble="This is no admin key.", status=401)
        response = see_other(PATH)
        response.set_cookie(
            COOKIE,
            session,
            path=PATH,
            secure=urlsplit(self.services.context.names.public_url).scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    async def leave(self, request: Request) -> Response:
        """Sign out."""
        session = request.cookies.get(COOKIE, "")
        if 0 < len(session) <= _SECRET_CHARS:
            await self.services.administration.leave(session)
        response = see_other(PATH)
        response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="strict")
        return response

    async def retry(self, request: Request) -> Response:
        """Try a delivery now."""
        await self._require(request)
        await self.services.dispatch.retry(None, request.path_params["delivery"])
        return see_other(PATH)

    async def hold(self, request: Request) -> Response:
        """Keep a delivery waiting."""
        await self._require(request)
        await self.services.dispatch.hold(None, request.path_params["delivery"])
        return see_other(PATH)

    async def release(self, request: Request) -> Response:
        """Let a delivery that is held go on."""
        await self._require(request)
        await self.services.dispatch.release(None, request.path_params["delivery"])
        return see_other(PATH)

    async def _is_open(self, request: Request) -> bool:
        session = request.cookies.get(COOKIE, "")
        if not 0 < len(session) <= _SECRET_CHARS:
            return False
        return await self.services.administration.is_open(session)

    async def _require(self, request: Request) -> None:
        if not await self._is_open(request):
            raise Refused(Kind.FORBIDDEN, "signed_out", "Sign in with an admin key first.")

    def _sign_in(self, *, trouble: str = "", status: int = 200) -> Response:
        say = wording("en")
        return self.pages.page("admin_signin.html", {"trouble": trouble}, say=say, status=status)


def _company(tenant: Tenant, say: Wording) -> dict[str, Any]:
    email = settings_of(tenant)
    return {
        "id": tenant.id,
        "name": tenant.name,
        "slug": tenant.slug,
        "since": say.short_day(tenant.created_at.date()),
        "way": say.text(_way(tenant, uses_own_server=email.uses_own_server)),
        "failing": email.failure is not None,
        "by_file": tenant.managed_by_file,
    }


def _way(tenant: Tenant, *, uses_own_server: bool) -> str:
    if uses_own_server:
        return "own server"
    return "own domain" if tenant.own_sender else "gateway"


def _reason(
    route: str, key: str | None, count: int, since: datetime, octets: int, *, say: Wording
) -> dict[str, Any]:
    return {
        "route": route,
        "reason": say.text(plain_words(key)) if key else "",
        "count": count,
        "oldest": say.moment(since, _UTC),
        "size": say.size(octets),
    }


def _delivery(one: Delivery, names: dict[str, str], say: Wording, now: datetime) -> dict[str, Any]:
    last: Sequence[Any] = one.attempts[-1:]
    return {
        "id": one.id,
        "recipient": one.recipient.address,
        "company": names.get(one.tenant_id, one.tenant_id),
        "state": one.state,
        "tries": one.tries,
        "reason": one.reason.plain if one.reason else "",
        "reply": last[0].reply if last else "",
        "queued": say.brief(one.queued_at, _UTC, now.date()),
        "next": say.brief(one.next_attempt_at, _UTC, now.date()) if one.next_attempt_at else "",
        "is_held": one.state == State.HELD,
    }

"""API keys and SMTP logins of a company: made, shown once, revoked."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.companies import ALL_SCOPES, keys_of
from gateway.flow.refusal import invalid, not_found
from gateway.ports.store import Work
from gateway.rules.credentials import ApiKey, Login
from gateway.rules.keys import Kind, kind_of, works_at
from gateway.web.company import framed
from gateway.web.pages import Pages, see_other
from gateway.web.services import WebServices
from gateway.web.signin import Seat, SignIn
from gateway.web.uploads import fields_of
from gateway.web.wording import Wording

PATH = "/inbox/keys"
_SCOPES = {
    "send": "hand over invoices and mail",
    "inbox:read": "read conversations",
    "inbox:write": "answer and sort them",
    "settings": "change settings",
}


@dataclass(frozen=True, slots=True)
class KeysPage:
    """Answers under /inbox/keys for those who may change settings."""

    services: WebServices
    pages: Pages
    sign_in: SignIn

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self.pages.route
        return [
            route(PATH, self.show),
            route(PATH, self.add_key, method="POST"),
            route(f"{PATH}/logins", self.add_login, method="POST"),
            route(f"{PATH}/logins/{{username}}/revoke", self.revoke_login, method="POST"),
            route(f"{PATH}/{{key}}/revoke", self.revoke_key, method="POST"),
        ]

    async def show(self, request: Request) -> Response:
        """Show what there is; no secret is kept that could be shown."""
        if await self.sign_in.seat(request) is None:
            return await self.sign_in.page(request)
        return await self._page(await self.sign_in.setter(request, in_test=True))

    async def add_key(self, request: Request) -> Response:
        """Add an API key, and show it this once."""
        seat = await self.sign_in.setter(request, in_test=True)
        fields = await fields_of(request)
        scopes = tuple(scope for scope in ALL_SCOPES if fields.get(scope))
        if not scopes:
            raise invalid("scopes", "A key needs at least one right.")
        kind = Kind.TEST if fields.get("test") else Kind.LIVE
        add = self.services.companies.add_key
        _, secret = await add(seat.tenant.id, scopes, kind=kind)
        return await self._page(seat, made=(seat.say.text("API key"), secret))

    async def add_login(self, request: Request) -> Response:
        """Add an SMTP login, and show its password this once."""
        seat = await self.sign_in.setter(request, in_test=True)
        login, password = await self.services.companies.add_login(seat.tenant)
        title = seat.say.text("Password of {login}", login=login.username)
        return await self._page(seat, made=(title, password))

    async def revoke_key(self, request: Request) -> Response:
        """Revoke a key of the company; sessions that it opened are over."""
        seat, key_id = await self.sign_in.setter(request, in_test=True), request.path_params["key"]
        keys, _ = await self._held(seat)
        if not any(key.id == key_id and not key.managed_by_file for key in keys):
            raise not_found("key")
        await self.services.companies.revoke_key(key_id)
        return see_other(PATH)

    async def revoke_login(self, request: Request) -> Response:
        """Revoke an SMTP login of the company."""
        seat, username = (
            await self.sign_in.setter(request, in_test=True),
            request.path_params["username"],
        )
        _, logins = await self._held(seat)
        if not any(one.username == username and not one.managed_by_file for one in logins):
            raise not_found("login")
        await self.services.companies.revoke_login(username)
        return see_other(PATH)

    async def _held(self, seat: Seat) -> tuple[list[ApiKey], list[Login]]:
        now = self.services.context.clock.now()

        def look(work: Work) -> tuple[list[ApiKey], list[Login]]:
            keys, logins = keys_of(work, seat.tenant.id), work.keys.logins(seat.tenant.id)
            return (
                [key for key in keys if works_at(key, now)],
                [login for login in logins if login.revoked_at is None],
            )

        return await self.services.context.store.read(look)

    async def _page(self, seat: Seat, *, made: tuple[str, str] | None = None) -> Response:
        say = seat.say
        keys, logins = await self._held(seat)
        values = {
            **framed(seat, "keys", say),
            "keys": [
                {
                    "id": key.id,
                    "is_test": kind_of(key) is Kind.TEST,
                    "rights": ", ".join(say.text(_SCOPES.get(one, one)) for one in key.scopes),
                    "made": _moment(key.created_at, seat, say),
                    "ends": _moment(key.revoked_at, seat, say),
                    "used": _moment(key.last_used_at, seat, say),
                    "by_file": key.managed_by_file,
                }
                for key in keys
            ],
            "logins": [
                {
                    "username": one.username,
                    "made": _moment(one.created_at, seat, say),
                    "by_file": one.managed_by_file,
                }
                for one in logins
            ],
            "scopes": [(name, say.text(words)) for name, words in _SCOPES.items()],
            "made": made,
            "in_test": seat.is_test,
        }
        return self.pages.page("keys_page.html", values, say=say)


def _moment(when: datetime | None, seat: Seat, say: Wording) -> str:
    return say.moment(when, seat.tenant.timezone) if when else ""

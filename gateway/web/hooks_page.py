"""Webhooks of a company: added, tried, switched, and what they were sent lately."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.refusal import Kind, Refused
from gateway.ports.lists import Page
from gateway.ports.store import Work
from gateway.rules.hooks import HookAttempt, Webhook
from gateway.web.company import framed
from gateway.web.pages import STATUS, Pages, see_other
from gateway.web.services import WebServices
from gateway.web.signin import Seat, SignIn
from gateway.web.uploads import fields_of
from gateway.web.wording import Wording

PATH = "/inbox/webhooks"
_ATTEMPTS = 20
_FORMAT = "standard"


@dataclass(frozen=True, slots=True)
class HooksPage:
    """Answers under /inbox/webhooks for those who may change settings."""

    services: WebServices
    pages: Pages
    sign_in: SignIn

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route, one = self.pages.route, f"{PATH}/{{hook}}"
        return [
            route(PATH, self.show),
            route(PATH, self.add, method="POST"),
            route(f"{one}/test", self.test, method="POST"),
            route(f"{one}/switch", self.switch, method="POST"),
            route(f"{one}/rotate", self.rotate, method="POST"),
            route(f"{one}/remove", self.remove, method="POST"),
            route(f"{one}/attempts/{{attempt}}/again", self.again, method="POST"),
        ]

    async def show(self, request: Request) -> Response:
        """Show the endpoints with what they were sent lately."""
        if await self.sign_in.seat(request) is None:
            return await self.sign_in.page(request)
        return await self._page(await self.sign_in.setter(request, in_test=True))

    async def add(self, request: Request) -> Response:
        """Add an endpoint, and show its secret this once."""
        seat = await self.sign_in.setter(request, in_test=True)
        url = (await fields_of(request)).get("url", "").strip()
        try:
            _, secret = await self.services.hooks.add(seat.tenant.id, url, (), _FORMAT)
        except Refused as refused:
            if refused.kind not in {Kind.INVALID, Kind.CONFLICT}:
                raise
            return await self._page(seat, refused=refused, url=url)
        return await self._page(seat, secret=secret)

    async def test(self, request: Request) -> Response:
        """Send an endpoint a test event, and show what it answered."""
        seat = await self.sign_in.setter(request, in_test=True)
        attempt = await self.services.hooks.test(seat.tenant.id, request.path_params["hook"])
        return await self._page(seat, tested=attempt)

    async def switch(self, request: Request) -> Response:
        """Switch an endpoint on or off."""
        seat = await self.sign_in.setter(request, in_test=True)
        enabled = (await fields_of(request)).get("on") == "1"
        hook_id = request.path_params["hook"]
        await self.services.hooks.change(seat.tenant.id, hook_id, enabled=enabled)
        return see_other(PATH)

    async def rotate(self, request: Request) -> Response:
        """Give an endpoint a new secret, shown this once."""
        seat = await self.sign_in.setter(request, in_test=True)
        _, secret = await self.services.hooks.rotate(seat.tenant.id, request.path_params["hook"])
        return await self._page(seat, secret=secret)

    async def remove(self, request: Request) -> Response:
        """Remove an endpoint."""
        seat, hook_id = (
            await self.sign_in.setter(request, in_test=True),
            request.path_params["hook"],
        )
        await self.services.hooks.remove(seat.tenant.id, hook_id)
        return see_other(PATH)

    async def again(self, request: Request) -> Response:
        """Let the event of an attempt be sent again."""
        seat, params = await self.sign_in.setter(request, in_test=True), request.path_params
        await self.services.hooks.redeliver(seat.tenant.id, params["hook"], params["attempt"])
        return see_other(PATH)

    async def _page(
        self,
        seat: Seat,
        *,
        secret: str = "",
        tested: HookAttempt | None = None,
        refused: Refused | None = None,
        url: str = "",
    ) -> Response:
        say = seat.say

        def look(work: Work) -> list[dict[str, Any]]:
            hooks = work.hooks.page(seat.tenant.id, Page(100)).items
            return [
                _shown(hook, work.hooks.attempts(hook.id, Page(_ATTEMPTS)).items, seat, say)
                for hook in hooks
            ]

        values = {
            **framed(seat, "webhooks", say),
            "hooks": await self.services.context.store.read(look),
            "secret": secret,
            "tested": _attempt(tested, seat, say) if tested else None,
            "trouble": say.refusal(refused) if refused else "",
            "url": url,
        }
        status = STATUS[refused.kind] if refused else 200
        return self.pages.page("webhooks.html", values, say=say, status=status)


def _shown(
    hook: Webhook, attempts: tuple[HookAttempt, ...] | Any, seat: Seat, say: Wording
) -> dict[str, Any]:
    return {
        "id": hook.id,
        "url": hook.url,
        "types": ", ".join(hook.types),
        "disabled": hook.disabled,
        "failures": hook.failures,
        "attempts": [_attempt(one, seat, say) for one in attempts],
    }


def _attempt(one: HookAttempt, seat: Seat, say: Wording) -> dict[str, Any]:
    return {
        "id": one.id,
        "ok": one.ok,
        "type": one.type,
        "time": say.moment(one.sent_at, seat.tenant.timezone),
        "status": one.status,
        "words": one.error or one.answer,
        "ms": one.ms,
    }

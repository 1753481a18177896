"""The team: who signs in to the Inbox by name and password, and what they may do there."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.refusal import Kind, Refused, invalid
from gateway.rules.team import Role, User
from gateway.web.company import framed
from gateway.web.pages import STATUS, Pages, see_other
from gateway.web.services import WebServices
from gateway.web.signin import Seat, SignIn
from gateway.web.uploads import fields_of
from gateway.web.wording import Wording

PATH = "/inbox/team"
_SHOWN_AGAIN = frozenset({Kind.INVALID, Kind.CONFLICT})
_ROLES = (
    (Role.OWNER, "Owner: everything, settings and team included"),
    (Role.MEMBER, "Member: reads and answers"),
    (Role.READER, "Read-only"),
)
_BRIEF = {Role.OWNER: "Owner", Role.MEMBER: "Member", Role.READER: "Read-only"}


@dataclass(frozen=True, slots=True)
class TeamPage:
    """Answers under /inbox/team for those who may change settings."""

    services: WebServices
    pages: Pages
    sign_in: SignIn

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route, one = self.pages.route, f"{PATH}/{{user}}"
        return [
            route(PATH, self.show),
            route(PATH, self.invite, method="POST"),
            route(f"{one}/role", self.change_role, method="POST"),
            route(f"{one}/link", self.renew, method="POST"),
            route(f"{one}/remove", self.remove, method="POST"),
        ]

    async def show(self, request: Request) -> Response:
        """Show who there is."""
        if await self.sign_in.seat(request) is None:
            return await self.sign_in.page(request)
        return await self._page(await self.sign_in.setter(request))

    async def invite(self, request: Request) -> Response:
        """Add a user, and show the link to hand over, this once."""
        seat = await self.sign_in.setter(request)
        fields = await fields_of(request)
        try:
            user, url = await self.services.team.invite(
                seat.tenant,
                fields.get("login", ""),
                fields.get("name", ""),
                _role_of(fields.get("role", "")),
            )
        except Refused as refused:
            if refused.kind not in _SHOWN_AGAIN:
                raise
            return await self._page(seat, refused=refused, fields=fields)
        return await self._page(seat, invited=(user, url))

    async def renew(self, request: Request) -> Response:
        """Show a new link by which a user chooses another password."""
        seat = await self.sign_in.setter(request)
        user_id = request.path_params["user"]
        return await self._page(seat, invited=await self.services.team.renew(seat.tenant, user_id))

    async def change_role(self, request: Request) -> Response:
        """Let a user do more or less."""
        seat = await self.sign_in.setter(request)
        role = _role_of((await fields_of(request)).get("role", ""))
        await self.services.team.change_role(seat.tenant, request.path_params["user"], role)
        return see_other(PATH)

    async def remove(self, request: Request) -> Response:
        """Remove a user."""
        seat = await self.sign_in.setter(request)
        await self.services.team.remove(seat.tenant, request.path_params["user"])
        return see_other(PATH)

    async def _page(
        self,
        seat: Seat,
        *,
        invited: tuple[User, str] | None = None,
        refused: Refused | None = None,
        fields: dict[str, str] | None = None,
    ) -> Response:
        say = seat.say
        users = await self.services.team.users(seat.tenant)
        given = fields or {}
        values = {
            **framed(seat, "team", say),
            "people": [_shown(user, seat, say) for user in users],
            "roles": [(role.value, say.text(words)) for role, words in _ROLES],
            "invited": invited,
            "trouble": say.refusal(refused) if refused else "",
            "form": {name: given.get(name, "") for name in ("login", "name")}
            | {"role": given.get("role", Role.MEMBER.value)},
        }
        status = STATUS[refused.kind] if refused else 200
        return self.pages.page("team.html", values, say=say, status=status)


def _shown(user: User, seat: Seat, say: Wording) -> dict[str, object]:
    return {
        "id": user.id,
        "login": user.login,
        "name": user.name,
        "role": user.role.value,
        "role_words": say.text(_BRIEF[user.role]),
        "invited": not user.hash,
        "is_you": user.id == seat.user_id,
    }


def _role_of(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        raise invalid("role", "A role is owner, member or read-only.") from error

"""Several people at once: each sees who else is there, and who writes (ux.md, 2.3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.companies import hash_of
from gateway.flow.refusal import invalid
from gateway.rules.colleagues import Colleague, Doing
from gateway.web.inbox import ONE
from gateway.web.pages import Pages
from gateway.web.services import WebServices
from gateway.web.signin import COOKIE, SignIn
from gateway.web.uploads import fields_of
from gateway.web.wording import Wording


@dataclass(frozen=True, slots=True)
class ColleaguesLine:
    """Answers POST /inbox/conversations/{conversation}/here."""

    services: WebServices
    pages: Pages
    sign_in: SignIn

    def routes(self) -> list[BaseRoute]:
        """Return the route."""
        return [self.pages.route(f"{ONE}/here", self.tell, method="POST")]

    async def tell(self, request: Request) -> Response:
        """Note what somebody does at a conversation; return the line about the others."""
        seat = await self.sign_in.reader(request)
        try:
            doing = Doing((await fields_of(request)).get("doing", ""))
        except ValueError as error:
            raise invalid("doing", "Write looking, writing or gone.") from error
        found = await self.services.colleagues.tell(
            seat.tenant.id,
            request.path_params["conversation"],
            hash_of(request.cookies.get(COOKIE, ""))[:16],
            (seat.user or "", doing),
        )
        say = seat.say
        values = {"base": request.url.path.removesuffix("/here"), "others": told_of(found, say)}
        return self.pages.page("here.html", values, say=say)


def told_of(found: Sequence[Colleague], say: Wording) -> str:
    """Return what a page says of the others, "" where nobody else is there."""
    somebody = say.text("Somebody of your team")
    writing = [one.name or somebody for one in found if one.doing == Doing.WRITING]
    looking = [one.name or somebody for one in found if one.doing == Doing.LOOKING]
    if writing:
        names = ", ".join(dict.fromkeys(writing))
        return say.many("{names} is writing…", "{names} are writing…", len(writing), names=names)
    names = ", ".join(dict.fromkeys(looking))
    words = ("{names} looks at this, too.", "{names} look at this, too.")
    return say.many(*words, len(looking), names=names) if looking else ""

"""The languages to choose from on the customer's page (ux.md, 2.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from babel import Locale
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.refusal import invalid
from gateway.flow.speaking import speak
from gateway.web.catalogues import catalogues
from gateway.web.guard import Pace
from gateway.web.pages import Pages, see_other
from gateway.web.services import WebServices
from gateway.web.uploads import given_in


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language. name: as its speakers call it."""

    tag: str
    name: str


def tongues() -> Sequence[Tongue]:
    """Return the languages that pages speak, by their names."""
    found = [Tongue(tag, _name(tag)) for tag in catalogues()]
    return sorted(found, key=lambda one: one.name.casefold())


@dataclass(frozen=True, slots=True)
class Speaking:
    """Answers POST /c/{token}/language."""

    services: WebServices
    pages: Pages
    pace: Pace

    def routes(self) -> list[BaseRoute]:
        """Return the route."""
        return [self.pages.route("/c/{token}/language", self.choose, method="POST")]

    async def choose(self, request: Request) -> Response:
        """Speak the chosen language from now on, and lead back."""
        token, services = request.path_params["token"], self.services
        visit = await services.visits.open(token)
        person = f"{visit.tenant.id}:{visit.participant.ref}"
        self.pace.take(person, services.context.clock.now())
        locale = (await given_in(request, services.uploads)).get("locale", "")
        if locale not in catalogues():
            raise invalid("locale", "Choose one of the languages of the page.")
        await speak(services.context, token, locale)
        return see_other(f"/c/{token}")


def _name(tag: str) -> str:
    name = str(Locale.parse(tag).get_language_name(tag) or tag)
    return name[:1].upper() + name[1:]

"""Pages and errors as HTTP answers, with the headers that each of them has (ux.md, 2.0)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from gateway.flow.refusal import Kind, Refused
from gateway.mail.errors import Fault
from gateway.ports.lists import BadCursor, Full
from gateway.runtime.http.edge import request_id_of
from gateway.runtime.http.guesses import Guesses
from gateway.runtime.http.multipart import BadForm
from gateway.web.assets import Assets
from gateway.web.guard import peer_of, refuse_foreign_forms
from gateway.web.wording import Wording, wording_of_browser

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
PRIVATE = {**HEADERS, "Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
STATUS = {
    Kind.INVALID: 422,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.STALE: 412,
    Kind.FORBIDDEN: 403,
    Kind.TOO_MANY: 429,
    Kind.TOO_LARGE: 413,
    Kind.GONE: 410,
}
_RETRY_AFTER = 5
_TITLES = {
    403: "Not allowed",
    404: "We don't know this link",
    405: "This doesn't work this way",
    409: "This is not possible now",
    410: "This link has expired",
    412: "Somebody was quicker",
    413: "Too large",
    422: "Something is missing",
    429: "A moment, please",
    503: "We'll be back in a moment",
    507: "No room at the moment",
}
_TEXTS = {
    404: "Check that it wasn't cut in two lines.",
    410: "Reply to the email that brought you here; your answer still reaches the sender.",
    429: "That was a lot at once. Please wait a minute.",
    503: "A part of our service is away. Nothing was lost; please try again in a moment.",
    507: "We can't store anything right now. Nothing was changed; please try again later.",
}
_BROKEN = "Something broke on our side, not on yours."
_log = structlog.get_logger()

Endpoint = Callable[[Request], Awaitable[Response]]


def wording_for(request: Request) -> Wording:
    """Return how to speak to a reader of whom nothing but their browser's languages is known."""
    return wording_of_browser(request.headers.get("accept-language", ""))


class Pages:
    """Renders pages, and answers for what goes wrong behind them."""

    def __init__(
        self, templates: Environment, assets: Assets, public_url: str, unknown_links: Guesses
    ) -> None:
        """Render these templates; public_url: our own address, for the origin of forms.

        unknown_links: told of links that open nothing.
        """
        self._unknown_links = unknown_links
        self._templates = templates
        self._assets = assets
        self._public_url = public_url

    def page(
        self, template: str, values: Mapping[str, Any], *, say: Wording, status: int = 200
    ) -> Response:
        """Return a page."""
        text = self._templates.get_template(template).render(
            {**values, "say": say, "asset": self._assets.url}
        )
        return HTMLResponse(text, status, {"Content-Security-Policy": POLICY})

    def problem(
        self,
        request: Request,
        status: int,
        text: str | Refused = "",
        *,
        title: str = "",
        number: str | None = None,
    ) -> Response:
        """Return a page that says what went wrong; number: to be told to our support."""
        say = wording_for(request)
        shown = say.refusal(text) if isinstance(text, Refused) else say.text(text)
        values = {
            "title": say.text(title or _TITLES.get(status, _BROKEN)),
            "text": shown or say.text(_TEXTS.get(status, "")),
            "number": number,
        }
        return self.page("problem.html", values, say=say, status=status)

    def route(self, path: str, endpoint: Endpoint, *, method: str = "GET") -> Route:
        """Return a route of private pages: errors become pages, headers are set."""

        async def answer(request: Request) -> Response:
            try:
                if request.method == "POST":
                    refuse_foreign_forms(request, self._public_url)
                response = await endpoint(request)
            except ClientDisconnect:
                raise
            except Exception as error:  # noqa: BLE001 (the rim: a person gets a page, whatever broke)
                response = self._trouble(request, await self._judged(request, error))
            for name, value in PRIVATE.items():
                response.headers[name] = value
            return response

        return Route(path, answer, methods=[method])

    def nothing(self, prefix: str) -> list[Route]:
        """Return the routes of all that lies under a prefix and is no page."""

        async def answer(request: Request) -> Response:
            known = request.method in {"GET", "HEAD"}
            response = self.problem(request, 404 if known else 405)
            for name, value in PRIVATE.items():
                response.headers[name] = value
            return response

        every = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        return [Route(path, answer, methods=every) for path in (prefix, f"{prefix}/{{rest:path}}")]

    async def _judged(self, request: Request, error: Exception) -> Exception:
        """Return the error, or that there were too many links like this one."""
        token = request.path_params.get("token")
        if token and isinstance(error, Refused) and error.kind is Kind.NOT_FOUND:
            try:
                await self._unknown_links.wrong(token, peer_of(request))
            except Refused as refused:
                return refused
        return error

    def _trouble(self, request: Request, error: Exception) -> Response:
        match error:
            case Refused():
                status = STATUS[error.kind]
                said = status in {404, 410} or error.code == "too_many"
                text = "" if said else error
                response = self.problem(request, status, text)
                if error.retry_after is not None:
                    response.headers["Retry-After"] = str(error.retry_after)
                return response
            case BadForm() | BadCursor():
                return self.problem(request, 422, "The form could not be read. Please try again.")
            case HTTPException():
                return self.problem(request, error.status_code, error.detail)
            case Fault():
                _log.warning("page.fault", reason=str(error))
                response = self.problem(request, 507 if isinstance(error, Full) else 503)
                response.headers["Retry-After"] = str(_RETRY_AFTER)
                return response
            case _:
                number = request_id_of(request.scope)
                _log.error("page.failed", exc_info=error, request=number)
                return self.problem(request, 500, number=number)


def see_other(path: str) -> Response:
    """Return the answer to a form: look there (303), so that a reload sends nothing again."""
    return RedirectResponse(path, 303)

"""A mail as its sender laid it out, at a URL of its own for a frame that may do nothing.

Remote pictures are shown to whoever asks for them: the gateway fetches them and writes them into
the answer, so that the frame's policy stays as it is and no browser asks a stranger for anything.

A frame made from the page itself (`srcdoc`) would inherit the page's policy, under which every
style of the mail dies; this answer has a policy of its own, and an origin that is nobody's.
"""

import base64
import re

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute

from gateway.flow.contents import whole
from gateway.flow.refusal import not_found
from gateway.mail.html_clean import remote_pictures, with_pictures
from gateway.rules.model import Attachment, Direction, Message
from gateway.web.guard import Pace
from gateway.web.pages import Pages, wording_for
from gateway.web.services import WebServices
from gateway.web.signin import SignIn

POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_MOST_PICTURE_OCTETS = 4 * 1024 * 1024
_CID = re.compile(r'src="cid:([^"]*)"')
_BEFORE = (
    '<!doctype html><html><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1"><title>Mail</title>'
    "<style>html{color-scheme:light;background:#fff;color:#16202e}"
    "body{font:16px/1.5 system-ui,sans-serif;margin:12px;overflow-wrap:anywhere}"
    "img{max-width:100%;height:auto}table{max-width:100%}</style></head><body>"
)
_AFTER = "</body></html>"


class Formatted:
    """Answers GET and POST /inbox/messages/{message}/formatted."""

    def __init__(self, services: WebServices, pages: Pages, sign_in: SignIn, pace: Pace) -> None:
        """Work with these journeys; `sign_in` knows who comes, `pace` bounds what is fetched."""
        self._services = services
        self._pages = pages
        self._sign_in = sign_in
        self._pace = pace

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        path = "/inbox/messages/{message}/formatted"
        return [
            self._pages.route(path, self.show),
            self._pages.route(path, self.show_all, method="POST"),
        ]

    async def show(self, request: Request) -> Response:
        """Return the mail's HTML, cleaned, with its own pictures in it and no others."""
        message, html = await self._found(request)
        return _framed(await self._with_own(message, html))

    async def show_all(self, request: Request) -> Response:
        """Return it with the remote pictures, too: a person pressed a button."""
        message, html = await self._found(request)
        self._pace.take(f"pictures:{message.tenant_id}", self._services.context.clock.now())
        fetched = await self._services.pictures.of(html)
        told = ""
        if missing := sum(address not in fetched for address in remote_pictures(html)):
            many = wording_for(request).many
            words = ("{n} picture could not be loaded.", "{n} pictures could not be loaded.")
            told = f"<p><small>{many(*words, missing)}</small></p>"
        pictures = {address: _url(one.content_type, one.data) for address, one in fetched.items()}
        return _framed(told + with_pictures(await self._with_own(message, html), pictures))

    async def _found(self, request: Request) -> tuple[Message, str]:
        """Return the message and its HTML. Raises Refused."""
        seat = await self._sign_in.reader(request)
        message_id = request.path_params["message"]
        message = await self._services.context.store.read(
            lambda work: work.messages.get(seat.tenant.id, message_id)
        )
        if message is None or message.html is None or message.direction is not Direction.IN:
            raise not_found("message")
        return message, message.html

    async def _with_own(self, message: Message, html: str) -> str:
        pictures = await self._pictures(message)

        def with_picture(match: re.Match[str]) -> str:
            picture = pictures.get(match[1].strip("<>"))
            return f'src="{picture}"' if picture else 'alt=""'

        return _CID.sub(with_picture, html)

    async def _pictures(self, message: Message) -> dict[str, str]:
        """Return the pictures that the mail brought along and names, as data URLs by their id.

        The frame's origin is nobody's, so it could not fetch them with our cookie.
        """
        named = set(_CID.findall(message.html or ""))
        found: dict[str, str] = {}
        left = _MOST_PICTURE_OCTETS
        for one in message.attachments:
            name = (one.content_id or "").strip("<>")
            if name not in named or one.size > left or not _is_picture(one):
                continue
            left -= one.size
            data = await whole(self._services.context, one.tenant_id, one.sha256)
            found[name] = _url(one.content_type.lower(), data)
        return found


def _framed(body: str) -> Response:
    return HTMLResponse(f"{_BEFORE}{body}{_AFTER}", 200, {"Content-Security-Policy": POLICY})


def _url(content_type: str, data: bytes) -> str:
    return f"data:{content_type};base64,{base64.b64encode(data).decode('ascii')}"


def _is_picture(attachment: Attachment) -> bool:
    return attachment.content_type.lower() in _PICTURES

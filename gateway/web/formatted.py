"""A mail as its sender laid it out, at a URL of its own for a frame that may do nothing.

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
from gateway.rules.model import Attachment, Direction, Message
from gateway.web.pages import Pages
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
    """Answers GET /inbox/messages/{message}/formatted."""

    def __init__(self, services: WebServices, pages: Pages, sign_in: SignIn) -> None:
        """Work with these journeys; `sign_in` knows who comes."""
        self._services = services
        self._pages = pages
        self._sign_in = sign_in

    def routes(self) -> list[BaseRoute]:
        """Return the route."""
        return [self._pages.route("/inbox/messages/{message}/formatted", self.show)]

    async def show(self, request: Request) -> Response:
        """Return the mail's HTML, cleaned, with its own pictures in it and no others."""
        seat = await self._sign_in.reader(request)
        message_id = request.path_params["message"]
        message = await self._services.context.store.read(
            lambda work: work.messages.get(seat.tenant.id, message_id)
        )
        if message is None or message.html is None or message.direction is not Direction.IN:
            raise not_found("message")
        pictures = await self._pictures(message)

        def with_picture(match: re.Match[str]) -> str:
            picture = pictures.get(match[1].strip("<>"))
            return f'src="{picture}"' if picture else 'alt=""'

        body = _CID.sub(with_picture, message.html)
        headers = {"Content-Security-Policy": POLICY}
        return HTMLResponse(f"{_BEFORE}{body}{_AFTER}", 200, headers)

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
            coded = base64.b64encode(data).decode("ascii")
            found[name] = f"data:{one.content_type.lower()};base64,{coded}"
        return found


def _is_picture(attachment: Attachment) -> bool:
    return attachment.content_type.lower() in _PICTURES

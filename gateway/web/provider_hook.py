"""Where a payment provider tells of payments: `POST /hooks/stripe/{company's id}`.

For a program, not for a browser: no page, no origin; its signature is all that counts.
"""

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.flow.online import OnlinePayments
from gateway.flow.refusal import Refused
from gateway.mail.errors import Fault
from gateway.web.pages import STATUS

_MOST_OCTETS = 256 * 1024
_log = structlog.get_logger()


def routes(online: OnlinePayments) -> list[BaseRoute]:
    """Return the route."""

    async def told(request: Request) -> Response:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > _MOST_OCTETS:
                return _says(413, "too large")
        try:
            await online.told(request.path_params["tenant"], request.headers, bytes(body))
        except Refused as refused:
            return _says(STATUS[refused.kind], refused.detail)
        except Fault as fault:
            _log.warning("payment.not_noted", reason=str(fault))
            return _says(503, "try again")
        return _says(200, "ok")

    async def answer(request: Request) -> Response:
        try:
            return await told(request)
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001 (the rim: the provider tries again)
            _log.error("payment.not_noted", exc_info=error)
            return _says(500, "try again")

    return [Route("/hooks/stripe/{tenant}", answer, methods=["POST"])]


def _says(status: int, text: str) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return PlainTextResponse(f"{text}\n", status, headers)

"""From a request to an answer: recognised, permitted, validated, carried out once."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace

from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.api import auth, problems
from gateway.api.bodies import Body
from gateway.api.etags import is_known
from gateway.api.idempotency import Finished, Repeated, checked_key
from gateway.api.jsontext import read_as
from gateway.api.problems import Refusal
from gateway.api.rate import RateLimit
from gateway.api.registry import NOTHING, Access, Call, Reply, Route
from gateway.api.schemas.base import Asked
from gateway.api.services import Services
from gateway.flow.audit import act_for
from gateway.rules.model import HOUSE_TENANT_ID
from gateway.rules.testing import is_test
from gateway.runtime.http.edge import request_id_of
from gateway.runtime.http.guesses import network_of_peer

_ID = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)
_FREE = frozenset({"address", "domain"})
_KEPT_HEADERS = ("ETag", "Location")
_PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


class Desk:
    """What all endpoints share."""

    def __init__(self, services: Services) -> None:
        """Serve with these."""
        settings = services.settings
        self.services = services
        self.rate = RateLimit(settings.requests, settings.requests_per)
        self.repeated = Repeated(services.context)
        self.docs_url = f"{services.context.names.public_url}/docs"


class Endpoint:
    """All methods of one path, as an ASGI application."""

    def __init__(self, desk: Desk, routes: Mapping[str, Route]) -> None:
        """Serve these routes, by method."""
        self._desk = desk
        self._routes = routes
        methods = {*routes, "OPTIONS"} | ({"HEAD"} if "GET" in routes else set())
        # The routes of one path speak one dialect.
        self._dialect = next(iter(routes.values())).dialect
        self._allow = {"Allow": ", ".join(sorted(methods))}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        limits: dict[str, str] = {}
        try:
            response = await self._answer(request, limits)
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001 (the rim of a request: whatever it is has an answer)
            response = self._dialect.refuse(
                problems.refusal_of(error),
                request_id=request_id_of(scope),
                docs_url=self._desk.docs_url,
            )
        for name, value in {**limits, **_PRIVATE}.items():
            response.headers.setdefault(name, value)
        del request, limits  # a stream keeps what is here as long as it is open
        await response(scope, receive, send)

    async def _answer(self, request: Request, limits: dict[str, str]) -> Response:
        route = self._routes.get("GET" if request.method == "HEAD" else request.method)
        if route is None:
            if request.method == "OPTIONS":
                return Response(status_code=204, headers=self._allow)
            detail = f"{request.method} is not possible here."
            raise Refusal(405, "method_not_allowed", detail, headers=self._allow)
        desk = self._desk
        caller = None
        if route.access is not Access.OPEN:
            caller = await self._recognised(request)
            limits |= desk.rate.take(caller.key_id, asyncio.get_running_loop().time())
            admin = route.access is Access.ADMIN
            auth.permit(caller, admin=admin, scopes=route.scopes)
            peer = request.client.host if request.client else ""
            act_for(caller.actor(network_of_peer(peer) if peer else ""))
        # Probes may carry what they like; nobody reads it.
        query = Asked() if caller is None else _query(request, route.query)
        path = _path(request)
        tenant = None
        if caller is not None and route.access is not Access.ADMIN:
            tenant = await auth.company(desk.services, caller, query.tenant)
        call = Call(desk.services, request, caller, tenant, path, query, NOTHING)
        if route.access is Access.COMPANY:
            _ = call.company
        if route.live_only and tenant is not None and is_test(tenant.id):
            detail = "In test mode this can't be changed: it follows the live settings."
            raise Refusal(403, "test_mode", detail, hint="Use a live key.")
        if route.method in {"POST", "PATCH", "PUT"}:
            return await self._with_body(route, call)
        response = _response(route, await route.handler(call))
        tag = response.headers.get("etag")
        if route.versioned and is_known(request.headers, tag):
            return Response(status_code=304, headers={"ETag": str(tag)})
        return response

    async def _recognised(self, request: Request) -> auth.Caller:
        services, secret = self._desk.services, self._dialect.secret(request.headers)
        try:
            return await auth.recognise(services, secret)
        except auth.WrongKey:
            peer = request.client.host if request.client else ""
            await services.guesses.wrong(secret, peer)
            raise

    async def _with_body(self, route: Route, call: Call) -> Response:
        directory = self._desk.services.settings.uploads
        body = await self._dialect.receive(
            call.request, directory, form_part=route.form_part, files=route.files
        )
        try:
            if route.body is not None:
                payload = await read_as(route.body, body.text, body.lifted)
            else:
                payload = await read_as(type(NOTHING), body.text, body.lifted)
            return await self._once(
                route, replace(call, payload=payload, fingerprint=body.fingerprint), body
            )
        finally:
            body.discard()

    async def _once(self, route: Route, call: Call, body: Body) -> Response:
        key = call.request.headers.get("idempotency-key")
        if key is None or route.method != "POST":
            return _response(route, await route.handler(call))

        async def perform() -> Finished:
            reply = await route.handler(call)
            lasting = reply.lasting if isinstance(reply, Reply) else True
            return _finished(_response(route, reply), lasting=lasting)

        async def recover(kind: str, stored_id: str) -> Finished | None:
            reply = None
            if route.recover is not None:
                reply = await route.recover(call, kind, stored_id)
            return None if reply is None else _finished(_response(route, reply))

        what = f"{call.request.method}\n{call.request.url.path}\n{body.fingerprint}"
        tenant_id = call.tenant_id or HOUSE_TENANT_ID
        done = await self._desk.repeated.once(tenant_id, checked_key(key), what, perform, recover)
        media = "application/json" if done.body else None
        return Response(done.body, done.status, dict(done.headers), media)


class NotFound:
    """Every path that is none of ours, as an ASGI application."""

    def __init__(self, docs_url: str) -> None:
        """Point to the documentation."""
        self._docs_url = docs_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 404."""
        response = problems.answer(
            problems.not_found(), request_id=request_id_of(scope), docs_url=self._docs_url
        )
        await response(scope, receive, send)


def _query(request: Request, model: type[Asked]) -> Asked:
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise Refusal(422, "invalid", "The parameter is given twice.", param=name[:64])
        if not value.isprintable():
            detail = "Control characters don't fit here."
            raise Refusal(422, "control_character", detail, param=name[:64])
        given[name] = value
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise problems.invalid(error) from None


def _path(request: Request) -> Mapping[str, str]:
    """Return the path's parameters. Raises Refusal: 404 for what can't be an id of ours."""
    path = {name: str(value) for name, value in request.path_params.items()}
    for name, value in path.items():
        if name not in _FREE and not _ID.fullmatch(value):
            raise problems.not_found()
    return path


def _response(route: Route, reply: Reply | Response) -> Response:
    if isinstance(reply, Response):
        return reply
    if reply.body is None:
        return Response(status_code=route.status, headers=dict(reply.headers))
    text = reply.body.model_dump_json(by_alias=True)
    return Response(text, route.status, dict(reply.headers), "application/json")


def _finished(response: Response, *, lasting: bool = True) -> Finished:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return Finished(response.status_code, bytes(response.body), headers, lasting)

"""The HTTP application: API and pages side by side, with what stands before both."""

from collections.abc import Callable
from datetime import timedelta
from importlib.metadata import version

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from gateway.api.app import build_api, build_metrics, not_found_app
from gateway.api.services import ApiSettings, Services
from gateway.api.streams import Streams
from gateway.app.office import Office
from gateway.app.overseeing import Overseeing
from gateway.app.plain import http_limits, sts_policy
from gateway.flow.administration import Administration
from gateway.flow.colleagues import Colleagues
from gateway.flow.handing_over import HandingOver
from gateway.flow.reminders import ReminderWishes
from gateway.flow.remote_pictures import RemotePictures
from gateway.flow.server_finding import find_server
from gateway.flow.sorting import Sorting
from gateway.runtime.http.body import BodyLimit
from gateway.runtime.http.draining import Draining
from gateway.runtime.http.edge import Edge
from gateway.runtime.http.guesses import Guesses
from gateway.runtime.http.peers import PeerLimit
from gateway.runtime.http.proxies import TrustedProxies
from gateway.runtime.http.server import HttpServer
from gateway.runtime.metrics import Meters
from gateway.settings import Settings
from gateway.web import sts_file
from gateway.web.app import build_web
from gateway.web.rendering import read_ahead
from gateway.web.services import WebServices

UNKNOWN_LINKS = (1000, timedelta(minutes=10))
"""Different links that open nothing, of one network: mail programs cut links in two, and crawlers
follow what they find, but nobody mistypes so many."""


def site(office: Office, meters: Meters, live: Callable[[], Settings]) -> HttpServer:
    """Return the server of API and pages, not yet listening.

    live: gives the settings that hold at the time.
    """
    draining = Draining()
    read_ahead()
    guesses, overseeing = _guesses(live), Overseeing(office, live)
    services = _services(office, meters, draining, live, guesses)
    pages = WebServices(
        context=office.context,
        visits=office.visits,
        receipts=office.receipts,
        renewal=office.renewal,
        reminder_wishes=ReminderWishes(office.context),
        online=office.online,
        presence=office.presence,
        colleagues=Colleagues(office.context),
        conversing=office.conversing,
        billing=office.billing,
        companies=office.companies,
        dispatch=office.dispatch,
        mending=office.mending,
        sorting=Sorting(office.context),
        team=office.team,
        administration=Administration(
            office.context, office.companies, lambda: live().server.admin_key.text
        ),
        health=overseeing.health,
        dns=overseeing.dns,
        hooks=office.hooks,
        submissions=office.submissions,
        sandbox_domain=next(iter(office.settings.relay.sandbox_domains), ""),
        accounts=office.accounts,
        sender_domains=office.sender_domains,
        pictures=RemotePictures(office.outward),
        find_server=lambda address: find_server(office.resolver, address),
        egress_addresses=office.routes.own_addresses,
        uploads=office.scratch,
        draining=draining,
        guesses=guesses,
        unknown_links=Guesses(lambda: UNKNOWN_LINKS, delay=0.0),
    )
    names = office.context.names
    ours = (names.sender, names.reply, names.bounce)
    policy = sts_file.route(ours, lambda: sts_policy(live()))
    routes: list[BaseRoute] = [*build_api(services), *build_web(pages), policy]
    application = Starlette(routes=routes)
    application.router.default = not_found_app(services)
    return _server(office, application, meters, draining, live)


def metrics_site(office: Office, meters: Meters, live: Callable[[], Settings]) -> HttpServer:
    """Return the server of a listener for metrics alone, not yet listening."""
    draining = Draining()
    services = _services(office, meters, draining, live, _guesses(live))
    alive = Route("/healthz", _alive)
    application = Starlette(routes=[*build_metrics(services), alive])
    return _server(office, application, meters, draining, live)


def _guesses(live: Callable[[], Settings]) -> Guesses:
    def limit() -> tuple[int, timedelta]:
        failures = live().limits.auth_failures
        return failures.count, failures.per

    return Guesses(limit)


def _services(
    office: Office,
    meters: Meters,
    draining: Draining,
    live: Callable[[], Settings],
    guesses: Guesses,
) -> Services:
    settings = office.settings
    return Services(
        context=office.context,
        submissions=office.submissions,
        handing_over=HandingOver(office.context, office.submission),
        conversing=office.conversing,
        billing=office.billing,
        companies=office.companies,
        dispatch=office.dispatch,
        links=office.links,
        online=office.online,
        accounts=office.accounts,
        sender_domains=office.sender_domains,
        hooks=office.hooks,
        receipts=office.receipts,
        sorting=Sorting(office.context),
        streams=Streams(office.context.store, draining),
        privacy=office.privacy,
        meters=meters,
        settings=ApiSettings(
            uploads=office.scratch,
            message_bytes=settings.limits.message,
            own_metrics=bool(settings.listen.metrics),
            version=version("postroom"),
        ),
        egress_addresses=office.routes.own_addresses,
        admin_key=lambda: live().server.admin_key.text,
        draining=draining,
        guesses=guesses,
    )


def _server(
    office: Office,
    application: ASGIApp,
    meters: Meters,
    draining: Draining,
    live: Callable[[], Settings],
) -> HttpServer:
    settings, context = office.settings, office.context
    limited = BodyLimit(application, settings.limits.http_body)
    edge = Edge(limited, clock=context.clock, chance=context.chance, observe=meters.answered)
    proxies = lambda: live().server.trusted_proxies  # noqa: E731
    peers = PeerLimit(edge, lambda: live().limits.http_requests_per_address, proxies)
    trusted = TrustedProxies(peers, proxies)
    return HttpServer(
        trusted, http_limits(settings), drain=settings.server.drain, draining=draining
    )


async def _alive(_: Request) -> Response:
    return Response("ok")

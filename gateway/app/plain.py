"""Settings turned into the plain values that adapters take."""

import ssl
from collections.abc import Mapping
from datetime import timedelta

from gateway.flow.queue_manager import QueueLimits
from gateway.mail.errors import ConfigError
from gateway.mail.mta_sts import PUBLISHED_AGE, Mode, policy_file
from gateway.mail.reading import ReadLimits
from gateway.ports.relay import Credentials, Tls
from gateway.ports.routing import Rate
from gateway.rules.names import Names
from gateway.rules.retry import RetryPolicy
from gateway.runtime.http.protocol import HttpLimits
from gateway.settings import NextHop, Settings, TlsPolicy, TlsSettings
from gateway.smtp.limits import SessionLimits
from gateway.smtp.resolver import DnsResolver
from gateway.smtp.routes import RoutePlan, RouteRule, Smarthost
from webhooks.schedule import Schedule

_TLS: Mapping[TlsPolicy, Tls] = {
    TlsPolicy.NONE: Tls.NONE,
    TlsPolicy.OPPORTUNISTIC: Tls.OPPORTUNISTIC,
    TlsPolicy.REQUIRED: Tls.REQUIRED,
    TlsPolicy.VERIFIED: Tls.VERIFIED,
}


def names_of(settings: Settings) -> Names:
    """Return our own names."""
    return Names(
        hostname=settings.server.hostname,
        sender=settings.domains.sender.lower(),
        reply=settings.domains.reply.lower(),
        bounce=settings.domains.bounce.lower(),
        public_url=settings.server.public_url.rstrip("/"),
    )


def session_limits(settings: Settings) -> SessionLimits:
    """Return the limits of SMTP sessions."""
    limits = settings.limits
    return SessionLimits(
        message=limits.message,
        recipients=limits.recipients,
        connections=limits.connections,
        connections_per_address=limits.connections_per_address,
        errors_per_session=limits.errors_per_session,
        idle=limits.idle,
        data_min_rate=limits.data_min_rate,
        header_bytes=limits.header_bytes,
        hops=limits.hops,
        auth_failures=limits.auth_failures.count,
        auth_window=limits.auth_failures.per,
        spool_memory=limits.spool_memory,
        upload_rate=limits.upload_rate,
    )


def read_limits(settings: Settings) -> ReadLimits:
    """Return how much of a mail is read."""
    limits = settings.limits
    return ReadLimits(parts=limits.parts, nesting=limits.nesting, header_octets=limits.header_bytes)


def http_limits(settings: Settings) -> HttpLimits:
    """Return the limits of HTTP connections."""
    return HttpLimits(header=settings.limits.http_header_time)


def queue_limits(settings: Settings) -> QueueLimits:
    """Return how many deliveries are tried at once."""
    return QueueLimits(concurrency=settings.relay.concurrency)


def retry_policy(settings: Settings) -> RetryPolicy:
    """Return when deferred mail is tried again."""
    return RetryPolicy(waits=settings.relay.retry, give_up_after=settings.relay.give_up_after)


def hook_schedule(settings: Settings) -> Schedule:
    """Return when events are sent to webhooks again."""
    webhooks = settings.webhooks
    return Schedule(waits=webhooks.retry, disable_after=webhooks.disable_after)


def route_plan(settings: Settings) -> RoutePlan:
    """Return the ways out that the admin laid down."""
    relay = settings.relay
    rules = tuple(
        RouteRule(
            domain=route.domain,
            smarthost=_smarthost(route.next_hop),
            tls=_TLS[route.tls or relay.tls],
            per_next_hop=route.per_next_hop or relay.per_next_hop,
            source_address=route.source_address,
            rate=Rate(route.domain, route.rate.count, route.rate.per) if route.rate else None,
            hold=route.hold,
        )
        for route in relay.routes
    )
    otherwise = RouteRule(
        "*",
        smarthost=_smarthost(relay.next_hop),
        tls=_TLS[relay.tls],
        per_next_hop=relay.per_next_hop,
    )
    sandbox = frozenset(domain.lower() for domain in relay.sandbox_domains)
    return RoutePlan(otherwise, rules, sandbox)


def sts_policy(settings: Settings) -> bytes | None:
    """Return the MTA-STS policy of our domains, or None where mail can't come in by TLS."""
    if settings.tls.certificate is None:
        return None
    return policy_file(Mode.ENFORCE, [settings.server.hostname], PUBLISHED_AGE)


def tls_context(tls: TlsSettings) -> ssl.SSLContext | None:
    """Return what STARTTLS and implicit TLS use, or None without a certificate.

    Raises ConfigError if the certificate or its key can't be used.
    """
    if tls.certificate is None or tls.key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"[tls] {tls.certificate}, {tls.key}: {error}") from error
    return context


def resolver_of(settings: Settings, *, seconds: float | None = None) -> DnsResolver:
    """Return what asks DNS as the settings say. seconds: at most so long for one question."""
    timeout = settings.dns.timeout.total_seconds()
    return DnsResolver(
        [(one.host, one.port) for one in settings.dns.resolvers],
        timeout=timeout if seconds is None else min(timeout, seconds),
        is_trusted=settings.dns.trusted,
    )


def patience(duration: timedelta) -> float:
    """Return a duration in seconds."""
    return duration.total_seconds()


def _smarthost(hop: NextHop | None) -> Smarthost | None:
    if hop is None:
        return None
    credentials = Credentials(hop.username, hop.password) if hop.username else None
    return Smarthost(hop.host, hop.port, hop.implicit_tls, credentials)

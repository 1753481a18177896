"""All routes of the API."""

from gateway.api import (
    attachments,
    audit,
    books,
    conversations,
    deliveries,
    email_settings,
    event_stream,
    events,
    health,
    invoice_routes,
    keys,
    links,
    messages,
    payment_settings,
    people,
    search,
    sender_domain,
    suppressions,
    tenants,
    webhooks,
)
from gateway.api.mailgun.routes import ROUTES as OF_MAILGUN
from gateway.api.postmark.routes import ROUTES as OF_POSTMARK
from gateway.api.registry import Route


def declared(*, own_metrics: bool) -> tuple[Route, ...]:
    """Return the routes; own_metrics: /metrics is served elsewhere."""
    return (
        *tenants.ROUTES,
        *email_settings.ROUTES,
        *sender_domain.ROUTES,
        *payment_settings.ROUTES,
        *keys.ROUTES,
        *audit.ROUTES,
        *invoice_routes.ROUTES,
        *books.ROUTES,
        *conversations.ROUTES,
        *links.ROUTES,
        *messages.ROUTES,
        *attachments.ROUTES,
        *deliveries.ROUTES,
        *suppressions.ROUTES,
        *search.ROUTES,
        *people.ROUTES,
        *events.ROUTES,
        *event_stream.ROUTES,
        *webhooks.ROUTES,
        *OF_POSTMARK,
        *OF_MAILGUN,
        *health.ROUTES,
        *(() if own_metrics else (health.METRICS,)),
    )

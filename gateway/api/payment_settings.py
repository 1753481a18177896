"""How customers pay a company online: its account at a payment provider."""

from gateway.api.registry import Access, Call, Reply, Route, changes_of
from gateway.api.schemas.payment_settings import (
    PaymentSettingsChange,
    PaymentSettingsShown,
    StripeShown,
)
from gateway.flow.online import Held

_EVENTS = ["checkout.session.completed", "checkout.session.async_payment_succeeded"]
_PATH = "/v1/settings/payments"


def _shown(call: Call, held: Held) -> Reply:
    public_url = call.services.context.names.public_url
    return Reply(
        PaymentSettingsShown(
            ready=held.is_complete,
            stripe=StripeShown(
                secret_key_set=held.secret_key,
                webhook_secret_set=held.webhook_secret,
                webhook_url=f"{public_url}/hooks/stripe/{call.company.id}",
                webhook_events=_EVENTS,
            ),
        )
    )


async def read(call: Call) -> Reply:
    """Return the settings; secrets are never in them."""
    return _shown(call, await call.services.online.held(call.company))


async def change(call: Call) -> Reply:
    """Change the settings."""
    secrets = changes_of(call.body(PaymentSettingsChange).stripe)
    return _shown(call, await call.services.online.configure(call.company, secrets))


ROUTES = (
    Route(
        "GET",
        _PATH,
        "Read how customers pay online",
        read,
        Access.COMPANY,
        "Settings",
        scopes=("settings",),
        answer=PaymentSettingsShown,
    ),
    Route(
        "PATCH",
        _PATH,
        "Change how customers pay online",
        change,
        Access.COMPANY,
        "Settings",
        scopes=("settings",),
        body=PaymentSettingsChange,
        answer=PaymentSettingsShown,
    ),
)

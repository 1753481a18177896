"""How customers pay a company online."""

from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.api.schemas.base import Given, Taken
from gateway.api.schemas.fields import mistake


def _secret(text: str) -> str:
    if not text.isascii() or not text.isprintable() or " " in text:
        raise mistake("invalid_secret", "Copy it from Stripe's page as it is, without blanks.")
    return text


Secret = Annotated[str, Field(max_length=500), AfterValidator(_secret)]


class StripeChange(Taken):
    """The company's account at Stripe; what is left out stays, an empty one is forgotten."""

    secret_key: Secret | None = Field(
        default=None, description="Write only: `sk_live_…`, or better a restricted `rk_live_…`."
    )
    webhook_secret: Secret | None = Field(
        default=None, description="Write only: `whsec_…` of the endpoint `webhook_url`."
    )


class PaymentSettingsChange(Taken):
    """What a company changes of how customers pay online."""

    stripe: StripeChange


class StripeShown(Given):
    """Which secrets are stored, and where Stripe has to tell of payments."""

    secret_key_set: bool
    webhook_secret_set: bool
    webhook_url: str
    webhook_events: list[str]


class PaymentSettingsShown(Given):
    """How customers pay online; `ready`: the button is shown."""

    ready: bool
    stripe: StripeShown

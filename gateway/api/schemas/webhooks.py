"""Webhooks: endpoints, attempts, replays."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from gateway.api.schemas.base import AskedPage, Given, Instant, Switch, Taken, one_of
from gateway.rules.hooks import EVERY_TYPE, Occasion, Why

FormatWord = Literal["standard", "postmark", "mailgun"]
Types = Annotated[
    list[str],
    Field(
        max_length=50,
        description="Types of events, or `message.*` for all of a family; none: all. There are "
        + ", ".join(f"`{one}`" for one in EVERY_TYPE)
        + ".",
    ),
]
Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2048,
        description="https, at a public address; redirects are not followed.",
        examples=["https://acme.example/hooks"],
    ),
]


class WebhookTaken(Taken):
    """A new endpoint."""

    url: Url
    types: Types = Field(default=[])
    format: FormatWord = Field(
        default="standard",
        description="`standard`: Standard Webhooks 1.0, `{id, type, timestamp, …, data}`. "
        "`postmark`, `mailgun`: mail that came, was delivered, delayed, bounced or complained of, "
        "as the webhooks of these services tell of it; other events are not sent then.",
    )


class WebhookChange(Taken):
    """What changes of an endpoint; what is left out stays."""

    url: Url | None = None
    types: Types | None = None
    enabled: bool | None = Field(
        default=None,
        description="Switched on again, it gets what happened in the meantime.",
    )


class WebhookShown(Given):
    """An endpoint."""

    id: str
    url: str
    types: list[str]
    format: str
    enabled: bool
    disabled_reason: Annotated[str, one_of(*Why)] | None = Field(
        description="`gone`: it answered 410. `failing`: it failed for too long."
    )
    failing_since: Instant | None = Field(description="Since when nothing was accepted.")
    failures: int = Field(description="In a row.")
    last_sequence: int = Field(description="The number of the last event that was sent, or passed.")
    retrying: int = Field(description="Events that are to be sent again.")
    public_key: str = Field(description="`whpk_…`: checks the `v1a` signatures (Ed25519).")
    created_at: Instant
    updated_at: Instant


class WebhookAdded(WebhookShown):
    """A new endpoint with its secret."""

    secret: str = Field(description="`whsec_…`: checks the `v1` signatures. Shown this once.")


class SecretShown(Given):
    """A new secret; the one before signs beside it for a while."""

    secret: str
    public_key: str
    previous_until: Instant


class RequestShown(Given):
    """What an endpoint was sent."""

    url: str
    headers: dict[str, str]
    body: str


class AttemptShown(Given):
    """A request to an endpoint, and what came of it."""

    id: str
    webhook_id: str
    event_id: str
    type: str
    sequence: int
    occasion: Annotated[str, one_of(*Occasion)]
    attempt: int = Field(description="Which try of its round this was, from 1.")
    at: Instant
    ms: int
    ok: bool
    status: int | None = Field(description="null: there was no answer; `error` says why.")
    answer: str = Field(description="The beginning of the answer's body.")
    error: str
    next_attempt_at: Instant | None
    request: RequestShown | None = Field(
        description="null where the event is not kept any more, and in other formats than "
        "`standard`: their bodies are made of the message, and not kept."
    )


class AskedAttempts(AskedPage):
    """Which attempts."""

    ok: Switch | None = Field(default=None, description="true: accepted ones; false: failed ones.")


class RedeliverTaken(Taken):
    """Which events to send again."""

    since: AwareDatetime
    until: AwareDatetime | None = None
    failed_only: bool = Field(
        default=True, description="Only those whose newest attempt failed; false: all."
    )


class Redelivered(Given):
    """How many events are sent again; 10 000 at most at once."""

    queued: int

"""Companies, as admins keep them and as they see themselves."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from gateway.api.schemas.base import Given, Instant, Taken, one_of
from gateway.api.schemas.fields import (
    Colour,
    Line,
    Locale,
    MailAddress,
    Name,
    Opaque,
    Slug,
    Timezone,
    mistake,
)

_PICTURES = tuple(f"data:image/{kind};base64," for kind in ("png", "jpeg", "gif", "webp"))
_PICTURE_CHARS = 256 * 1024


def _logo(text: str) -> str:
    if text.startswith(_PICTURES):
        return text
    if len(text) > 2048 or not text.startswith(("https://", "http://")):
        raise mistake("invalid_logo", "Write a URL, or data:image/png;base64,… of a picture.")
    return text


class Brand(Taken):
    """How a company looks."""

    color: Colour | None = None
    logo: Annotated[str, Field(max_length=_PICTURE_CHARS), AfterValidator(_logo)] | None = None


class Notify(Taken):
    """Where a company's people get each reply by mail; null: nowhere."""

    address: MailAddress | None = None


CustomerAction = Literal["pay_online", "mark_paid", "cash_receipt"]
AttachPdf = Literal["smtp-only", "always", "never"]


class TenantTaken(Taken):
    """A company to be added."""

    name: Name
    slug: Slug | None = None
    locale: Locale = "en"
    timezone: Timezone = "UTC"
    brand: Brand | None = None
    attach_pdf: AttachPdf = "smtp-only"
    notify: Notify | None = None


class ProfileChange(Taken):
    """What a company may change of itself; what is left out stays."""

    name: Name | None = None
    locale: Locale | None = None
    timezone: Timezone | None = None
    brand: Brand | None = None
    attach_pdf: AttachPdf | None = None
    notify: Notify | None = None
    track_views: Annotated[
        bool | None,
        Field(description="Events `invoice.viewed`; the customer's page says so."),
    ] = None
    customer_phrase: Annotated[
        bool | None,
        Field(description="Two words of each customer's own, in every mail and page for them."),
    ] = None
    customer_actions: Annotated[
        tuple[CustomerAction, ...] | None,
        Field(max_length=10, description="What the customer's page offers; the rest is hidden."),
    ] = None


class TenantChange(ProfileChange):
    """What an admin may change of a company; what is left out stays."""

    slug: Slug | None = None


class LinkTaken(Taken):
    """For whom a sign-in link is, and where it leads."""

    user: Line | None = None
    conversation_id: Opaque | None = None


class BrandShown(Given):
    """How a company looks."""

    color: str | None
    logo: str | None


class NotifyShown(Given):
    """Where a company's people get each reply by mail."""

    address: str | None


class TenantShown(Given):
    """A company."""

    id: str
    name: str
    slug: str
    sender_address: str
    locale: str
    timezone: str
    brand: BrandShown
    attach_pdf: Annotated[str, one_of(*get_args(AttachPdf))]
    notify: NotifyShown
    track_views: bool
    customer_actions: list[str]
    customer_phrase: bool
    managed_by_file: bool
    test: Annotated[bool, Field(description="Of a test key: no mail of it leaves.")]
    created_at: Instant
    updated_at: Instant


class LoginShown(Given):
    """A submission login."""

    username: str
    password: str


class TenantAdded(Given):
    """A new company; the secrets are shown this once."""

    id: str
    name: str
    slug: str
    sender_address: str
    api_key: str
    smtp_login: LoginShown


class LinkShown(Given):
    """A link that signs in once."""

    url: str
    expires_at: Instant

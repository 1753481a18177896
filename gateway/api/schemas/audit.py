"""The audit log, as the API shows it."""

from typing import Annotated, Any

from pydantic import Field

from gateway.api.schemas.base import Given, Instant, one_of


class ActorShown(Given):
    """Who made a change."""

    kind: Annotated[
        str, one_of("key", "user", "link", "invitation", "admin", "file", "command line", "gateway")
    ]
    id: Annotated[str | None, Field(description="Of the key or the user.")]
    prefix: Annotated[str | None, Field(description="How a key made by us begins.")]


class AuditShown(Given):
    """A change of settings, keys, logins or people."""

    id: str
    at: Instant
    tenant_id: Annotated[str | None, Field(description="null: of the installation.")]
    who: ActorShown
    network: Annotated[str | None, Field(description="From which network, if over one.")]
    action: Annotated[str, Field(examples=["email_settings.changed"])]
    subject: Annotated[str, Field(description="The id of what was changed.")]
    fields: Annotated[list[str], Field(description="The names of the fields changed.")]
    before: Annotated[
        dict[str, Any], Field(description="Old values, of harmless fields alone; never a secret.")
    ]
    after: Annotated[dict[str, Any], Field(description="New values, of harmless fields alone.")]

"""Customers' links to their chat windows."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from gateway.api.schemas.base import Given, Instant, Taken, one_of
from gateway.api.schemas.fields import MailAddress


class LinkTaken(Taken):
    """What is to become of a person's link; what is left out stays."""

    address: Annotated[MailAddress, Field(description="Whose link")]
    renew: Annotated[
        bool, Field(description="A new link; earlier ones no longer open the chat window.")
    ] = False
    revoked: Annotated[
        bool | None,
        Field(description="true ends links and reply addresses; false gives them back."),
    ] = None
    expires_at: Annotated[AwareDatetime | None, Field(description="null: never")] = None


class LinkShown(Given):
    """A person's link; `view_url` is null where it was revoked."""

    address: str
    name: str
    role: Annotated[str, one_of("customer", "cc", "other")]
    view_url: str | None
    expires_at: Instant | None
    revoked: bool


class LinksShown(Given):
    """The links of a conversation, the customer's first."""

    data: list[LinkShown]

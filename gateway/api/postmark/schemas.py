"""What Postmark's clients send.

https://postmarkapp.com/developer/api/email-api
"""

import json
from typing import Annotated, Any

from pydantic import (
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_pascal

from gateway.api.schemas.base import Asked, Taken, Whole
from gateway.api.schemas.documents import Base64
from gateway.api.schemas.fields import Filename, Html, Line, Text
from gateway.api.schemas.invoice_batch import Unfit

MOST = 500
"""Mails in one request, and bounces in one answer."""
_MOST_OFFSET = 10_000


class Loose(Taken):
    """What may have more fields than we know: they are named in the answer."""

    model_config = ConfigDict(extra="allow", alias_generator=to_pascal)

    def unknown(self) -> list[str]:
        """Return the names of fields that are not known, unless they say nothing."""
        more = self.model_extra or {}
        return [name for name, value in more.items() if value not in (None, "", [], {})]


class HeaderGiven(Loose):
    """A header field."""

    name: str
    value: str


class FileGiven(Loose):
    """An attachment; with a ContentID it is a picture that the HTML shows."""

    name: Filename
    content: Base64
    content_type: Annotated[str, Field(max_length=129)] = "application/octet-stream"
    content_id: Annotated[str | None, Field(alias="ContentID", max_length=210)] = None


class Email(Loose):
    """A mail."""

    from_: Annotated[str, Field(alias="From", max_length=1000)]
    to: Annotated[str | None, Field(max_length=20_000)] = None
    cc: Annotated[str | None, Field(max_length=20_000)] = None
    bcc: Annotated[str | None, Field(max_length=20_000)] = None
    subject: Annotated[str | None, Field(max_length=2000)] = None
    text_body: Text | None = None
    html_body: Html | None = None
    reply_to: str | None = None
    tag: str | None = None
    metadata: dict[str, str] | None = None
    headers: Annotated[list[HeaderGiven] | None, Field(max_length=50)] = None
    attachments: Annotated[list[FileGiven] | None, Field(max_length=100)] = None
    track_opens: bool | None = None
    track_links: str | None = None
    message_stream: str | None = None
    template_id: Any = None
    template_alias: Any = None


def _for_itself(value: Any, _: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Email | Unfit:
    """Validate a mail as a request of its own would be: its mistakes are its own."""
    if not isinstance(value, dict):
        return Unfit(None, "A mail must be a JSON object.")
    try:
        return Email.model_validate_json(json.dumps(value), context=info.context)
    except ValidationError as error:
        return Unfit(error)


class Batch(Taken):
    """Mails to be sent, each for itself."""

    mails: tuple[Annotated[Email, WrapValidator(_for_itself)], ...]


class AskedBounces(Asked):
    """Which bounces; what we don't know is not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    count: Annotated[Whole, Field(ge=1, le=MOST)] = 100
    offset: Annotated[Whole, Field(ge=0, le=_MOST_OFFSET)] = 0
    type: Line | None = None
    inactive: Annotated[str, StringConstraints(to_lower=True, pattern="^(true|false)$")] | None = (
        None
    )
    email_filter: Annotated[Line | None, Field(alias="emailFilter")] = None
    message_id: Annotated[Line | None, Field(alias="messageID")] = None
    tag: Line | None = None
    fromdate: Annotated[Line | None, Field(max_length=40)] = None
    todate: Annotated[Line | None, Field(max_length=40)] = None

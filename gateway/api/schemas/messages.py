"""Messages: any mail that is handed over, and each message as it is shown."""

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from gateway.api.schemas.base import AskedPage, Given, Instant, Taken, one_of
from gateway.api.schemas.deliveries import DeliveryShown
from gateway.api.schemas.documents import AttachmentShown, Files
from gateway.api.schemas.fields import Html, Opaque, Subject, Text, mistake
from gateway.api.schemas.people import MailboxShown, People, Someone
from gateway.rules.own_fields import is_own_field

Direction = Literal["in", "out", "note"]
Channel = Literal["email", "chat", "api", "system"]
_FIELD_NAME = re.compile(r"[!-9;-~]+", re.ASCII)


def _pairs(given: Any) -> Any:
    """Take {"X-Name": "value"} for [{"name": "X-Name", "value": "value"}]."""
    if isinstance(given, dict):
        return tuple({"name": name, "value": value} for name, value in given.items())
    return tuple(given) if isinstance(given, list) else given


def _name(name: str) -> str:
    if not _FIELD_NAME.fullmatch(name):
        raise mistake("invalid_header", f"{name[:40]!r} is no name of a header (RFC 5322).")
    if is_own_field(name):
        raise mistake("invalid_header", f"{name} is set by the gateway.")
    return name


def _value(value: str) -> str:
    if not value.isprintable():
        raise mistake("control_character", "Control characters and line breaks don't fit here.")
    return value


class HeaderTaken(Taken):
    """A further header field."""

    name: Annotated[str, Field(max_length=76), AfterValidator(_name)]
    value: Annotated[str, Field(max_length=2000), AfterValidator(_value)]


_HEADER_SCHEMA = {
    "anyOf": [
        {"type": "object", "additionalProperties": {"type": "string"}},
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
                "required": ["name", "value"],
                "additionalProperties": False,
            },
        },
    ]
}
HeadersTaken = Annotated[
    tuple[HeaderTaken, ...],
    Field(max_length=50),
    BeforeValidator(_pairs),
    WithJsonSchema(_HEADER_SCHEMA),
]


class MessageTaken(Taken):
    """Any transactional mail."""

    from_: Annotated[Someone | None, Field(alias="from")] = None
    to: Annotated[People, Field(min_length=1)]
    cc: People = ()
    bcc: People = ()
    subject: Subject
    text: Text = ""
    html: Html | None = None
    attachments: Files = ()
    headers: HeadersTaken = ()
    conversation_id: Opaque | None = None


class AskedMessages(AskedPage):
    """Which messages."""

    direction: Direction | None = None
    channel: Channel | None = None


class SpfShown(Given):
    """SPF (RFC 7208)."""

    result: str
    domain: str | None


class DkimShown(Given):
    """One DKIM signature (RFC 6376)."""

    result: str
    domain: str | None
    selector: str | None


class DmarcShown(Given):
    """DMARC (RFC 9989)."""

    result: str
    policy: str | None
    domain: str | None


class ArcShown(Given):
    """ARC (RFC 8617)."""

    result: str


class AuthenticationShown(Given):
    """Whether the sender is who it says; `verdict` sums it up."""

    spf: SpfShown
    dkim: list[DkimShown]
    dmarc: DmarcShown
    arc: ArcShown
    verdict: Annotated[str, one_of("pass", "fail", "none", "pending")]


class ForwardedShown(Given):
    """The mail that a message forwards."""

    from_: Annotated[MailboxShown | None, Field(alias="from")]
    to: list[MailboxShown]
    cc: list[MailboxShown]
    subject: str | None
    date: str | None
    text: str


class BounceShown(Given):
    """What a report says of one recipient."""

    recipient: str
    action: str
    status: str | None
    kind: str
    reason: str | None
    diagnostic: str | None


class ThreadingShown(Given):
    """Which rule placed the message in its conversation, and what it saw."""

    rule: str
    evidence: str


class SuggestionsShown(Given):
    """What the message seems to speak of; nothing follows from it by itself.

    `invoice_numbers`: of documents of the company. `ibans`: in the text, check digits right.
    `returns_on`, `substitute`: of an out-of-office note, the first day back and who stands in.
    """

    invoice_numbers: list[str]
    ibans: list[str]
    returns_on: str | None
    substitute: MailboxShown | None


class WarningShown(Given):
    """Something odd about a sender; nothing follows from it by itself.

    `code`: `name_has_other_address` (the display name shows another address),
    `name_of_somebody_else`, `lookalike_address`, `lookalike_domain`, `mixed_scripts` (letters of
    two alphabets in one word of the domain). `about`: whom or what the sender looks like.
    """

    code: str
    about: str


class MessageShown(Given):
    """A message. `text` is what the person wrote; `full_text` has what they quoted too."""

    id: str
    tenant_id: str
    conversation_id: str
    direction: Annotated[str, one_of(*get_args(Direction))]
    channel: Annotated[str, one_of(*get_args(Channel))]
    from_: Annotated[MailboxShown, Field(alias="from")]
    to: list[MailboxShown]
    cc: list[MailboxShown]
    reply_to: list[MailboxShown]
    subject: str
    date: Instant | None
    received_at: Instant
    message_id: str | None
    submitted_message_id: str | None
    in_reply_to: list[str]
    references: list[str]
    text: str
    quoted_text: str
    signature: str
    full_text: str
    forwarded: ForwardedShown | None
    html: str | None
    attachments: list[AttachmentShown]
    authentication: AuthenticationShown
    sender_expected: bool
    automatic: str | None
    bounces: list[BounceShown]
    suggestions: SuggestionsShown
    sender_warnings: list[WarningShown]
    threading: ThreadingShown
    readable: bool
    tags: Annotated[list[str], Field(description="What a service said of its mail.")]
    metadata: Annotated[dict[str, str], Field(description="What a service said of its mail.")]
    deliveries: list[DeliveryShown]

"""Conversations."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from gateway.api.schemas.base import AskedPage, Given, Instant, Switch, Taken, one_of
from gateway.api.schemas.documents import Files
from gateway.api.schemas.fields import Html, Line, MailAddress, Opaque, Subject, Tag, Text
from gateway.api.schemas.people import Customer, CustomerShown
from gateway.api.schemas.search import Question
from gateway.rules.tags import MOST_TAGS

Status = Literal["open", "waiting", "closed", "spam"]
View = Literal["open", "unread", "not_delivered", "waiting", "done"]
Word = Annotated[str, Field(max_length=254, pattern=r"^[^\x00-\x1f\x7f]+$")]


class ConversationTaken(Taken):
    """A conversation to begin with a mail to the customer."""

    subject: Subject
    customer: Customer
    text: Text
    attachments: Files = ()


class ConversationChange(Taken):
    """What may change of a conversation; what is left out stays."""

    subject: Subject | None = None
    status: Status | None = None
    tags: Annotated[tuple[Tag, ...], Field(max_length=MOST_TAGS)] | None = None
    assignee: Annotated[Line | None, Field(description="null: nobody")] = None


class AnswerTaken(Taken):
    """What the company writes. note: seen by its own people alone."""

    text: Text = ""
    html: Html | None = None
    attachments: Files = ()
    note: bool = False


class SenderTaken(Taken):
    """Whose messages the customer may see from now on."""

    address: MailAddress


class MergeTaken(Taken):
    """Which conversation takes the messages of this one."""

    into: Opaque


class SplitTaken(Taken):
    """Which messages get a conversation of their own."""

    message_ids: Annotated[tuple[Opaque, ...], Field(min_length=1, max_length=100)]


class AskedConversations(AskedPage):
    """Which conversations."""

    view: View | None = None
    status: Status | None = None
    unread: Switch | None = None
    customer: Annotated[Word | None, Field(description="The customer's address")] = None
    invoice: Annotated[Word | None, Field(description="Id or number of an invoice in it")] = None
    tag: Word | None = None
    q: Question | None = None
    assignee: Word | None = None


class ConversationShown(Given):
    """A conversation. `unread` counts messages; `failed`: a mail could not be delivered."""

    id: str
    tenant_id: str
    subject: str
    customer: CustomerShown
    status: Annotated[str, one_of(*get_args(Status))]
    unread: int
    failed: bool
    last_message: str
    last_message_at: Instant | None
    invoice_ids: list[str]
    tags: list[str]
    assignee: str | None
    merged_into: str | None
    split_from: str | None
    created_at: Instant
    updated_at: Instant


class ConversationBegun(ConversationShown):
    """A new conversation and its first message."""

    message_id: str

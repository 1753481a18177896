"""Search: what is asked for, and what is found."""

from typing import Annotated

from pydantic import Field

from gateway.api.schemas.base import AskedPage, Given, Instant
from gateway.api.schemas.people import MailboxShown

Question = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        description='Words, all of which have to be there, each as it begins; `"new bank"` as it '
        "stands; `-word` without it. Letter case and diacritics don't matter. Operators: `from:` "
        "`to:` `subject:` `has:file` `way:email|chat` `state:bounced` `is:unread|open|waiting|done|"
        "spam|undelivered|unpaid|overdue|paid|claimed|cancelled` `before:2026-11-01` `after:` "
        "`tag:` `assignee:` `invoice:`.",
        examples=["jana is:unpaid"],
    ),
]


class AskedSearch(AskedPage):
    """What is searched for."""

    q: Question


class FoundShown(Given):
    """A message that was found, newest first."""

    message_id: str
    conversation_id: str
    direction: str
    channel: str
    from_: MailboxShown = Field(alias="from")
    subject: str
    received_at: Instant
    snippet: str = Field(description="The part of the text around the first word, in one line.")
    invoice_id: str | None

"""Conversations, messages and their bytes, as the store keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from gateway.ports.lists import Listed, Page
from gateway.rules.model import Attachment, Conversation, Message, Participant
from gateway.rules.search import Query


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes of a company as `Blobs.keep` gave them: small ones ride in the transaction."""

    tenant_id: str
    sha256: str
    size: int
    data: bytes | None


class Contents(Protocol):
    """Bytes of companies by hash; large ones lie in `Blobs`."""

    def add(self, kept: Kept) -> None:
        """Refer to bytes; the same bytes of a company are kept once."""

    def get(self, tenant_id: str, sha256: str) -> Kept | None:
        """Return them (`data` None: they lie in `Blobs`), or None if unknown."""


@dataclass(frozen=True, slots=True)
class ConversationFilter:
    """Which conversations. view: "open" | "unread" | "not_delivered" | "waiting" | "done".

    query: of one company's alone; today: what it goes by for what is overdue.
    """

    view: str | None = None
    status: str | None = None
    unread: bool | None = None
    customer: str | None = None
    invoice: str | None = None
    tag: str | None = None
    assignee: str | None = None
    query: Query | None = None
    today: date | None = None


class Conversations(Protocol):
    """Conversations and the people in them."""

    def add(self, conversation: Conversation) -> None:
        """Add it."""

    def get(self, tenant_id: str, conversation_id: str) -> Conversation | None:
        """Return it with its invoice ids, or None if unknown."""

    def page(
        self, tenant_id: str | None, which: ConversationFilter, page: Page
    ) -> Listed[Conversation]:
        """Return them by `updated_at`, newest first; tenant None: of every company."""

    def change(self, conversation: Conversation, *, check_version: bool = False) -> Conversation:
        """Store the fields and return it with `version` + 1; raises Stale if asked to check."""

    def add_participant(self, participant: Participant) -> None:
        """Add a person; raises Taken("ref") if the ref is in use in that company."""

    def participant(self, tenant_id: str, ref: int) -> Participant | None:
        """Return the person, or None."""

    def participants(self, tenant_id: str, conversation_id: str) -> Sequence[Participant]:
        """Return the people of a conversation, the customer first."""

    def split_off(self, tenant_id: str, conversation_id: str) -> Sequence[str]:
        """Return the ids of conversations that were split from one."""

    def revoked(self) -> Sequence[tuple[str, int]]:
        """Return (company, ref) of the people whose tokens were revoked, of all companies."""

    def change_participant(self, participant: Participant) -> None:
        """Store the fields."""


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A message found by a Message-ID, and everybody named in it as sender, To or Cc.

    message_id: the one that was asked for. is_ours: the gateway sent it.
    """

    id: str
    conversation_id: str
    message_id: str
    addresses: tuple[str, ...]
    is_ours: bool


class Messages(Protocol):
    """Messages with their attachments."""

    def add(self, message: Message) -> Message:
        """Add it with its attachments (contents must be there); return it with its position."""

    def get(self, tenant_id: str | None, message_id: str) -> Message | None:
        """Return it with attachments, or None if unknown; tenant None: of any company."""

    def of_conversation(self, tenant_id: str, conversation_id: str, page: Page) -> Listed[Message]:
        """Return a conversation's messages, oldest first."""

    def last_sent(self, tenant_id: str, conversation_id: str, most: int) -> Sequence[str]:
        """Return the ids of what a conversation's people were sent, newest first.

        Only its last hundred messages are looked at.
        """

    def page(
        self,
        tenant_id: str | None,
        page: Page,
        *,
        direction: str | None = None,
        channel: str | None = None,
    ) -> Listed[Message]:
        """Return messages, newest first."""

    def search(self, tenant_id: str, query: Query, page: Page, *, today: date) -> Listed[Message]:
        """Return messages that a question finds, newest first. today: for what is overdue."""

    def change(self, message: Message) -> None:
        """Store the fields but id, position and attachments."""

    def change_standing(self, message: Message) -> None:
        """Store what it counts for: authentication, kind, and who may see it.

        Costs no more than that: its words are not gone through again.
        """

    def change_attachments(self, message: Message) -> None:
        """Store what its attachments are called and how they are shown, and add new ones.

        Those that the message no longer names stay.
        """

    def move(
        self, tenant_id: str, conversation_id: str, to: str, ids: Sequence[str] | None = None
    ) -> None:
        """Move messages to another conversation, with their deliveries and invoices.

        ids: of messages, None: all of the conversation.
        """

    def known(self, tenant_id: str, message_ids: Sequence[str]) -> Sequence[KnownMessage]:
        """Return messages of a company with these Message-IDs (ours, submitted, or a relay's)."""

    def add_alias(self, tenant_id: str, message_id: str, alias: str) -> None:
        """Note another Message-ID under which a message is known."""

    def attachment(self, tenant_id: str, attachment_id: str) -> Attachment | None:
        """Return it, or None if unknown."""

"""The people of an archive: who is the company, who the customer, and what each may see."""

from collections.abc import Sequence
from typing import TypedDict

from gateway.flow.context import Context
from gateway.mail.mailbox import Mailbox
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.model import (
    Conversation,
    ConversationStatus,
    Direction,
    Message,
    Participant,
    Tenant,
)

_REPORTS = frozenset({"bounce", "delay", "report"})
_MOST_PEOPLE = 200


class Standing(TypedDict):
    """Who wrote a message, and who sees it."""

    author_ref: int | None
    sender_expected: bool
    visible: bool


class Correspondents:
    """Knows a company's people from the others.

    own: addresses of the company in lower case; "@domain" stands for all of a domain.
    """

    def __init__(self, context: Context, tenant: Tenant, own: frozenset[str]) -> None:
        """The address that the company sends from is its own, too."""
        self._context = context
        self._tenant = tenant
        self._own = own | {context.names.sender_address(tenant).lower()}

    def is_own(self, address: str) -> bool:
        """Say whether an address is the company's."""
        address = address.lower()
        return address in self._own or f"@{address.rpartition('@')[2]}" in self._own

    def conversation(self, message: Message) -> Conversation:
        """Return a new conversation; its customer is the first person of elsewhere."""
        people = [message.from_, *message.to, *message.cc]
        customer = next((box for box in people if not self.is_own(box.address)), message.from_)
        return Conversation(
            id=self._context.new_id(ids.CONVERSATION, message.received_at),
            tenant_id=self._tenant.id,
            subject=message.subject,
            customer=customer,
            created_at=message.received_at,
            updated_at=message.received_at,
            status=ConversationStatus.CLOSED,
        )

    def person(self, conversation: Conversation, mailbox: Mailbox, *, role: str) -> Participant:
        """Return a person who is new in a conversation; the customer alone is approved."""
        return Participant(
            ref=self._context.new_ref(),
            tenant_id=self._tenant.id,
            conversation_id=conversation.id,
            mailbox=mailbox,
            role=role,
            created_at=self._context.clock.now(),
            approved=role == "customer",
        )

    def standing(
        self,
        work: Work,
        conversation: Conversation,
        people: Sequence[Participant],
        message: Message,
    ) -> Standing:
        """Return who wrote it, and who may see it: never more than the customer had by mail."""
        customers = {p.mailbox.address.lower() for p in people if p.role == "customer"}
        if message.direction is Direction.OUT:
            seen = {box.address.lower() for box in (*message.to, *message.cc)}
            return {"author_ref": None, "sender_expected": True, "visible": bool(seen & customers)}
        address = message.from_.address.lower()
        writer = next((p for p in people if p.mailbox.address.lower() == address), None)
        if writer is None and "@" in address and len(people) < _MOST_PEOPLE:
            writer = self.person(conversation, message.from_, role="other")
            work.conversations.add_participant(writer)
        is_expected = writer is not None and writer.role in {"customer", "cc"}
        is_report = message.automatic in _REPORTS
        return {
            "author_ref": writer.ref if writer else None,
            "sender_expected": is_expected or is_report,
            "visible": is_expected and not is_report,
        }

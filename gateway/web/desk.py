"""What the Inbox shows: lists of conversations, and one of them opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway.flow.people import history, latest
from gateway.ports.correspondence import ConversationFilter
from gateway.ports.lists import Listed, Page
from gateway.ports.store import Work
from gateway.rules.model import (
    Conversation,
    ConversationStatus,
    Delivery,
    Direction,
    Invoice,
    Message,
    Participant,
    Tenant,
)
from gateway.rules.payments import pending_claims
from gateway.web.bills import METHOD_WORDS, bill, chip
from gateway.web.fate import Fate, for_company
from gateway.web.timeline import SHOWN_ENTRIES, Reader, files_of, timeline
from gateway.web.wording import Wording

_ROWS = 50
_COUNTED = 100


@dataclass(frozen=True, slots=True)
class Desk:
    """A page of a view. counts: of the views that ask for attention, such as "3" or "99+"."""

    listed: Listed[Conversation]
    invoices: Mapping[str, Sequence[Invoice]]
    counts: Mapping[str, str]

    def row(self, one: Conversation, tenant: Tenant, say: Wording, today: date) -> dict[str, Any]:
        """Return a conversation as a row of the list."""
        invoices = self.invoices.get(one.id, ())
        last = invoices[-1] if invoices else None
        return {
            "id": one.id,
            "name": one.customer.name or one.customer.address,
            "subject": one.subject,
            "time": say.brief(one.last_message_at or one.updated_at, tenant.timezone, today),
            "iso": (one.last_message_at or one.updated_at).isoformat(),
            "text": one.last_message,
            "unread": one.unread,
            "failed": one.failed,
            "invoice": f"{last.number} · {say.money(last.amount, last.currency)}" if last else "",
            "chip": chip(last, tenant, say, today, inbox=True) if last else None,
        }


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation with all that belongs to it."""

    conversation: Conversation
    people: Sequence[Participant]
    messages: Sequence[Message]
    invoices: Sequence[Invoice]
    deliveries: Mapping[str, Sequence[Delivery]]

    def shown(
        self, tenant: Tenant, say: Wording, today: date, *, everything: bool = False
    ) -> dict[str, Any]:
        """Return the conversation in words; its newest entries, unless everything is asked for."""
        one = self.conversation
        reader = Reader(
            say,
            tenant.timezone,
            tenant.name,
            lambda message: message.direction is not Direction.IN,
            _name,
            lambda _, deliveries: _fates(deliveries, say, tenant),
            staff=True,
        )
        entries = timeline(self.messages, self.invoices, self.deliveries, reader)
        hidden = 0 if everything else max(0, len(entries) - SHOWN_ENTRIES)
        files = [file for message in self.messages for file in message.attachments]
        return {
            "id": one.id,
            "subject": one.subject,
            "customer": one.customer,
            "status": one.status.value,
            "closed": one.status is ConversationStatus.CLOSED,
            "unread": one.unread,
            "failed": one.failed,
            "entries": entries[hidden:],
            "hidden": hidden,
            "bills": [bill(each, tenant, say, today, inbox=True) for each in self.invoices],
            "pdfs": {each.id: each.pdf_attachment_id for each in self.invoices},
            "claims": [claim for each in self.invoices for claim in _claims(each, say)],
            "others": [p.mailbox for p in self.people if p.mailbox != one.customer],
            "files": files_of([file for file in files if not file.inline], say),
        }


def look_over(work: Work, tenant: Tenant, view: str, cursor: str | None) -> Desk:
    """Return a page of a view. Raises BadCursor."""
    which = ConversationFilter(view=view)
    listed = work.conversations.page(tenant.id, which, Page(_ROWS, cursor))
    invoices = {
        one.id: work.invoices.of_conversation(tenant.id, one.id)
        for one in listed.items
        if one.invoice_ids
    }
    counts = {name: _count(work, tenant, name) for name in ("open", "unread", "not_delivered")}
    return Desk(listed, invoices, counts)


def look_at(work: Work, tenant: Tenant, conversation_id: str) -> Opened | None:
    """Return a conversation, or None if unknown; one that was merged leads to its new place."""
    found = work.conversations.get(tenant.id, conversation_id)
    if found is None:
        return None
    conversation = latest(work, found)
    messages = history(work, conversation)
    out = [message.id for message in messages if message.direction is Direction.OUT]
    return Opened(
        conversation,
        work.conversations.participants(tenant.id, conversation.id),
        messages,
        work.invoices.of_conversation(tenant.id, conversation.id),
        work.deliveries.of_messages(out),
    )


def _count(work: Work, tenant: Tenant, view: str) -> str:
    listed = work.conversations.page(tenant.id, ConversationFilter(view=view), Page(_COUNTED))
    if listed.next_cursor is not None:
        return f"{_COUNTED - 1}+"
    return str(len(listed.items)) if listed.items else ""


def _name(message: Message) -> str:
    if message.direction is Direction.IN:
        # The whole address, never the name alone: names are what forgers choose freely.
        name, address = message.from_.name, message.from_.address
        return f"{name} <{address}>" if name else address
    return message.from_.name or message.from_.address


def _fates(deliveries: Sequence[Delivery], say: Wording, tenant: Tenant) -> tuple[Fate, ...]:
    return tuple(for_company(one, say, tenant.timezone) for one in deliveries)


def _claims(invoice: Invoice, say: Wording) -> list[dict[str, str]]:
    return [
        {
            "invoice_id": invoice.id,
            "payment_id": payment.id,
            "words": say.text(
                "The customer says: {number} is paid, {amount} on {date} ({method}).",
                number=invoice.number,
                amount=say.money(payment.amount, invoice.currency),
                date=say.day(payment.on),
                method=say.text(METHOD_WORDS.get(payment.method, "Another way")).lower(),
            ),
            "note": payment.note,
        }
        for payment in pending_claims(invoice)
    ]

"""One conversation opened in the Inbox: its messages, and what the company may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from gateway.flow.people import history, latest
from gateway.flow.staff_answers import DISCARDED, DRAFT, SENT, STAFF
from gateway.flow.taking_back import is_held
from gateway.ports.store import Work
from gateway.rules.model import (
    ConversationStatus,
    Delivery,
    Direction,
    Invoice,
    Message,
    Tenant,
)
from gateway.rules.payments import day_of, pending_claims
from gateway.web.about import About, Inside, about_pane, look_about
from gateway.web.bills import METHOD_WORDS
from gateway.web.fate import Fate, for_company
from gateway.web.tags import tags_of
from gateway.web.timeline import SHOWN_ENTRIES, Reader, timeline
from gateway.web.wording import Wording

_WRITTEN_TO = frozenset({"customer", "cc"})
_BY_MAIL = {
    STAFF: "Answer by mail, its sender is being checked: from {sender}",
    DRAFT: "Answer by mail, not verified: from {sender}. It was not sent.",
    SENT: "Answer by mail, sent: from {sender}",
    DISCARDED: "Answer by mail, discarded: from {sender}. It was not sent.",
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation with all that belongs to it."""

    inside: Inside
    about: About

    def shown(
        self,
        tenant: Tenant,
        say: Wording,
        now: datetime,
        links: Mapping[int, str],
        *,
        everything: bool = False,
    ) -> dict[str, Any]:
        """Return the conversation in words; its newest entries, unless everything is asked for.

        links: the chat windows of its people by their ref.
        """
        inside, one = self.inside, self.inside.conversation
        today = day_of(now, tenant.timezone)
        reader = Reader(
            say,
            tenant.timezone,
            tenant.name,
            lambda message: message.direction is not Direction.IN,
            _name,
            lambda message, deliveries: _fates(message, deliveries, say, tenant, links),
            staff=True,
        )
        entries = timeline(inside.messages, inside.invoices, inside.deliveries, reader)
        hidden = 0 if everything else max(0, len(entries) - SHOWN_ENTRIES)
        goes_to = [p.mailbox.address for p in inside.people if p.role in _WRITTEN_TO]
        return {
            "id": one.id,
            "subject": one.subject,
            "customer": one.customer,
            "status": one.status.value,
            "tags": tags_of(one.tags),
            "closed": one.status in {ConversationStatus.CLOSED, ConversationStatus.SPAM},
            "unread": one.unread,
            "failed": one.failed,
            "entries": entries[hidden:],
            "held": {m.id: _seconds(m, now) for m in inside.messages if _may_undo(m, now)},
            "by_mail": {m.id: _by_mail(m, say) for m in inside.messages if m.kind in _BY_MAIL},
            "drafts": {m.id for m in inside.messages if m.kind == DRAFT},
            "newest": inside.messages[-1].id if inside.messages else "",
            "first_unread": _first_unread(inside.messages, one.unread),
            "hidden": hidden,
            "claims": [claim for each in inside.invoices for claim in _claims(each, say)],
            "goes_to": goes_to or [one.customer.address],
            "others": [p.mailbox for p in inside.people if p.mailbox != one.customer],
            "about": about_pane(self.about, inside, tenant, say=say, today=today, links=links),
        }

    def draft(self, message_id: str) -> str:
        """Return the text of an answer that was taken back, "" for other messages."""
        messages = self.inside.messages
        found = next((m for m in messages if m.id == message_id and not m.visible), None)
        return found.text if found and found.direction is Direction.OUT else ""


def look_at(work: Work, tenant: Tenant, conversation_id: str) -> Opened | None:
    """Return a conversation, or None if unknown; one that was merged leads to its new place."""
    found = work.conversations.get(tenant.id, conversation_id)
    if found is None:
        return None
    conversation = latest(work, found)
    messages = history(work, conversation)
    out = [message.id for message in messages if message.direction is Direction.OUT]
    inside = Inside(
        conversation,
        work.conversations.participants(tenant.id, conversation.id),
        messages,
        work.invoices.of_conversation(tenant.id, conversation.id),
        work.deliveries.of_messages(out),
    )
    return Opened(inside, look_about(work, tenant, conversation))


def _may_undo(message: Message, now: datetime) -> bool:
    return message.visible and is_held(message, now)


def _seconds(message: Message, now: datetime) -> int:
    """Return how many seconds are left to take an answer back."""
    return ceil((message.received_at - now).total_seconds())


def _first_unread(messages: Sequence[Message], unread: int) -> str:
    """Return the id of the first message that nobody has seen, "" if there is none."""
    came = [message.id for message in messages if message.direction is Direction.IN]
    return came[-unread:][0] if came and unread else ""


def _name(message: Message) -> str:
    if message.direction is Direction.IN:
        return _whole(message)
    name = message.from_.name or message.from_.address
    return f"{message.author} ({name})" if message.author else name


def _by_mail(message: Message, say: Wording) -> str:
    """Return what became of an answer that somebody of the company wrote by mail."""
    return say.text(_BY_MAIL[message.kind], sender=_whole(message))


def _whole(message: Message) -> str:
    """Return its sender, never the name alone: names are what forgers choose freely."""
    name, address = message.from_.name, message.from_.address
    return f"{name} <{address}>" if name else address


def _fates(
    message: Message,
    deliveries: Sequence[Delivery],
    say: Wording,
    tenant: Tenant,
    links: Mapping[int, str],
) -> tuple[Fate, ...]:
    if deliveries and not message.visible:
        # Whatever kept it from leaving, nobody wants it to leave any more.
        return (Fate(say.text("Taken back"), "undo", "plain"),)
    return tuple(
        for_company(
            one,
            say,
            tenant.timezone,
            link=links.get(one.participant_ref or 0, ""),
            mended=any(other.queued_at > one.queued_at for other in deliveries),
        )
        for one in deliveries
    )


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
                method=say.amid(METHOD_WORDS.get(payment.method, "Another way")),
            ),
            "note": payment.note,
        }
        for payment in pending_claims(invoice)
    ]

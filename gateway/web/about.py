"""The side pane of a conversation: the customer, what they owe, what became of each mail."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.flow.receipts import standing_receipts
from gateway.ports.correspondence import ConversationFilter
from gateway.ports.lists import Page
from gateway.ports.store import Work
from gateway.rules.model import (
    Conversation,
    Delivery,
    Invoice,
    InvoiceStatus,
    Message,
    Participant,
    Payment,
    Tenant,
)
from gateway.rules.payments import ZERO, amount_open
from gateway.web.bills import METHOD_WORDS, bill, chip
from gateway.web.fate import for_company
from gateway.web.kinds import words_of
from gateway.web.timeline import files_of
from gateway.web.wording import Wording

_OTHERS = 5


@dataclass(frozen=True, slots=True)
class About:
    """What else is known of the customer: other conversations, newest first, and their invoices."""

    others: Sequence[Conversation]
    invoices: Mapping[str, Sequence[Invoice]]


@dataclass(frozen=True, slots=True)
class Inside:
    """What the conversation itself holds."""

    conversation: Conversation
    people: Sequence[Participant]
    messages: Sequence[Message]
    invoices: Sequence[Invoice]
    deliveries: Mapping[str, Sequence[Delivery]]


def look_about(work: Work, tenant: Tenant, conversation: Conversation) -> About:
    """Return what else is known of a conversation's customer."""
    which = ConversationFilter(customer=conversation.customer.address)
    listed = work.conversations.page(tenant.id, which, Page(_OTHERS + 1))
    others = [one for one in listed.items if one.id != conversation.id][:_OTHERS]
    invoices = {one.id: work.invoices.of_conversation(tenant.id, one.id) for one in others}
    return About(others, invoices)


def about_pane(
    about: About,
    inside: Inside,
    tenant: Tenant,
    *,
    say: Wording,
    today: date,
    links: Mapping[int, str],
) -> dict[str, Any]:
    """Return the pane in words. links: the chat windows of its people by their ref."""
    every = [*inside.invoices, *(one for each in about.invoices.values() for one in each)]
    files = [file for message in inside.messages for file in message.attachments]
    return {
        "people": [_person(person, say, links) for person in inside.people],
        "owed": owed(every, say),
        "invoices": [_invoice(one, tenant, say, today) for one in inside.invoices],
        "others": [
            _other(one, about.invoices.get(one.id, ()), tenant, say, today) for one in about.others
        ],
        "mails": [
            _mail(delivery, message, tenant, say)
            for message in reversed(inside.messages)
            for delivery in inside.deliveries.get(message.id, ())
        ],
        "files": files_of([file for file in files if not file.inline], say),
    }


def owed(invoices: Iterable[Invoice], say: Wording) -> list[str]:
    """Return what is open of these invoices together, an amount for each currency."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for invoice in invoices:
        awaits = invoice.status in {InvoiceStatus.OPEN, InvoiceStatus.CLAIMED}
        if awaits and words_of(invoice.kind).payable:
            sums[invoice.currency] += amount_open(invoice)
    return [say.money(amount, currency) for currency, amount in sorted(sums.items()) if amount]


def _person(person: Participant, say: Wording, links: Mapping[int, str]) -> dict[str, str]:
    role = {"customer": "Customer", "cc": "Gets copies"}.get(person.role, "Wrote here")
    return {
        "name": person.mailbox.name,
        "address": person.mailbox.address,
        "role": say.text(role),
        "link": links.get(person.ref, ""),
    }


def _invoice(invoice: Invoice, tenant: Tenant, say: Wording, today: date) -> dict[str, Any]:
    shown = bill(invoice, tenant, say, today, inbox=True)
    return {
        "bill": shown,
        "pdf": invoice.pdf_attachment_id,
        "payments": [_payment(one, invoice, say) for one in invoice.payments],
        "receipts": [
            {
                "id": receipt.id,
                "words": say.text("Receipt {n}", n=receipt.number)
                if receipt.number
                else say.text("Receipt, a draft until you confirm"),
            }
            for receipt, _ in standing_receipts(invoice)
        ],
        "is_part_paid": shown.payable and amount_open(invoice) < invoice.amount,
    }


def payment_state(payment: Payment) -> tuple[str, str]:
    """Return what is known of a payment in a few words, and a class of the style sheet."""
    if payment.withdrawn:
        return "taken back", "off"
    if payment.confirmed:
        return ("confirmed by the bank" if payment.by == "provider" else "confirmed"), "paid"
    return "the customer says so", "claim"


def _payment(payment: Payment, invoice: Invoice, say: Wording) -> dict[str, Any]:
    state, _ = payment_state(payment)
    return {
        "id": payment.id,
        "words": say.text(
            "{amount} on {date}, {method}",
            amount=say.money(payment.amount, invoice.currency),
            date=say.short_day(payment.on),
            method=say.amid(METHOD_WORDS.get(payment.method, "Another way")),
        ),
        "state": say.text(state),
        "note": payment.note,
        "noted_by": payment.noted_by,
        "has_receipt": any(one.payment_id == payment.id for one in invoice.receipts),
        "stands": payment.confirmed and not payment.withdrawn,
    }


def _other(
    one: Conversation, invoices: Sequence[Invoice], tenant: Tenant, say: Wording, today: date
) -> dict[str, Any]:
    last = invoices[-1] if invoices else None
    return {
        "id": one.id,
        "subject": one.subject,
        "amount": say.money(last.amount, last.currency) if last else "",
        "chip": chip(last, tenant, say, today, inbox=True) if last else None,
    }


def _mail(delivery: Delivery, message: Message, tenant: Tenant, say: Wording) -> dict[str, Any]:
    fate = for_company(delivery, say, tenant.timezone)
    return {
        "subject": message.subject,
        "recipient": delivery.recipient.address,
        "fate": fate,
        "attempts": [
            {
                "time": say.moment(attempt.at, tenant.timezone),
                "next_hop": attempt.next_hop,
                "tls": attempt.tls,
                "reply": attempt.reply,
                "ms": attempt.ms,
            }
            for attempt in delivery.attempts
        ],
    }

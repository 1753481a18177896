"""The events that a company may hear of (contract §5), and what each carries."""

from collections.abc import Mapping
from typing import Any

from gateway.rules.model import Conversation, Delivery, Invoice, Message, Payment, Reason, Receipt

MESSAGE_RECEIVED = "message.received"
MESSAGE_QUEUED = "message.queued"
MESSAGE_SENT = "message.sent"
MESSAGE_DELIVERED = "message.delivered"
MESSAGE_DEFERRED = "message.deferred"
MESSAGE_BOUNCED = "message.bounced"
MESSAGE_COMPLAINED = "message.complained"
CONVERSATION_CREATED = "conversation.created"
CONVERSATION_UPDATED = "conversation.updated"
INVOICE_SENT = "invoice.sent"
INVOICE_VIEWED = "invoice.viewed"
INVOICE_DOWNLOADED = "invoice.downloaded"
PAYMENT_CLAIMED = "payment.claimed"
PAYMENT_CONFIRMED = "payment.confirmed"
PAYMENT_WITHDRAWN = "payment.withdrawn"
RECEIPT_CREATED = "receipt.created"
SUPPRESSION_CREATED = "suppression.created"
SMTP_ACCOUNT_FAILED = "smtp_account.failed"
WEBHOOK_DISABLED = "webhook.disabled"
SENDER_DOMAIN_VERIFIED = "sender_domain.verified"
SENDER_DOMAIN_FAILED = "sender_domain.failed"
DNS_DRIFTED = "dns.drifted"
"""Told to the house alone, as is the next: records of the gateway's own domains."""
DNS_RECOVERED = "dns.recovered"

OF_STATE = {
    "queued": MESSAGE_QUEUED,
    "sent": MESSAGE_SENT,
    "delivered": MESSAGE_DELIVERED,
    "deferred": MESSAGE_DEFERRED,
    "unconfirmed": MESSAGE_DEFERRED,
    "bounced": MESSAGE_BOUNCED,
    "expired": MESSAGE_BOUNCED,
    "suppressed": MESSAGE_BOUNCED,
}
"""Which event tells of a delivery's new state; states missing here are told by none."""

FAILURES = (MESSAGE_BOUNCED, MESSAGE_DEFERRED, MESSAGE_COMPLAINED)
"""Events of mail that went wrong for somebody; the store has an index of them."""


def about_message(message: Message) -> Mapping[str, Any]:
    """Return the data of `message.received`."""
    return {
        "message_id": message.id,
        "conversation_id": message.conversation_id,
        "direction": message.direction.value,
        "channel": message.channel.value,
        "from": {"name": message.from_.name, "address": message.from_.address},
        "subject": message.subject,
        "automatic": message.automatic,
    }


def about_reason(reason: Reason | None) -> Mapping[str, Any] | None:
    """Return a reason as JSON values, or None."""
    if reason is None:
        return None
    return {
        "key": reason.key,
        "plain": reason.plain,
        "code": reason.code,
        "enhanced": reason.enhanced,
        "verbatim": reason.verbatim,
        "permanent": reason.permanent,
    }


def about_delivery(delivery: Delivery, previous: str | None = None) -> Mapping[str, Any]:
    """Return the data of an event about a delivery; previous: the state before."""
    return {
        "delivery_id": delivery.id,
        "message_id": delivery.message_id,
        "conversation_id": delivery.conversation_id,
        "recipient": delivery.recipient.address,
        "state": delivery.state,
        "previous_state": previous,
        "reason": about_reason(delivery.reason),
    }


def about_conversation(conversation: Conversation) -> Mapping[str, Any]:
    """Return the data of an event about a conversation."""
    return {
        "conversation_id": conversation.id,
        "subject": conversation.subject,
        "status": conversation.status.value,
        "unread": conversation.unread,
        "failed": conversation.failed,
    }


def about_invoice(invoice: Invoice) -> Mapping[str, Any]:
    """Return the data of an event about an invoice."""
    return {
        "invoice_id": invoice.id,
        "conversation_id": invoice.conversation_id,
        "kind": invoice.kind,
        "number": invoice.number,
        "status": invoice.status.value,
        "amount": str(invoice.amount),
        "currency": invoice.currency,
    }


def about_payment(invoice: Invoice, payment: Payment) -> Mapping[str, Any]:
    """Return the data of an event about a payment."""
    return {
        **about_invoice(invoice),
        "payment_id": payment.id,
        "paid": str(payment.amount),
        "method": payment.method,
        "on": payment.on.isoformat(),
        "by": payment.by,
        "confirmed": payment.confirmed,
    }


def about_receipt(invoice: Invoice, receipt: Receipt) -> Mapping[str, Any]:
    """Return the data of `receipt.created`: told of a draft, and of its number once more."""
    return {
        **about_invoice(invoice),
        "receipt_id": receipt.id,
        "receipt_number": receipt.number,
        "payment_id": receipt.payment_id,
        "state": receipt.state,
    }

"""Records for tests of the store."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from gateway.mail.envelope import Envelope, Recipient
from gateway.mail.mailbox import Mailbox
from gateway.ports.correspondence import Kept
from gateway.ports.queues import Inbound, Lease
from gateway.ports.reception import Peer
from gateway.rules.model import (
    Attachment,
    Channel,
    Conversation,
    Delivery,
    Direction,
    Event,
    Invoice,
    Message,
    Participant,
    Payment,
    Receipt,
    Tenant,
)

NINE = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
ACME = "ten_acme"
BOLT = "ten_bolt"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
JANA = Mailbox("Jana Nováková", "jana@example.com")
PEER = Peer("192.0.2.7", 4711, "mx.example.com", tls="TLSv1.3")


def tenant(id_=ACME, slug="acme", **more):
    fields = {"number": -1, "name": "Acme s.r.o.", "created_at": NINE, "updated_at": NINE}
    return Tenant(id=id_, slug=slug, **(fields | more))


def kept(text=b"From: jana@example.com\r\n\r\nHello", tenant_id=ACME):
    return Kept(tenant_id, hashlib.sha256(text).hexdigest(), len(text), text)


def inbound(id_="msg_1", content=None, **more):
    content = content or kept()
    fields = {
        "tenant_id": content.tenant_id,
        "envelope": Envelope("jana@example.com", (Recipient("acme-tok@reply.example.com"),)),
        "peer": PEER,
        "received_at": NINE,
        "raw_sha256": content.sha256,
        "raw_size": content.size,
        "dedupe": hashlib.sha256(id_.encode()).hexdigest(),
    }
    return Inbound(id=id_, **(fields | more))


def lease(owner="one", **duration):
    return Lease(owner, timedelta(**(duration or {"minutes": 5})))


def conversation(id_="cnv_1", tenant_id=ACME, **more):
    fields = {"subject": "Invoice 1", "customer": JANA, "created_at": NINE, "updated_at": NINE}
    return Conversation(id=id_, tenant_id=tenant_id, **(fields | more))


def person(ref=7, conversation_id="cnv_1", tenant_id=ACME, **more):
    fields = {"mailbox": JANA, "role": "customer", "created_at": NINE}
    return Participant(
        ref=ref, tenant_id=tenant_id, conversation_id=conversation_id, **(fields | more)
    )


def message(id_="msg_1", conversation_id="cnv_1", tenant_id=ACME, **more):
    fields = {
        "direction": Direction.IN,
        "channel": Channel.EMAIL,
        "from_": JANA,
        "subject": "Re: Invoice 1",
        "received_at": NINE,
    }
    return Message(id=id_, tenant_id=tenant_id, conversation_id=conversation_id, **(fields | more))


def attachment(id_="att_1", message_id="msg_1", content=None, **more):
    content = content or kept(b"%PDF-")
    fields = {"filename": "a.pdf", "content_type": "application/pdf"}
    return Attachment(
        id=id_,
        tenant_id=content.tenant_id,
        message_id=message_id,
        size=content.size,
        sha256=content.sha256,
        **(fields | more),
    )


def delivery(id_="dlv_1", message_id="msg_1", content=None, **more):
    content = content or kept()
    fields = {
        "conversation_id": "cnv_1",
        "recipient": JANA,
        "state": "queued",
        "sender": "b-tok@bounce.example.com",
        "route": "example.com",
        "queued_at": NINE,
        "next_attempt_at": NINE,
    }
    return Delivery(
        id=id_,
        tenant_id=content.tenant_id,
        message_id=message_id,
        raw_sha256=content.sha256,
        raw_size=content.size,
        **(fields | more),
    )


def invoice(id_="inv_1", number="2026-1", conversation_id="cnv_1", tenant_id=ACME, **more):
    fields = {
        "amount": Decimal("120.50"),
        "currency": "EUR",
        "customer": {"name": "Jana", "email": "jana@example.com"},
        "created_at": NINE,
        "updated_at": NINE,
    }
    return Invoice(
        id=id_,
        tenant_id=tenant_id,
        conversation_id=conversation_id,
        number=number,
        **(fields | more),
    )


def payment(id_="pay_1", invoice_id="inv_1", **more):
    fields = {
        "amount": Decimal("20.00"),
        "method": "cash",
        "on": date(2026, 3, 2),
        "by": "customer",
        "confirmed": False,
        "note": "",
        "created_at": NINE,
    }
    return Payment(id=id_, invoice_id=invoice_id, **(fields | more))


def receipt(id_="rcp_1", invoice_id="inv_1", **more):
    fields = {"payment_id": "pay_1", "number": None, "state": "issued", "created_at": NINE}
    return Receipt(id=id_, invoice_id=invoice_id, **(fields | more))


def event(id_="evt_1", tenant_id=ACME, type_="message.received", **more):
    fields = {"timestamp": NINE, "data": {"message_id": "msg_1"}}
    return Event(id=id_, tenant_id=tenant_id, type=type_, **(fields | more))


def add_conversation(work, *messages, conversation_id="cnv_1", tenant_id=ACME):
    """Store a conversation, the usual content, and messages in it."""
    work.conversations.add(conversation(conversation_id, tenant_id))
    work.contents.add(kept(tenant_id=tenant_id))
    for each in messages:
        work.messages.add(message(each, conversation_id, tenant_id))


def add_deliveries(work, *deliveries):
    """Store deliveries of one message."""
    add_conversation(work, "msg_1")
    for each in deliveries:
        work.deliveries.add(each)


def in_state(record, state, **more):
    """Return the delivery in another state."""
    return replace(record, state=state, **more)

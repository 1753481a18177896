"""A company with one of everything."""

from dataclasses import dataclass, replace

from gateway.mail.mailbox import Mailbox
from gateway.rules.model import (
    Attachment,
    Channel,
    ConversationStatus,
    Direction,
    Message,
    Participant,
    Threading,
)
from tests.api.kit import INVOICE, Company

FILE = b"0123456789" * 10
RAW = b"Received: by us\r\nFrom: jana@customer.test\r\nSubject: Re: Invoice\r\n\r\nThanks!\r\n"


@dataclass
class Scene:
    company: Company
    invoice_id: str
    conversation_id: str
    sent_id: str
    received_id: str
    attachment_id: str
    delivery_id: str
    webhook_id: str
    attempt_id: str


async def scene(
    api,
    name="Acme s.r.o.",
    *,
    filename="účet.pdf",
    content_type="text/html",
    content_id=None,
    message_id_field=None,
):
    """Return a company that sent an invoice and got an answer with a file."""
    company = await api.company(name)
    sent = (await api.post("/v1/invoices", company.key, json=INVOICE)).json()
    context = api.services.context
    now = context.clock.now()
    message_id, attachment_id = context.new_id("msg_", now), context.new_id("att_", now)
    file = await context.blobs.keep(company.id, FILE)
    raw = await context.blobs.keep(company.id, RAW)
    attachment = Attachment(
        attachment_id,
        company.id,
        message_id,
        filename,
        content_type,
        file.size,
        file.sha256,
        content_id=content_id,
    )
    stranger = Participant(
        77, company.id, sent["conversation_id"], Mailbox("", "s@other.test"), "other", now, False
    )
    message = Message(
        id=message_id,
        tenant_id=company.id,
        conversation_id=sent["conversation_id"],
        direction=Direction.IN,
        channel=Channel.EMAIL,
        from_=Mailbox("Jana", "jana@customer.test"),
        subject="Re: Invoice",
        received_at=now,
        date=now,
        message_id=message_id_field,
        text="Thanks!",
        quoted_text="> Invoice",
        full_text="Thanks!\n> Invoice",
        authentication={
            "spf": {"result": "pass", "domain": "customer.test"},
            "dkim": [{"result": "pass", "domain": "customer.test", "selector": "s1"}],
            "dmarc": {"result": "pass", "policy": "reject", "domain": "customer.test"},
            "arc": {"result": "none"},
            "verdict": "pass",
        },
        forwarded={
            "from": {"name": "", "address": "boss@customer.test"},
            "to": [],
            "cc": [],
            "subject": "Fwd",
            "date": None,
            "text": "See below",
        },
        bounces=({"recipient": "x@y.test", "action": "failed", "status": "5.1.1", "kind": "hard"},),
        threading=Threading("token", "r…@reply.test"),
        raw_sha256=raw.sha256,
        raw_size=raw.size,
        attachments=(attachment,),
    )

    def store(work):
        work.contents.add(file)
        work.contents.add(raw)
        work.conversations.add_participant(stranger)
        work.messages.add(message)
        conversation = work.conversations.get(company.id, sent["conversation_id"])
        work.conversations.change(
            replace(conversation, unread=1, status=ConversationStatus.OPEN, updated_at=now)
        )

    await api.store.write(store)
    (delivery,) = (await api.get("/v1/deliveries", company.key)).json()["data"]
    hook = await api.post("/v1/webhooks", company.key, json={"url": "https://acme.example/hooks"})
    webhook_id = hook.json()["id"]
    attempt = await api.post(f"/v1/webhooks/{webhook_id}/test", company.key)
    return Scene(
        company,
        sent["id"],
        sent["conversation_id"],
        sent["message_id"],
        message_id,
        attachment_id,
        delivery["id"],
        webhook_id,
        attempt.json()["id"],
    )

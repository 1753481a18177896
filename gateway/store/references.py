"""What rows refer to, beyond what the databases' foreign keys say."""

from dataclasses import dataclass

from sqlalchemy import Table

from gateway.store.tables import (
    API_KEY,
    ATTACHMENT,
    AUDIT,
    CONTENT,
    CONVERSATION,
    DELIVERY,
    EVENT,
    INBOUND,
    INBOX_USER,
    INVOICE,
    LOGIN,
    MESSAGE,
    MESSAGE_NAME,
    MESSAGE_SEARCH,
    PARTICIPANT,
    PAYMENT,
    RECEIPT,
    SAVED_REPLY,
    TENANT,
    WEB_SESSION,
    WEBHOOK,
    WEBHOOK_ATTEMPT,
    WEBHOOK_RESEND,
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A column of a table names a row of another by its column `goal`.

    within_company: both have to be of one company.
    name: the child's column by which it is told of.
    """

    child: Table
    column: str
    parent: Table
    goal: str = "id"
    within_company: bool = True
    name: str = "id"


REFERENCES = (
    Reference(API_KEY, "tenant_id", TENANT, within_company=False),
    Reference(LOGIN, "tenant_id", TENANT, within_company=False, name="username"),
    Reference(WEB_SESSION, "tenant_id", TENANT, within_company=False, name="kind"),
    Reference(INBOX_USER, "tenant_id", TENANT, within_company=False),
    Reference(SAVED_REPLY, "tenant_id", TENANT, within_company=False),
    Reference(AUDIT, "tenant_id", TENANT, within_company=False),
    Reference(INBOUND, "tenant_id", TENANT, within_company=False),
    Reference(CONTENT, "tenant_id", TENANT, within_company=False, name="sha256"),
    Reference(CONVERSATION, "tenant_id", TENANT, within_company=False),
    Reference(CONVERSATION, "merged_into", CONVERSATION),
    Reference(CONVERSATION, "split_from", CONVERSATION),
    Reference(PARTICIPANT, "conversation_id", CONVERSATION, name="ref"),
    Reference(MESSAGE, "conversation_id", CONVERSATION),
    Reference(MESSAGE, "raw_key", CONTENT, goal="key"),
    Reference(MESSAGE_NAME, "message_id", MESSAGE, within_company=False, name="message_id"),
    Reference(MESSAGE_SEARCH, "position", MESSAGE, goal="position", name="position"),
    Reference(ATTACHMENT, "message_id", MESSAGE),
    Reference(ATTACHMENT, "key", CONTENT, goal="key"),
    Reference(DELIVERY, "message_id", MESSAGE),
    Reference(DELIVERY, "conversation_id", CONVERSATION),
    Reference(DELIVERY, "raw_key", CONTENT, goal="key"),
    Reference(INVOICE, "conversation_id", CONVERSATION),
    Reference(INVOICE, "message_id", MESSAGE),
    Reference(INVOICE, "pdf_attachment_id", ATTACHMENT),
    Reference(INVOICE, "replaces", INVOICE),
    Reference(INVOICE, "replaced_by", INVOICE),
    Reference(PAYMENT, "invoice_id", INVOICE),
    Reference(RECEIPT, "invoice_id", INVOICE),
    Reference(RECEIPT, "payment_id", PAYMENT),
    Reference(WEBHOOK, "tenant_id", TENANT, within_company=False),
    Reference(WEBHOOK_RESEND, "webhook_id", WEBHOOK, name="event_id"),
    Reference(WEBHOOK_RESEND, "event_id", EVENT, name="event_id"),
    Reference(WEBHOOK_ATTEMPT, "webhook_id", WEBHOOK),
)

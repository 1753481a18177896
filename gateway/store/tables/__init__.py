"""The tables; nothing outside `store` sees them."""

from gateway.store.tables.audit import AUDIT
from gateway.store.tables.base import METADATA
from gateway.store.tables.billing import INVOICE, PAYMENT, RECEIPT
from gateway.store.tables.directory import (
    API_KEY,
    COUNTER,
    FACT,
    LOGIN,
    REPEAT,
    TENANT,
    WEB_SESSION,
)
from gateway.store.tables.hooks import WEBHOOK, WEBHOOK_ATTEMPT, WEBHOOK_RESEND
from gateway.store.tables.mail import (
    ATTACHMENT,
    CONTENT,
    CONVERSATION,
    INBOUND,
    MESSAGE,
    MESSAGE_NAME,
    PARTICIPANT,
)
from gateway.store.tables.policies import STS_POLICY
from gateway.store.tables.queue import DELIVERY, EVENT, SUPPRESSION
from gateway.store.tables.search import MESSAGE_SEARCH, SHADOWS
from gateway.store.tables.sender_domains import SENDER_DOMAIN
from gateway.store.tables.team import INBOX_USER, SAVED_REPLY

__all__ = [
    "API_KEY",
    "ATTACHMENT",
    "AUDIT",
    "CONTENT",
    "CONVERSATION",
    "COUNTER",
    "DELIVERY",
    "EVENT",
    "FACT",
    "INBOUND",
    "INBOX_USER",
    "INVOICE",
    "LOGIN",
    "MESSAGE",
    "MESSAGE_NAME",
    "MESSAGE_SEARCH",
    "METADATA",
    "PARTICIPANT",
    "PAYMENT",
    "RECEIPT",
    "REPEAT",
    "SAVED_REPLY",
    "SENDER_DOMAIN",
    "SHADOWS",
    "STS_POLICY",
    "SUPPRESSION",
    "TENANT",
    "WEBHOOK",
    "WEBHOOK_ATTEMPT",
    "WEBHOOK_RESEND",
    "WEB_SESSION",
]

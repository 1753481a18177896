"""Bodies to begin with, by operation: shown in the OpenAPI document and in requests to copy."""

from collections.abc import Mapping
from typing import Any

_CUSTOMER = {"name": "Jana Nováková", "email": "ok@sandbox.test"}
EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "post_tenants": {"name": "Tailor Ltd", "locale": "en", "timezone": "Europe/London"},
    "patch_tenants_id": {"name": "Tailor & Sons Ltd"},
    "patch_tenant": {"brand": {"color": "#1a73e8"}},
    "post_inbox_links": {"user": "jana"},
    "patch_settings_email": {"replies": "both"},
    "post_settings_email_test": {},
    "put_settings_email_sender_domain": {"address": "invoices@acme.example"},
    "patch_settings_payments": {"stripe": {"secret_key": "rk_live_KEY"}},
    "post_keys": {"kind": "test"},
    "post_invoices": {
        "number": "2026-0142",
        "amount": "1254.00",
        "currency": "EUR",
        "due_on": "2030-12-05",
        "customer": _CUSTOMER,
    },
    "post_invoices_batch": {
        "invoices": [
            {"number": "2026-0143", "amount": "10.00", "currency": "EUR", "customer": _CUSTOMER},
            {"number": "2026-0144", "amount": "12.50", "currency": "EUR", "customer": _CUSTOMER},
        ]
    },
    "patch_invoices_id": {"due_on": "2030-12-24"},
    "post_invoices_id_mark_paid": {"amount": "1254.00", "method": "transfer"},
    "post_invoices_id_mark_unpaid": {"payment_id": "pay_ID"},
    "post_invoices_id_confirm_payment": {"payment_id": "pay_ID"},
    "post_invoices_id_receipt": {},
    "post_conversations": {
        "subject": "Your order 77",
        "customer": _CUSTOMER,
        "text": "It leaves today.",
    },
    "patch_conversations_id": {"status": "closed", "tags": ["vip"]},
    "post_conversations_id_messages": {"text": "Thank you, it arrived."},
    "post_conversations_id_links": {"address": "ok@sandbox.test", "renew": True},
    "post_conversations_id_merge": {"into": "cnv_ID"},
    "post_conversations_id_split": {"message_ids": ["msg_ID"]},
    "post_conversations_id_approve_sender": {"address": "bob@client.example"},
    "post_messages": {
        "to": [_CUSTOMER],
        "subject": "Your password",
        "text": "Somebody asked for a new one.",
    },
    "post_suppressions": {"address": "gone@client.example", "reason": "asked by phone"},
    "post_webhooks": {"url": "https://hooks.example.com/postroom", "types": ["message.received"]},
    "patch_webhooks_id": {"enabled": True},
    "post_webhooks_id_redeliver": {"since": "2026-11-01T00:00:00Z", "failed_only": True},
}

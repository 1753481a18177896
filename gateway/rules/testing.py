"""Test mode: a company beside a company, whose mail never leaves (pure).

What test keys make belongs to the *test company*: it has its own conversations, invoices, events,
webhooks and suppressions, so nothing of it can stand among the live ones. It bears the live
company's name and addresses, which a change of those brings along.
"""

from dataclasses import replace
from datetime import datetime

from gateway.rules import ids
from gateway.rules.model import Tenant

_TEST = "tst_"
KEPT_HERE = "test-mode"
"""Stands where the host of a next hop would, for a recipient outside of the sandbox."""
ROUTE = "test mode"
"""The queue's name of the way of all mail in test mode."""
FOLLOWED = ("name", "locale", "timezone", "brand", "attach_pdf", "pages", "email")
"""Fields that the test company has from the live one."""


def is_test(tenant_id: str) -> bool:
    """Say whether a company is a test company."""
    return tenant_id.startswith(_TEST)


def mirror_id_of(tenant_id: str) -> str:
    """Return the id of a company's test company; of a test company its own."""
    return tenant_id if is_test(tenant_id) else _TEST + tenant_id.removeprefix(ids.TENANT)


def live_id_of(tenant_id: str) -> str:
    """Return the id of the company that a test company stands beside; of others their own."""
    return ids.TENANT + tenant_id.removeprefix(_TEST) if is_test(tenant_id) else tenant_id


def mirror_of(live: Tenant, now: datetime) -> Tenant:
    """Return a new test company beside a live one."""
    return replace(
        reflected(live),
        number=0,
        notify_address=None,
        managed_by_file=False,
        created_at=now,
        updated_at=now,
        version=1,
    )


def reflected(live: Tenant) -> Tenant:
    """Return a company as its test company has what it follows; no secret is in it."""
    account = {**(live.email.get("account") or {}), "sealed": ""}
    email = {**live.email, "account": account, "failure": None} if live.email else {}
    return replace(live, id=mirror_id_of(live.id), email=email)

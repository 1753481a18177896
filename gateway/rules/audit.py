"""Who changed what: an entry of the audit log. Secrets and people's addresses are never in it."""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from gateway.rules.hooks import Webhook
from gateway.rules.model import Participant, Tenant
from gateway.rules.own_server import EmailSettings

KEPT = timedelta(days=3 * 365)
"""How long an entry is kept: claims about who did what fall under the usual limitation periods."""

_OURS = re.compile(r"pr_(?:live|test|admin)_[a-z2-7]{4}(?=[a-z2-7]{36}\Z)", re.ASCII)
_OWN_FIELDS = ("login", "host", "port", "from_address", "token_url", "client_id", "scope")

HARMLESS_OF_PROFILE = frozenset({"name", "slug", "locale", "timezone", "attach_pdf", "pages"})
"""Fields of a company's profile whose values the log holds."""
HARMLESS_OF_EMAIL = frozenset(
    {"method", "replies", "smtp.host", "smtp.port", "smtp.security", "smtp.auth"}
)
"""Fields of the email settings whose values the log holds."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change.

    kind: "key", "user", "link" (a one-time link to the Inbox), "invitation", "admin" (an admin
        key), "file", "command line", or "gateway" where nobody asked.
    id: of the key or user, "" where there is none.
    prefix: how a key made by us begins, enough to tell it from others.
    network: from which network, such as "192.0.2.7" or "2001:db8::/64"; "" if not over one.
    """

    kind: str
    id: str = ""
    prefix: str = ""
    network: str = ""


GATEWAY = Actor("gateway")
FILE = Actor("file")
COMMAND_LINE = Actor("command line")


@dataclass(frozen=True, slots=True)
class Changed:
    """The names of the fields changed; old and new values of those that are harmless."""

    fields: tuple[str, ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A change. tenant_id None: of the installation. subject: the id of what was changed."""

    id: str
    at: datetime
    tenant_id: str | None
    who: Actor
    action: str
    subject: str
    changed: Changed = Changed()


def prefix_of(secret: str) -> str:
    """Return how a key begins: 20 of its 200 bits; "" for one that was not made by us."""
    found = _OURS.match(secret)
    return found[0] if found else ""


def compared(
    before: Mapping[str, Any], after: Mapping[str, Any], harmless: AbstractSet[str] = frozenset()
) -> Changed:
    """Return what differs; the log holds the values of the `harmless` fields alone."""
    names = sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )
    shown = [name for name in names if name in harmless]
    return Changed(
        tuple(names),
        {name: before[name] for name in shown if name in before},
        {name: after[name] for name in shown if name in after},
    )


def profile_changes(before: Tenant, after: Tenant) -> Changed:
    """Return what differs of a company's profile."""
    return compared(_profile(before), _profile(after), HARMLESS_OF_PROFILE)


def email_changes(before: EmailSettings, after: EmailSettings) -> Changed:
    """Return what differs of the settings that people make."""
    return compared(_email(before), _email(after), HARMLESS_OF_EMAIL)


def webhook_changes(before: Webhook, after: Webhook) -> Changed:
    """Return what differs of an endpoint, whose address may hold a secret."""
    return compared(_webhook(before), _webhook(after), {"types", "enabled"})


def link_changes(before: Participant, after: Participant) -> Changed:
    """Return what differs of a customer's link, without saying whose it is."""
    old, new = _link(before), _link(after)
    return compared(old, new, old.keys())


def _profile(tenant: Tenant) -> dict[str, Any]:
    aside = {"id", "number", "created_at", "updated_at", "email", "version", "own_sender"}
    return {one.name: getattr(tenant, one.name) for one in fields(tenant) if one.name not in aside}


def _email(settings: EmailSettings) -> dict[str, Any]:
    account = {f"smtp.{name}": getattr(settings.account, name) for name in _OWN_FIELDS}
    return {
        "method": settings.method.value,
        "replies": settings.replies.value,
        "reminders": settings.reminders,
        **account,
        "smtp.security": settings.account.security.value,
        "smtp.auth": settings.account.auth.value,
        "smtp.secret": settings.account.sealed,
    }


def _webhook(webhook: Webhook) -> dict[str, Any]:
    return {
        "url": webhook.url,
        "types": list(webhook.types),
        "enabled": webhook.disabled is None,
        "secrets": webhook.secrets,
    }


def _link(person: Participant) -> dict[str, Any]:
    until = person.link_expires_at
    return {
        "issue": person.link_issue,
        "revoked": person.revoked,
        "expires_at": until.isoformat() if until else None,
    }

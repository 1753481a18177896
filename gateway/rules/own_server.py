"""A company's settings of how its mail leaves: by the gateway, or by its own SMTP account. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from gateway.rules.model import Tenant
from gateway.rules.reminders import NO_REMINDERS, ReminderRules, rules_of

_ROUTE = "own:"


class Method(StrEnum):
    """By what way a company's mail leaves."""

    GATEWAY = "gateway"
    SMTP = "smtp"


class Security(StrEnum):
    """How a connection with the company's server is made safe."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Replies(StrEnum):
    """Where customers' answers go to mail that left by the company's own server."""

    INBOX = "inbox"
    MAILBOX = "mailbox"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the company's server is not used for now. reply: its words."""

    since: str
    stage: str
    reply: str


@dataclass(frozen=True, slots=True)
class Account:
    """An SMTP account. sealed: its password as the vault keeps it, "" for none.

    tested_at: when a connection test of just this went well, RFC 3339, "" for never.
    """

    login: str = ""
    host: str = ""
    port: int = 587
    security: Security = Security.STARTTLS
    from_address: str = ""
    sealed: str = ""
    tested_at: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether mail can be sent by it."""
        return bool(self.host and self.sender and (self.sealed or not self.login))

    @property
    def sender(self) -> str:
        """The address that its mail comes from."""
        return self.from_address or (self.login if "@" in self.login else "")

    def is_same_place(self, other: "Account") -> bool:
        """Say whether a password given for the other may be used for this one."""
        mine = (self.host.lower(), self.port, self.login)
        return mine == (other.host.lower(), other.port, other.login)


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """How a company's mail leaves, where the answers go, and whom it reminds when."""

    method: Method = Method.GATEWAY
    account: Account = Account()
    replies: Replies = Replies.INBOX
    failure: Failure | None = None
    reminders: ReminderRules = NO_REMINDERS

    @property
    def uses_own_server(self) -> bool:
        """Whether mail leaves by the company's server."""
        return self.method is Method.SMTP


def settings_of(tenant: Tenant) -> EmailSettings:
    """Return a company's settings as its record keeps them."""
    kept: Mapping[str, Any] = tenant.email
    account = dict(kept.get("account") or {})
    failure = kept.get("failure")
    return EmailSettings(
        method=Method(kept.get("method", "gateway")),
        account=Account(**{**account, "security": Security(account.get("security", "starttls"))}),
        replies=Replies(kept.get("replies", "inbox")),
        failure=Failure(**failure) if failure else None,
        reminders=rules_of(tenant),
    )


def kept(settings: EmailSettings) -> Mapping[str, Any]:
    """Return the settings as a company's record keeps them: JSON values."""
    return asdict(settings)


def with_failure(settings: EmailSettings, stage: str, reply: str, now: datetime) -> EmailSettings:
    """Return the settings with the route paused, for what the server said at a stage."""
    return replace(settings, failure=Failure(now.isoformat(), stage, reply))


def own_route(tenant_id: str) -> str:
    """Return the queue's name of the way by a company's own server."""
    return f"{_ROUTE}{tenant_id}"


def route_of(tenant: Tenant) -> str | None:
    """Return the queue's name of the way by the company's own server, None without one."""
    return own_route(tenant.id) if settings_of(tenant).uses_own_server else None


def attaches_pdf(tenant: Tenant) -> bool:
    """Say whether a company's invoice mails bring the PDF itself along (contract §4)."""
    if tenant.attach_pdf == "smtp-only":
        return settings_of(tenant).uses_own_server
    return tenant.attach_pdf == "always"


def is_own_route(route: str) -> bool:
    """Say whether mail on this route leaves by a company's own server, and no other way."""
    return route.startswith(_ROUTE)


def vault_label(tenant_id: str) -> str:
    """Return what the vault is told that a company's SMTP password is about."""
    return f"smtp password {tenant_id}"

"""A company's settings of how its mail leaves: by the gateway, or by its own SMTP account. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
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


class Auth(StrEnum):
    """How one signs in at a company's server."""

    PASSWORD = "password"  # noqa: S105 (a word, no secret)
    OAUTH2 = "oauth2"


@dataclass(frozen=True, slots=True)
class OAuthSecrets:
    """What an access token is got with."""

    refresh_token: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)


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
    """An SMTP account. sealed: its secrets as the vault keeps them, "" for none.

    The secret is the password, or with OAUTH2 the JSON text of `OAuthSecrets`; then token_url,
    client_id and scope say where and for what an access token is asked for.
    tested_at: when a connection test of just this went well, RFC 3339, "" for never.
    """

    login: str = ""
    host: str = ""
    port: int = 587
    security: Security = Security.STARTTLS
    from_address: str = ""
    sealed: str = ""
    tested_at: str = ""
    auth: Auth = Auth.PASSWORD
    token_url: str = ""
    client_id: str = ""
    scope: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether mail can be sent by it."""
        has_secret = bool(self.sealed or not self.login)
        if self.auth is Auth.OAUTH2:
            has_secret = bool(self.sealed and self.login and self.token_url and self.client_id)
        return bool(self.host and self.sender and has_secret)

    @property
    def sender(self) -> str:
        """The address that its mail comes from."""
        return self.from_address or (self.login if "@" in self.login else "")

    def is_same_place(self, other: "Account") -> bool:
        """Say whether a secret given for the other may be used for this one."""
        return self.place == other.place

    @property
    def place(self) -> tuple[object, ...]:
        """Where the secret goes: what it may be used for."""
        where = (self.host.lower(), self.port, self.login, self.auth)
        return (*where, self.token_url, self.client_id) if self.auth is Auth.OAUTH2 else where


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
        account=Account(
            **{
                **account,
                "security": Security(account.get("security", "starttls")),
                "auth": Auth(account.get("auth", "password")),
            }
        ),
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

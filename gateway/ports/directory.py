"""Companies, keys, logins, repeats and small facts, as the store keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from gateway.ports.lists import Listed, Page
from gateway.rules.credentials import ApiKey, Login
from gateway.rules.model import Tenant


class Tenants(Protocol):
    """Companies. The house company (`HOUSE_TENANT_ID`) exists from the first migration on."""

    def add(self, tenant: Tenant) -> Tenant:
        """Add it and return it with its `number`; raises Taken("slug")."""

    def get(self, tenant_id: str) -> Tenant | None:
        """Return it, or None if unknown or removed."""

    def by_slug(self, slug: str) -> Tenant | None:
        """Return it, or None."""

    def by_number(self, number: int) -> Tenant | None:
        """Return it, or None."""

    def all(self) -> Sequence[Tenant]:
        """Return every company but the house, by number."""

    def page(self, page: Page) -> Listed[Tenant]:
        """Return companies but the house, newest first."""

    def change(self, tenant: Tenant) -> Tenant:
        """Store the fields and return it with `version` + 1; raises Taken, Stale (version)."""

    def remove(self, tenant_id: str, now: datetime) -> bool:
        """Mark it removed, revoke its keys and logins, cancel its deliveries."""


class Keys(Protocol):
    """API keys, submission logins, links and sessions of the Inbox."""

    def add(self, key: ApiKey) -> None:
        """Add an API key."""

    def find(self, key_hash: str, now: datetime) -> ApiKey | None:
        """Return the key with that hash unless it was revoked or has expired."""

    def all(self, tenant_id: str | None) -> Sequence[ApiKey]:
        """Return a company's keys, revoked ones too; None: everybody's and the admin keys."""

    def revoke(self, key_id: str, now: datetime) -> bool:
        """Revoke; False if unknown."""

    def touch(self, key_id: str, now: datetime) -> None:
        """Note the last use (callers do so at most once a minute)."""

    def add_login(self, login: Login) -> None:
        """Add or replace a login; raises Taken("username", holder) if another company has it."""

    def login(self, username: str) -> Login | None:
        """Return it unless revoked."""

    def logins(self, tenant_id: str | None) -> Sequence[Login]:
        """Return the logins of a company, revoked ones too; None: all."""

    def revoke_login(self, username: str, now: datetime) -> bool:
        """Revoke; False if unknown."""

    def put_session(
        self, session_hash: str, kind: str, tenant_id: str, data: Mapping[str, Any], until: datetime
    ) -> None:
        """Keep a one-time link (kind "link") or a browser session (kind "session")."""

    def session(self, session_hash: str, kind: str, now: datetime) -> Mapping[str, Any] | None:
        """Return its data with "tenant_id" added, or None if unknown or past."""

    def end_session(self, session_hash: str) -> bool:
        """Remove it; True for exactly one caller, so a one-time link works once."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered to a request with an Idempotency-Key; body: JSON text."""

    request_hash: str
    status: int
    body: str
    headers: Mapping[str, str]


class Repeats(Protocol):
    """Idempotency keys of HTTP and submission."""

    def get(self, tenant_id: str, key: str, now: datetime) -> Answered | None:
        """Return what was answered, or None if the key is new or past."""

    def put(self, tenant_id: str, key: str, answered: Answered, until: datetime) -> bool:
        """Keep the answer; False if the key was used by somebody else in the meantime."""


class Facts(Protocol):
    """Small facts of the installation, such as the secret's fingerprint; strings by name."""

    def get(self, name: str) -> str | None:
        """Return it, or None."""

    def put(self, name: str, value: str) -> None:
        """Keep it."""

    def under(self, prefix: str, most: int) -> Mapping[str, str]:
        """Return those whose names begin so, in the order of their names, `most` at most."""

    def remove(self, name: str) -> bool:
        """Forget it; False if it wasn't there."""

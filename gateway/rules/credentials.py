"""What opens the gateway to a program: API keys and submission logins, as they are kept."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as kept: its hash, never itself. tenant_id None: an admin key.

    revoked_at: when it stops to work; in the future for a key that expires.
    """

    id: str
    tenant_id: str | None
    scopes: tuple[str, ...]
    hash: str
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    managed_by_file: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """A submission login; `hash` is a password hash."""

    username: str
    tenant_id: str
    hash: str
    created_at: datetime
    revoked_at: datetime | None = None
    managed_by_file: bool = False

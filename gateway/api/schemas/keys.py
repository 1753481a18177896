"""API keys of a company."""

from datetime import timedelta
from typing import Annotated, Literal, get_args

from pydantic import Field

from gateway.api.schemas.base import Given, Instant, Taken, one_of

Scope = Literal["send", "inbox:read", "inbox:write", "settings"]
_MOST_DAYS = 3650


def _every() -> list[Scope]:
    return list(get_args(Scope))


class KeyTaken(Taken):
    """A key that is to be made. kind `test`: for tests, no mail of it leaves the gateway."""

    kind: Literal["live", "test"] = "live"
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=4, default_factory=_every)]
    expires_in_days: Annotated[int, Field(ge=1, le=_MOST_DAYS)] | None = None

    @property
    def life(self) -> timedelta | None:
        """How long it works; None: until it is revoked."""
        return timedelta(days=self.expires_in_days) if self.expires_in_days else None


class KeyShown(Given):
    """A key, without its secret, which nobody knows. `ends_at`: revoked, or when it expires."""

    id: str
    kind: Annotated[str, one_of("live", "test")]
    scopes: list[str]
    created_at: Instant
    last_used_at: Instant | None
    ends_at: Instant | None
    managed_by_file: bool


class KeyAdded(KeyShown):
    """A new key; `api_key` is shown this once."""

    api_key: str


class KeysShown(Given):
    """All keys of a company."""

    data: list[KeyShown]
    next_cursor: str | None = None

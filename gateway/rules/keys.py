"""What kind of key it is, and whether it opens anything."""

from datetime import datetime
from enum import StrEnum

from gateway.rules.credentials import ApiKey
from gateway.rules.testing import is_test


class Kind(StrEnum):
    """For what a key is."""

    LIVE = "live"
    TEST = "test"
    ADMIN = "admin"


_PREFIXES = {Kind.LIVE: "pr_live_", Kind.TEST: "pr_test_", Kind.ADMIN: "pr_admin_"}


def kind_of(key: ApiKey) -> Kind:
    """Return what kind of key it is, by whose it is."""
    return kind_for(key.tenant_id)


def kind_for(tenant_id: str | None) -> Kind:
    """Return the kind of a company's keys, None: of those for all companies."""
    if tenant_id is None:
        return Kind.ADMIN
    return Kind.TEST if is_test(tenant_id) else Kind.LIVE


def kind_of_text(key: str) -> Kind:
    """Return the kind that a key says it has; one that begins otherwise is live."""
    return next((kind for kind, begins in _PREFIXES.items() if key.startswith(begins)), Kind.LIVE)


def prefix_for(tenant_id: str | None) -> str:
    """Return how such keys begin, for scanners of leaked secrets and for people."""
    return _PREFIXES[kind_for(tenant_id)]


def works_at(key: ApiKey, now: datetime) -> bool:
    """Say whether a key is neither revoked nor expired."""
    return key.revoked_at is None or now < key.revoked_at

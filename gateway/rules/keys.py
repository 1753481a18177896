"""Whether a key opens anything."""

from datetime import datetime

from gateway.rules.model import ApiKey


def works_at(key: ApiKey, now: datetime) -> bool:
    """Say whether a key is neither revoked nor expired."""
    return key.revoked_at is None or now < key.revoked_at

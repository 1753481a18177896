"""What every journey is given: the store, the world, our names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.ports.blobs import Blobs
from gateway.ports.letters import Letters
from gateway.ports.routing import Ways
from gateway.ports.store import Store
from gateway.ports.vault import Vault
from gateway.ports.world import Chance, Clock
from gateway.rules import ids
from gateway.rules.bounce_rules import BounceRule
from gateway.rules.model import Event
from gateway.rules.names import Names
from gateway.rules.tokens import Keyring


@dataclass(slots=True)
class Refusals:
    """How refusals are read: by the admin's rules, which a reload may replace."""

    rules: tuple[BounceRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """Ports and plain values that journeys share."""

    store: Store
    blobs: Blobs
    clock: Clock
    chance: Chance
    keys: Keyring
    names: Names
    letters: Letters
    ways: Ways
    vault: Vault
    refusals: Refusals = field(default_factory=Refusals)

    def new_id(self, prefix: str, now: datetime) -> str:
        """Return a new id."""
        return ids.new_id(prefix, now, self.chance.octets(ids.RANDOM_OCTETS))

    def event(self, tenant_id: str, kind: str, now: datetime, about: Mapping[str, Any]) -> Event:
        """Return an event that is to be told."""
        return Event(self.new_id(ids.EVENT, now), tenant_id, kind, now, about)

    def new_ref(self) -> int:
        """Return 40 random bits for a participant."""
        return int.from_bytes(self.chance.octets(5), "big")

"""What every journey is given: the store, the world, our names."""

from dataclasses import dataclass
from datetime import datetime

from gateway.ports.blobs import Blobs
from gateway.ports.letters import Letters
from gateway.ports.store import Store
from gateway.ports.world import Chance, Clock
from gateway.rules import ids
from gateway.rules.names import Names
from gateway.rules.tokens import Keyring


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

    def new_id(self, prefix: str, now: datetime) -> str:
        """Return a new id."""
        return ids.new_id(prefix, now, self.chance.octets(ids.RANDOM_OCTETS))

    def new_ref(self) -> int:
        """Return 40 random bits for a participant."""
        return int.from_bytes(self.chance.octets(5), "big")

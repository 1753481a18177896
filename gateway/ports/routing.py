"""How the queue calls the way to a domain."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Way:
    """The way to a domain. name: what caps and turns are counted by; held: it waits there."""

    name: str
    held: bool = False


class Ways(Protocol):
    """Knows the way to each domain, by the admin's routes."""

    def way(self, domain: str) -> Way:
        """Return the way to a domain in lower case."""

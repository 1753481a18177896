"""What a service says of its own mail, to find it again: never sent, told back in events."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Labels:
    """Tags, and names with values."""

    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return bool(self.tags or self.metadata)


NO_LABELS = Labels()

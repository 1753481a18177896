"""What a reload changes, and what of it takes a restart. Pure."""

from dataclasses import dataclass

from gateway.settings.declaration import Entry, Table, dotted, entries
from gateway.settings.tree import Settings


@dataclass(frozen=True, slots=True)
class Changes:
    """Dotted names of the settings that differ.

    live: a reload applies them. restart: they hold from the next start on.
    """

    live: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.live or self.restart)


def diff(old: Settings, new: Settings) -> Changes:
    """Return which settings differ; an array of tables counts as one setting."""
    changed: list[tuple[str, Entry]] = []
    for name, table in entries(Settings).items():
        before, after = getattr(old, name), getattr(new, name)
        if not isinstance(table, Table) or table.many:
            changed += [(name, table)] if before != after else []
            continue
        changed += [
            (dotted((name, key)), entry)
            for key, entry in entries(table.record).items()
            if getattr(before, key) != getattr(after, key)
        ]
    return Changes(
        live=tuple(name for name, entry in changed if entry.live),
        restart=tuple(name for name, entry in changed if not entry.live),
    )

"""Names of settings, and what was meant by an unknown one."""

from functools import cache
from typing import Any

from gateway.settings.declaration import Entry, Key, Path, Table, dotted, entries, variable, walk
from gateway.settings.mistakes import label
from gateway.settings.tree import Settings

_LONGEST = 64


@cache
def declared() -> dict[Path, Entry]:
    """Return all declarations by path, in the order of the sample file."""
    return dict(walk(Settings))


@cache
def overridable() -> dict[str, Path]:
    """Return what the environment may override, by the name of its variable."""
    single = {
        path
        for path, entry in declared().items()
        if len(path) == 2 and (isinstance(entry, Key) or entry.many)
    }
    return {variable(path): path for path in declared() if path in single and path[0] != "tenant"}


def nearest(name: str, known: list[str]) -> str | None:
    """Return what of `known` looks most like `name`, or None."""
    from difflib import get_close_matches  # noqa: PLC0415 (slow to import, seldom needed)

    found = get_close_matches(name[:_LONGEST].lower(), known, n=1)
    return found[0] if found else None


def meant(table: Path, record: type[Any], name: str) -> str:
    """Return "; did you mean …?" for an unknown name in a table, or "" if nothing is near.

    A name that other tables know is taken for misplaced before it is taken for misspelt.
    """
    lowered = name.lower().replace("-", "_")
    if lowered in entries(record):
        return f"; did you mean {lowered}?"
    if elsewhere := [path for path in _top_keys() if path[-1] == lowered and path[:-1] != table]:
        return f"; did you mean {label(elsewhere[0])}?"
    if near := nearest(name, list(entries(record))):
        entry = entries(record)[near]
        if isinstance(entry, Table) and not table:
            near = f"[[{near}]]" if entry.many else f"[{near}]"
        return f"; did you mean {near}?"
    return ""


def _top_keys() -> list[Path]:
    return [path for path, entry in declared().items() if isinstance(entry, Key) and len(path) == 2]


def find(name: str) -> list[Path]:
    """Return the settings that an admin calls `name`, none if unknown.

    "relay.give_up_after", "[relay] give_up_after", "give_up_after" and
    "POSTROOM_RELAY__GIVE_UP_AFTER" are the same setting; the last part alone may name several.
    """
    if name in overridable():
        return [overridable()[name]]
    parts = tuple(name.replace("[", " ").replace("]", " ").replace(".", " ").lower().split())
    if parts in declared():
        return [parts]
    return [path for path in declared() if parts and path[-len(parts) :] == parts]


def similar(name: str) -> str | None:
    """Return the dotted name of the setting that looks most like `name`, or None."""
    known = {dotted(path): path for path in declared()}
    whole = nearest(name, list(known))
    if whole:
        return whole
    last = nearest(name.rpartition(".")[2], [path[-1] for path in known.values()])
    return next((text for text, path in known.items() if path[-1] == last), None)

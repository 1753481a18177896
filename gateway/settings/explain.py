"""What the admin is told of settings: their declaration, and what holds at present."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.settings.declaration import Entry, Key, Path, Table, dotted, entries, variable
from gateway.settings.kinds import Kind
from gateway.settings.load import Loaded
from gateway.settings.mistakes import label, toml
from gateway.settings.names import declared, overridable
from gateway.settings.sample import example
from gateway.settings.tree import Settings

REDACTED = "…"
_DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Holding:
    """A setting that holds. value: TOML, secrets redacted. source: its place, or "default"."""

    path: Path
    value: str
    source: str
    is_default: bool


def explain(path: Path) -> str:
    """Return everything that is declared about a setting or a table. Raises KeyError."""
    entry = declared()[path]
    if isinstance(entry, Table):
        return _explain_table(path, entry)
    rows = [
        ("type", entry.kind.name),
        ("default", _default(entry)),
        ("example", f"{entry.name} = {toml(example(entry))}"),
        ("override", variable(path) if path in overridable().values() else ""),
        ("change", "by reload (SIGHUP)" if entry.live else "by restart"),
        ("since", entry.since),
    ]
    return "\n".join([label(path), *_said(entry), *(f"  {row:<9} {v}" for row, v in rows if v)])


def _explain_table(path: Path, table: Table) -> str:
    name = f"[[{dotted(path)}]]" if table.many else f"[{dotted(path)}]"
    lines = [name, *_said(table), ""]
    for inner in entries(table.record).values():
        mark = "" if inner.available and table.available else " (not available in this version)"
        lines.append(f"  {inner.name}{mark}: {inner.says}")
    return "\n".join(lines)


def _said(entry: Entry) -> list[str]:
    lines = [f"  {entry.says}"]
    if not entry.available:
        lines.append("  Not available in this version: only the default is accepted.")
    return lines


def _default(key: Key) -> str:
    if key.required:
        return "none, it is required"
    return key.otherwise or toml(key.default)


def holdings(loaded: Loaded) -> Iterator[Holding]:
    """Yield every setting of the tables, and those of the array tables that are set."""
    for name, table in entries(Settings).items():
        if isinstance(table, Table) and not table.many:
            yield from _of_table(loaded, (name,), table)
    yield from _of_arrays(loaded)


def _of_table(loaded: Loaded, above: Path, table: Table) -> Iterator[Holding]:
    for name, key in entries(table.record).items():
        if isinstance(key, Key):
            raw = loaded.given.get((*above, name), key.default)
            is_set = (*above, name) in loaded.given
            yield Holding(
                path=(*above, name),
                value=redacted(key.kind, raw),
                source=str(loaded.place(*above, name)) if is_set else _DEFAULT,
                is_default=_holds_default(loaded, above, key),
            )


def _holds_default(loaded: Loaded, above: Path, key: Key) -> bool:
    value: object = loaded.settings
    for name in (*above, key.name):
        value = getattr(value, name)
    return bool(value == key.kind.parse(key.default))


def _of_arrays(loaded: Loaded) -> Iterator[Holding]:
    """Yield what stands in arrays of tables, with the row's number in its name."""
    known = declared()
    for address, raw in loaded.given.items():
        entry = known[tuple(part for part in address if isinstance(part, str))]
        if isinstance(entry, Key) and any(isinstance(part, int) for part in address):
            yield Holding(
                path=tuple(str(part) for part in address),
                value=redacted(entry.kind, raw),
                source=str(loaded.place(*address)),
                is_default=False,
            )


def redacted(kind: Kind[object], raw: object) -> str:
    """Return a value as TOML has it, without what is secret of it."""
    if not kind.secret or isinstance(raw, dict) or not raw:
        return toml(raw)
    return toml(kind.redact(str(raw)) if kind.redact else REDACTED)


def _header(table: Path) -> str:
    name = dotted(tuple(part for part in table if not part.isdigit()))
    return f"[[{name}]]" if table[-1].isdigit() else f"[{name}]"


def show(loaded: Loaded, *, non_default: bool = False) -> str:
    """Return what holds as TOML with the place of each setting, secrets redacted."""
    lines: list[str] = []
    table: Path = ()
    for holding in holdings(loaded):
        if non_default and holding.is_default:
            continue
        if holding.path[:-1] != table:
            table = holding.path[:-1]
            lines += [*([""] if lines else []), _header(table)]
        source = "" if holding.source == _DEFAULT else f"  # {holding.source}"
        lines.append(f"{holding.path[-1]} = {holding.value}{source}")
    return "\n".join(lines)

"""How settings are declared: once, with kind, default, description and example.

A table of the configuration is a frozen dataclass; each of its fields is made by one of
`setting`, `required`, `unset`, `table` and `tables`. The loader, the sample file, `config explain`
and the reload all read these declarations, so that none of them can disagree with another.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from gateway.settings.kinds import Kind

T = TypeVar("T")
FIRST = "0.1"
_METADATA = "setting"


@dataclass(frozen=True, slots=True)
class Key:
    """One setting.

    default: as TOML has it; None where there is none (`required`, or described by `otherwise`).
    says: for the admin; whole sentences.
    example: as TOML has it; the default serves where it is None.
    live: a reload applies it; else it takes a restart.
    available: whether this version has the feature; else only the default is accepted.
    since: the version that brought it.
    otherwise: what holds when it isn't set and has no default of its own.
    """

    kind: Kind[Any]
    default: object
    says: str
    example: object = None
    live: bool = False
    available: bool = True
    since: str = FIRST
    required: bool = False
    otherwise: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of settings, or with `many` an array of tables; `record` is its dataclass."""

    record: type[Any]
    says: str
    many: bool = False
    live: bool = False
    available: bool = True
    since: str = FIRST
    name: str = ""


Entry = Key | Table
Path = tuple[str, ...]
"""Names from the root of the configuration to a setting: ("relay", "give_up_after")."""


def setting(
    kind: Kind[T],
    default: object,
    says: str,
    *,
    example: object = None,
    live: bool = False,
    available: bool = True,
    since: str = FIRST,
) -> T:
    """Declare a setting with a default; the field's type is that of `kind`."""
    declared = Key(kind, default, says, example, live, available, since)
    return field(default=kind.parse(default), metadata={_METADATA: declared})


def unset(
    kind: Kind[T],
    otherwise: str,
    says: str,
    *,
    example: object,
    live: bool = False,
    available: bool = True,
    since: str = FIRST,
) -> T | None:
    """Declare a setting that is None unless set; `otherwise` says what holds then."""
    declared = Key(kind, None, says, example, live, available, since, otherwise=otherwise)
    return field(default=None, metadata={_METADATA: declared})


def required(kind: Kind[T], says: str, *, example: object, live: bool = False) -> T:
    """Declare a setting that its table can't do without."""
    declared = Key(kind, None, says, example, live, required=True)
    found: T = field(metadata={_METADATA: declared})
    return found


def table(record: type[T], says: str, *, live: bool = False, available: bool = True) -> T:
    """Declare a table inside another, or at the root."""
    declared = Table(record, says, live=live, available=available)
    return field(default=record(), metadata={_METADATA: declared})


def tables(
    record: type[T], says: str, *, live: bool = False, available: bool = True
) -> tuple[T, ...]:
    """Declare an array of tables, empty by default."""
    declared = Table(record, says, many=True, live=live, available=available)
    return field(default=(), metadata={_METADATA: declared})


def entries(record: type[Any]) -> dict[str, Entry]:
    """Return what `record` declares, by name, in its order."""
    return {
        found.name: replace(found.metadata[_METADATA], name=found.name) for found in fields(record)
    }


def walk(record: type[Any], above: Path = ()) -> Iterator[tuple[Path, Entry]]:
    """Yield every declaration with its path, a table before what stands in it.

    What is live or not available as a table is so in all its settings.
    """
    for name, entry in entries(record).items():
        yield (*above, name), entry
        if isinstance(entry, Table):
            for path, inner in walk(entry.record, (*above, name)):
                yield (
                    path,
                    replace(
                        inner,
                        live=inner.live or entry.live,
                        available=inner.available and entry.available,
                    ),
                )


def dotted(path: Path) -> str:
    """Return the name as people write it: "relay.give_up_after"."""
    return ".".join(path)


def variable(path: Path) -> str:
    """Return the variable of the environment that overrides a setting."""
    return "POSTROOM_" + "__".join(path).upper()

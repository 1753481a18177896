"""What is wrong in a configuration, and where; all of it is told at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from gateway.mail.errors import ConfigError
from gateway.settings.positions import Address, Position

ENVIRONMENT = "environment"
_SHOWN = 60
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value comes from: a file, with its line and column, or "$POSTROOM_…"."""

    source: str
    position: Position | None = None

    @property
    def group(self) -> str:
        """Return the heading that mistakes of this place stand under."""
        return ENVIRONMENT if self.source.startswith("$") else self.source

    def __str__(self) -> str:
        if self.position is None:
            return self.source
        return f"{self.source}:{self.position.line}:{self.position.column}"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that the admin has to change. text: "[relay] retry is empty: write …"."""

    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class BadSettings(ConfigError):  # noqa: N818 (said to the admin, in the admin's words)
    """A configuration that can't be used; `mistakes` in the order of its files and lines."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        found = dict.fromkeys(mistakes)
        groups = [*dict.fromkeys(mistake.place.group for mistake in found)]
        groups.sort(key=ENVIRONMENT.__eq__)
        self.mistakes = tuple(
            sorted(
                found,
                key=lambda mistake: (
                    groups.index(mistake.place.group),
                    mistake.place.position or Position(0, 0),
                ),
            )
        )
        super().__init__(self.format())

    def format(self) -> str:
        """Return all of them, those of a file under its name, without a line break at the end."""
        lines = []
        for name, group in groupby(self.mistakes, lambda mistake: mistake.place.group):
            told = list(group)
            lines.append(f"{name}: {len(told)} mistake{'s' if len(told) > 1 else ''}")
            lines += [f"  {mistake}" for mistake in told]
        return "\n".join(lines)


def label(address: Address) -> str:
    """Return a setting as mistakes name it: "[relay.routes] domain", or "[relay]" for a table.

    A key outside of all tables stands alone.
    """
    *tables, name = [part for part in address if isinstance(part, str)]
    table = ".".join(shown_key(part) for part in tables)
    return f"[{table}] {shown_key(name)}" if table else shown_key(name)


def shown_key(name: str) -> str:
    """Return a key as TOML has it, cut where it is long."""
    if name.isascii() and name.replace("-", "").replace("_", "").isalnum():
        return name if len(name) <= _SHOWN else name[:_SHOWN] + "…"
    return shown(name)


def shown(raw: object) -> str:
    """Return a value as TOML has it, on one line, cut where it is long."""
    text = toml(raw)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def toml(raw: object) -> str:
    """Return a value of TOML in one line, with all that does not print escaped."""
    match raw:
        case bool():
            return "true" if raw else "false"
        case str():
            return '"' + "".join(map(_escaped, raw)) + '"'
        case list() | tuple():
            return "[" + ", ".join(map(toml, raw)) + "]"
        case dict():
            pairs = [f"{shown_key(str(name))} = {toml(value)}" for name, value in raw.items()]
            return "{ " + ", ".join(pairs) + " }" if pairs else "{}"
        case _:
            return str(raw)


def _escaped(char: str) -> str:
    if char.isprintable() and char not in '"\\':
        return char
    if char in _ESCAPES:
        return _ESCAPES[char]
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"

"""Overrides from the environment: POSTROOM_SERVER__DATA_DIR. Pure."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.settings.declaration import Key
from gateway.settings.kinds import Shape
from gateway.settings.mistakes import Mistake, Place, label
from gateway.settings.names import declared, nearest, overridable

_PREFIX = "POSTROOM_"


@dataclass(frozen=True, slots=True)
class Override:
    """A value from the environment, as TOML would have it."""

    table: str
    name: str
    raw: object
    place: Place


def overrides(environ: Mapping[str, str]) -> Iterator[Override | Mistake]:
    """Yield what the environment sets, and what it tries to set that is no setting.

    Only names with "__" are settings: POSTROOM_CONFIG and the like are something else.
    """
    for variable in sorted(environ):
        if not variable.startswith(_PREFIX) or "__" not in variable:
            continue
        place = Place("$" + variable)
        path = overridable().get(variable)
        if path is None:
            yield Mistake(place, _unknown(variable))
        else:
            table, name = path
            yield Override(table, name, _raw(environ[variable], _shape(path)), place)


def _unknown(variable: str) -> str:
    table, _, name = variable.removeprefix(_PREFIX).lower().partition("__")
    what = label((table, name)) if table and name else variable
    near = nearest(variable.lower(), [known.lower() for known in overridable()])
    return f"{what} is not a setting" + (f"; did you mean {near.upper()}?" if near else "")


def _shape(path: tuple[str, ...]) -> Shape:
    entry = declared()[path]
    return entry.kind.shape if isinstance(entry, Key) else Shape.LIST


def _raw(text: str, shape: Shape) -> object:
    """Return the value of a variable: TOML where it looks like it, else the text itself."""
    text = text.strip()
    match shape:
        case Shape.TEXT if text[:1] in {'"', "'", "{"}:
            return _toml(text)
        case Shape.TEXT:
            return text
        case Shape.LIST if text.startswith("["):
            return _toml(text)
        case Shape.LIST:
            return [element.strip() for element in text.split(",") if element.strip()]
        case Shape.BARE:
            return _toml(text)


def _toml(text: str) -> object:
    try:
        found = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return found["value"] if found.keys() == {"value"} else text

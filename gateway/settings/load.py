"""Finds the configuration, reads it with its overrides, and tells all mistakes at once."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.settings.agreement import contradictions
from gateway.settings.environment import overrides
from gateway.settings.mistakes import BadSettings, Mistake, Place, shown_key
from gateway.settings.positions import Address
from gateway.settings.reading import Reading
from gateway.settings.texts import Content, Text, content_of, parse
from gateway.settings.tree import Settings

EMBEDDED = "embedded defaults"
USUAL_PLACES = (Path("config/postroom.toml"), Path("/etc/postroom/postroom.toml"))
COMPANIES = "tenants.d"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that holds together.

    file: None where the embedded defaults serve.
    given: what was set, as TOML has it, by address; the rest are defaults.
    places: where it was set.
    """

    settings: Settings
    file: Path | None
    given: Mapping[Address, object]
    places: Mapping[Address, Place]

    @property
    def source(self) -> str:
        """Return what to call the configuration as a whole."""
        return str(self.file or EMBEDDED)

    def place(self, *address: str | int) -> Place:
        """Return where a setting stands, else its table, else the configuration."""
        return _nearest(self.places, address, self.source)


@dataclass(slots=True)
class _Gathered:
    """What files and environment hold together, before it is judged.

    whole: every file could be read.
    """

    tree: dict[str, Any] = field(default_factory=dict)
    places: dict[Address, Place] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    whole: bool = True


def find(
    config: Path | None,
    environ: Mapping[str, str],
    usual: tuple[Path, ...] = USUAL_PLACES,
) -> Path | None:
    """Return the configuration that holds: the one named, else $POSTROOM_CONFIG, else a usual one.

    None where there is none, so that the embedded defaults serve. What was named is returned
    even where it is missing.
    """
    if config is not None:
        return config
    if named := environ.get("POSTROOM_CONFIG"):
        return Path(named)
    return next((file for file in usual if file.exists()), None)


def load(config: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Loaded:
    """Return the settings of files and environment.

    config: what `--config` names, if anything.

    Raises BadSettings with all mistakes.
    """
    environ = os.environ if environ is None else environ
    file = find(config, environ)
    texts = {} if file is None else {str(file): content_of(file)}
    companies = (
        {} if file is None else {str(name): content_of(name) for name in _files_of_companies(file)}
    )
    return read(texts, companies, environ=environ, file=file)


def read(
    texts: Mapping[str, Content],
    companies: Mapping[str, Content] | None = None,
    *,
    environ: Mapping[str, str],
    file: Path | None = None,
) -> Loaded:
    """Return the settings of texts by their names, at most one, and those of files of companies.

    An OSError stands for a file that can't be read. Raises BadSettings.
    """
    gathered = _Gathered()
    for name, text in texts.items():
        _add(gathered, parse(name, text))
    for name, text in (companies or {}).items():
        _add_companies(gathered, parse(name, text))
    _override(gathered, environ)

    reading = Reading(environ)
    settings = reading.table(Settings, gathered.tree)
    source = next(iter(texts), EMBEDDED)
    mistakes = gathered.mistakes + [
        Mistake(_nearest(gathered.places, found.address, source), found.text)
        for found in reading.found
    ]
    if settings is not None and gathered.whole:
        mistakes += _disagreements(settings, gathered.places, reading.doubtful, source)
    if mistakes or settings is None:
        raise BadSettings(mistakes)
    return Loaded(settings, file, reading.given, gathered.places)


def _files_of_companies(file: Path) -> Iterator[Path]:
    yield from sorted((file.parent / COMPANIES).glob("*.toml"))


def _add(gathered: _Gathered, parsed: Text | Mistake) -> None:
    if isinstance(parsed, Mistake):
        gathered.mistakes.append(parsed)
        gathered.whole = False
        return
    gathered.tree |= parsed.tree
    gathered.places |= parsed.places


def _add_companies(gathered: _Gathered, parsed: Text | Mistake) -> None:
    """Put the companies of a file behind those that are there."""
    if isinstance(parsed, Mistake):
        gathered.mistakes.append(parsed)
        return
    for key in parsed.tree.keys() - {"tenant"}:
        text = f"{shown_key(key)} has no place here: a file of {COMPANIES} holds [[tenant]] only"
        gathered.mistakes.append(Mistake(parsed.places[key,], text))
    rows = parsed.tree.get("tenant", [])
    there = gathered.tree.setdefault("tenant", [])
    if not isinstance(rows, list):
        text = "[tenant] is not an array of tables: write [[tenant]] above each"
        gathered.mistakes.append(Mistake(parsed.places["tenant",], text))
    elif isinstance(there, list):
        base = len(there)
        gathered.tree["tenant"] = [*there, *rows]
        for address, place in parsed.places.items():
            match address:
                case ("tenant", int(index), *rest):
                    gathered.places["tenant", base + index, *rest] = place


def _override(gathered: _Gathered, environ: Mapping[str, str]) -> None:
    for override in overrides(environ):
        if isinstance(override, Mistake):
            gathered.mistakes.append(override)
            continue
        table = gathered.tree.setdefault(override.table, {})
        if isinstance(table, dict):
            address = (override.table, override.name)
            gathered.tree[override.table] = {**table, override.name: override.raw}
            below = [known for known in gathered.places if known[:2] == address]
            for known in below:
                del gathered.places[known]
            gathered.places[address] = override.place


def _nearest(places: Mapping[Address, Place], address: Address, source: str) -> Place:
    for length in range(len(address), -1, -1):
        if address[:length] in places:
            return places[address[:length]]
    return Place(source)


def _disagreements(
    settings: Settings, places: Mapping[Address, Place], doubtful: set[Address], source: str
) -> Iterator[Mistake]:
    for found in contradictions(settings):
        if any(
            address[:length] in doubtful
            for address in found.between
            for length in range(len(address) + 1)
        ):
            continue
        written = next((address for address in found.between if address in places), None)
        place = _nearest(places, written or found.between[0], source)
        yield Mistake(place, found.text)

"""Finds the configuration, reads it with its overrides, and tells all mistakes at once."""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gateway.rules.bounce_rules import BounceRule
from gateway.settings.agreement import contradictions
from gateway.settings.bounce_rules import BOUNCE_RULES, read_rules
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
    """A configuration as it was read.

    file: None where the embedded defaults serve.
    given: what was set, as TOML has it, by address; the rest are defaults.
    places: where it was set.
    mistakes: what is wrong with it; `load` returns none that has any.
    doubtful: what a mistake left at its default; `()` stands for all.
    bounce_rules: of the file beside it, in their order.
    """

    settings: Settings
    file: Path | None
    given: Mapping[Address, object]
    places: Mapping[Address, Place]
    mistakes: tuple[Mistake, ...] = ()
    doubtful: Collection[Address] = frozenset()
    bounce_rules: tuple[BounceRule, ...] = ()

    @property
    def source(self) -> str:
        """Return what to call the configuration as a whole."""
        return str(self.file or EMBEDDED)

    def place(self, *address: str | int) -> Place:
        """Return where a setting stands, else its table, else the configuration."""
        return _nearest(self.places, address, self.source)

    def doubts(self, address: Address) -> bool:
        """Say whether a setting may hold something else than was written."""
        return any(address[:length] in self.doubtful for length in range(len(address) + 1))


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
    return next((file for file in usual if _is_there(file)), None)


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except OSError:
        return True  # it can't be read, and its admin wants to know rather than run on defaults


def load(config: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Loaded:
    """Return the settings of files and environment.

    config: what `--config` names, if anything.

    Raises BadSettings with all mistakes.
    """
    loaded = examine(config, environ=environ)
    if loaded.mistakes:
        raise BadSettings(loaded.mistakes)
    return loaded


def examine(config: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Loaded:
    """Return the settings of files and environment with the mistakes in them."""
    environ = os.environ if environ is None else environ
    file = find(config, environ)
    if file is None:
        return read(None, None, {}, environ)
    loaded = read(file, content_of(file), _companies_beside(file), environ)
    return _with_bounce_rules(loaded, file.with_name(BOUNCE_RULES))


def read(
    file: Path | None,
    content: Content | None,
    companies: Mapping[str, Content],
    environ: Mapping[str, str],
) -> Loaded:
    """Return the settings of what files hold, the mistakes noted.

    content: of `file`, or None where there is none.
    companies: the files of companies by name.
    """
    source = str(file or EMBEDDED)
    gathered = _Gathered()
    if content is not None:
        _add(gathered, parse(source, content))
    for name, text in companies.items():
        _add_companies(gathered, parse(name, text))
    _override(gathered, environ)

    reading = Reading(environ, doubtful=set() if gathered.whole else {()})
    settings = reading.table(Settings, gathered.tree) or Settings()
    mistakes = gathered.mistakes + [
        Mistake(_nearest(gathered.places, found.address, source), found.text)
        for found in reading.found
    ]
    loaded = Loaded(
        settings, file, reading.given, gathered.places, doubtful=frozenset(reading.doubtful)
    )
    return replace(loaded, mistakes=(*mistakes, *_disagreements(loaded)))


def _with_bounce_rules(loaded: Loaded, file: Path) -> Loaded:
    content = content_of(file)
    if isinstance(content, FileNotFoundError | NotADirectoryError):
        return loaded
    rules, mistakes = read_rules(str(file), content)
    return replace(loaded, bounce_rules=rules, mistakes=(*loaded.mistakes, *mistakes))


def _companies_beside(file: Path) -> dict[str, Content]:
    directory = file.parent / COMPANIES
    try:
        names = sorted(directory.iterdir())
    except FileNotFoundError:
        return {}
    except OSError as error:
        return {str(directory): error}
    return {
        str(name): content_of(name)
        for name in names
        if name.suffix == ".toml" and not name.name.startswith(".")
    }


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


def _disagreements(loaded: Loaded) -> Iterator[Mistake]:
    for found in contradictions(loaded.settings):
        if not any(map(loaded.doubts, found.between)):
            written = next((each for each in found.between if each in loaded.places), None)
            yield Mistake(loaded.place(*(written or found.between[0])), found.text)

"""From what TOML holds to typed settings; every mistake is kept, none ends the reading."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from gateway.settings.declaration import Key, Table, entries
from gateway.settings.kinds import Kind
from gateway.settings.mistakes import label, shown, shown_key, toml
from gateway.settings.names import meant
from gateway.settings.positions import Address
from gateway.settings.values import Secret, Unfit, UnfitElements

T = TypeVar("T")
_LONGEST_SECRET = 16 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """A mistake that has yet to be given its place."""

    address: Address
    text: str


@dataclass(slots=True)
class Reading:
    """One reading of one configuration.

    found: the mistakes. given: the values that were set, as TOML has them, by address.
    doubtful: settings that hold less than what was written, so nothing follows from them.
    """

    environ: Mapping[str, str]
    found: list[Found] = field(default_factory=list)
    given: dict[Address, object] = field(default_factory=dict)
    doubtful: set[Address] = field(default_factory=set)

    def table(self, record: type[T], raw: object, at: Address = ()) -> T | None:
        """Return the record of a table, with defaults for what is wrong or not set.

        None if it is no table or lacks something that has no default.
        """
        if not isinstance(raw, dict):
            self._wrong(at, f"{label(at)} = {shown(raw)} is not a table: {_as_header(at)}")
            return None
        known = entries(record)
        values: dict[str, Any] = {}
        whole = True
        for name, value in raw.items():
            address = (*at, name)
            match known.get(name):
                case None:
                    self._unknown(record, address, value)
                case Key() as key:
                    self._key(key, value, address, values)
                case Table(many=False) as table:
                    self._single(table, value, address, values)
                case Table() as table:
                    values[name] = self._many(table, value, address)
        for name, entry in known.items():
            if isinstance(entry, Key) and entry.required and name not in values:
                whole = False
                if name not in raw:
                    self._wrong(at, f"{label((*at, name))} is missing")
        return record(**values) if whole else None

    def _wrong(self, address: Address, text: str) -> None:
        self.found.append(Found(address, text))

    def _unknown(self, record: type[Any], address: Address, value: object) -> None:
        *above, name = address
        table = tuple(part for part in above if isinstance(part, str))
        hint = meant(table, record, str(name))
        if isinstance(value, dict) or (isinstance(value, list) and not table):
            header = ".".join(shown_key(part) for part in (*table, str(name)))
            text = f"[{header}] is not a table of settings"
        else:
            text = f"{label(address)} is not a setting"
        self._wrong(address, text + hint)

    def _key(self, key: Key, raw: object, at: Address, values: dict[str, Any]) -> None:
        self.given[at] = raw
        try:
            value = key.kind.parse(self._resolved(key.kind, raw))
        except Unfit as unfit:
            self._unfit(key.kind, raw, at, unfit)
            self.doubtful.add(at)
            return
        if key.available or value == _default(key):
            values[key.name] = value
        else:
            self._wrong(at, f"{label(at)} {_refusal(key)}")
            self.doubtful.add(at)

    def _unfit(self, kind: Kind[Any], raw: object, at: Address, unfit: Unfit) -> None:
        if kind.secret:
            self._wrong(at, f"{label(at)} {unfit}")
        elif isinstance(unfit, UnfitElements):
            for index, element, text in unfit.elements:
                self._wrong((*at, index), f"{label(at)}: {shown(element)} {text}")
        else:
            self._wrong(at, f"{label(at)} = {shown(raw)} {unfit}")

    def _single(self, table: Table, raw: object, at: Address, values: dict[str, Any]) -> None:
        value = self.table(table.record, raw, at)
        if value is None:
            return
        if table.available or value == table.record():
            values[table.name] = value
        else:
            self._wrong(at, f"{label(at)} is not available in this version; leave it out")

    def _many(self, table: Table, raw: object, at: Address) -> tuple[Any, ...]:
        if not isinstance(raw, list):
            self._wrong(
                at, f"{label(at)} is not an array of tables: write [[{_dotted(at)}]] above each"
            )
            return ()
        rows = [self.table(table.record, row, (*at, index)) for index, row in enumerate(raw)]
        if None in rows:
            self.doubtful.add(at)
        return tuple(row for row in rows if row is not None)

    def _resolved(self, kind: Kind[Any], raw: object) -> object:
        if not (kind.secret and isinstance(raw, dict)):
            return raw
        match raw:
            case {"env": str(name), **rest} if name and not rest:
                return self._from_environment(name)
            case {"file": str(name), **rest} if name and "\0" not in name and not rest:
                return raw if kind.made else _from_file(Path(name))
            case _:
                raise Unfit('is not a secret: write a string, { file = "…" } or { env = "…" }')

    def _from_environment(self, name: str) -> Secret:
        text = self.environ.get(name, "").strip()
        if not text:
            raise Unfit(f"is kept in the environment, but {shown_key(name)} is not set there")
        return Secret(text, env=name)


def _from_file(file: Path) -> Secret:
    try:
        with file.open(encoding="utf-8") as stream:
            text = stream.read(_LONGEST_SECRET + 1).strip()
    except OSError as error:
        raise Unfit(f"is kept in {toml(str(file))}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise Unfit(f"is kept in {toml(str(file))}, which is not text") from None
    if not text or len(text) > _LONGEST_SECRET:
        raise Unfit(f"is kept in {toml(str(file))}, which is {'too long' if text else 'empty'}")
    return Secret(text, file=file)


def _default(key: Key) -> object:
    return None if key.default is None else key.kind.parse(key.default)


def _refusal(key: Key) -> str:
    if key.default is None:
        return "is not available in this version; leave it out"
    return f"is not available in this version; leave it at its default {shown(key.default)}"


def _as_header(at: Address) -> str:
    name = _dotted(at)
    return f"write [{name}] on a line of its own and its settings below" if name else "write one"


def _dotted(at: Address) -> str:
    return ".".join(part for part in at if isinstance(part, str))

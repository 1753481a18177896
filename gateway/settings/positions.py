"""Where each key of a TOML text stands; `tomllib` tells it of syntax errors only. Pure.

The scanner reads text that `tomllib` has accepted, so it only has to find the ends of things,
not to judge them. It never goes back, so its time is linear.
"""

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass

Address = tuple[str | int, ...]
"""Keys and indexes from the root of the text to a value: ("relay", "routes", 0, "domain")."""

# Possessive, so that no text makes the engine go back.
_BLANK = re.compile(r"(?:[ \t\n\r]++|#[^\n]*+)*+")
_BARE = re.compile(r"[A-Za-z0-9_-]++")
_TEXTS = {
    '"""': re.compile(r'"""(?:[^"\\]++|\\.|"(?!""))*+"{3,5}', re.DOTALL),
    "'''": re.compile(r"'''(?:[^']++|'(?!''))*+'{3,5}"),
    '"': re.compile(r'"(?:[^"\\]++|\\.)*+"'),
    "'": re.compile(r"'[^']*+'"),
}
_SCALAR = re.compile(r"[^,\]}#\n]++")
# What `tomllib` says of a string that nobody closed.
_PLAINER = {r"Illegal character '\n'": "The line ends before the string does"}


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text, both counted from 1; the column in characters."""

    line: int
    column: int


def positions(text: str) -> dict[Address, Position]:
    """Return the place of every table, key and array element of a valid TOML text.

    A table has the place of its header, or of the first key that speaks of it; an element of an
    array its own. Raises RecursionError where arrays or inline tables stand too deep in another.
    """
    scanner = _Scanner(text)
    scanner.document()
    starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def position(offset: int) -> Position:
        line = bisect_right(starts, offset)
        return Position(line, offset - starts[line - 1] + 1)

    return {address: position(offset) for address, offset in scanner.offsets.items()}


def syntax_error(error: ValueError, text: str) -> tuple[str, Position]:
    """Return what `tomllib` finds wrong, and where.

    It has the place in its message alone: "… (at line 1, column 5)" or "(at end of document)".
    """
    what, _, place = str(error).rpartition(" (at ")
    what = _PLAINER.get(what, what)
    words = place.rstrip(")").replace(",", "").split()
    if what and len(words) == 4 and words[1].isdigit() and words[3].isdigit():
        return what, Position(int(words[1]), int(words[3]))
    lines = text.rstrip("\n").split("\n")
    if what and words == ["end", "of", "document"]:
        return what + " at the end", Position(len(lines), len(lines[-1]) + 1)
    return str(error), Position(1, 1)


class _Scanner:
    """Goes once over a text; `offsets` says where each address was seen first."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.offsets: dict[Address, int] = {}
        self._counts: dict[Address, int] = {}

    def document(self) -> None:
        table: Address = ()
        while self._skip() < len(self._text):
            table = self._header() if self._peek("[") else self._pair(table)

    def _skip(self) -> int:
        if found := _BLANK.match(self._text, self._at):
            self._at = found.end()
        return self._at

    def _peek(self, mark: str) -> bool:
        return self._text.startswith(mark, self._at)

    def _take(self, mark: str) -> bool:
        if found := self._peek(mark):
            self._at += len(mark)
        return found

    def _note(self, address: Address, offset: int) -> None:
        self.offsets.setdefault(address, offset)

    def _header(self) -> Address:
        start = self._at
        many = self._take("[[") or not self._take("[")
        names = self._key()
        self._take("]]" if many else "]")
        address: Address = ()
        for name, _ in names[:-1]:
            address = (*address, name)
            self._note(address, start)
            if address in self._counts:
                address = (*address, self._counts[address] - 1)
        address = (*address, names[-1][0])
        self._note(address, start)
        if many:
            self._counts[address] = self._counts.get(address, 0) + 1
            address = (*address, self._counts[address] - 1)
            self._note(address, start)
        return address

    def _pair(self, table: Address) -> Address:
        address = table
        for name, offset in self._key():
            address = (*address, name)
            self._note(address, offset)
        self._take("=")
        self._value(address)
        return table

    def _key(self) -> list[tuple[str, int]]:
        names = []
        while True:
            start = self._skip()
            names.append((self._name(), start))
            self._skip()
            if not self._take("."):
                return names

    def _name(self) -> str:
        start = self._at
        if not self._text_literal():
            self._match(_BARE)
        name = self._text[start : self._at]
        if name.startswith('"') and "\\" in name:
            (unescaped,) = tomllib.loads(name + "=0")
            return str(unescaped)
        return name[1:-1] if name[:1] in {'"', "'"} else name

    def _value(self, address: Address) -> None:
        self._skip()
        if self._take("["):
            self._array(address)
        elif self._take("{"):
            self._inline_table(address)
        else:
            self._scalar()

    def _array(self, address: Address) -> None:
        index = 0
        while not self._closed("]"):
            self._note((*address, index), self._at)
            self._value((*address, index))
            index += 1

    def _inline_table(self, address: Address) -> None:
        while not self._closed("}"):
            self._pair(address)

    def _closed(self, bracket: str) -> bool:
        self._skip()
        self._take(",")
        return self._skip() >= len(self._text) or self._take(bracket)

    def _scalar(self) -> None:
        if not self._text_literal():
            self._match(_SCALAR)

    def _text_literal(self) -> bool:
        return any(self._peek(quotes) and self._match(whole) for quotes, whole in _TEXTS.items())

    def _match(self, pattern: re.Pattern[str]) -> bool:
        found = pattern.match(self._text, self._at)
        # Valid TOML always matches; one character on is what keeps a loop from standing still.
        self._at = found.end() if found else self._at + 1
        return True

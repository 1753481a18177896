"""Address fields as they come: what a person would read out of them (RFC 5322, section 3.4).

Lenient where mail is broken: missing commas and brackets, semicolons for commas, names with
commas, routes, groups, comments. Never used to decide who somebody is; `address.sole_author`
does that. One pass over the field.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gateway.mail.address import is_mailbox
from gateway.mail.charsets import decode
from gateway.mail.encoded_words import decode_words, one_line
from gateway.mail.mailbox import Mailbox

LIMIT = 1000

_SIMPLE_CHARS = 2000
_NAME_CHARS = 200

_TOKEN = re.compile(r"=\?[^?\s]{1,60}\?[BbQq]\?[^?\s]*+\?=" r'|[^\s"(),:;<>\\]++|\s++|.', re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_IN_COMMENT = re.compile(r"[()\\]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_AROUND_DOTS = re.compile(r"(?<=[.@]) +| +(?=[.@])")
_SPACES = re.compile(r"\s+")
# Nearly all fields are one mailbox without anything odd.
_SIMPLE = re.compile(
    r'"?([^"(),:;<>@\\\[\]?=]*+)"? *+<([^\s"(),:;<>@\\\[\]?]++@[^\s"(),:;<>@\\\[\]?]++)>'
    r'|([^\s"(),:;<>@\\\[\]?]++@[^\s"(),:;<>@\\\[\]?]++)'
)


@dataclass(slots=True)
class _Draft:
    """A mailbox while it is being read.

    words: before the angle brackets; after: behind them.
    prefix: words before a comma that turned out to belong to a name.
    """

    prefix: str = ""
    words: list[str] = field(default_factory=list)
    angled: str | None = None
    after: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def parse_addresses(values: Sequence[bytes], *, hint: str | None = None) -> tuple[Mailbox, ...]:
    """Return the mailboxes of all values of a field, at most `LIMIT`; groups are flattened.

    hint: the charset of the message's body, for raw octets that aren't UTF-8.
    """
    found: list[Mailbox] = []
    for value in values:
        text = decode(value, hint=hint)
        found += _simple(text) or _Reader(text).read()
        if len(found) >= LIMIT:
            return tuple(found[:LIMIT])
    return tuple(found)


def _simple(text: str) -> list[Mailbox] | None:
    """Return the mailboxes of a field that holds nothing odd, None for any other."""
    if not text.isprintable() or len(text) > _SIMPLE_CHARS:
        return None
    found = []
    for piece in text.split(","):
        match = _SIMPLE.fullmatch(piece.strip(" "))
        if match is None:
            return None
        found.append(Mailbox((match[1] or "").strip(" "), match[2] or match[3]))
    return found


class _Reader:
    """Reads one field."""

    def __init__(self, text: str) -> None:
        """Begin at the first character of `text`."""
        self._text = text
        self._at = 0
        self._last_quote = text.rfind('"')
        self._found: list[Mailbox] = []
        self._box = _Draft()

    def read(self) -> list[Mailbox]:
        """Return the mailboxes."""
        for word in self._tokens():
            match word:
                case '"':
                    self._add(self._quoted())
                case "(":
                    self._box.comments.append(self._comment())
                case "<":
                    self._angle()
                case "," | ";":
                    self._finish(goes_on=word == ",")
                case ":" if not self._has_address():
                    self._box = _Draft()  # what stood before was the name of a group
                case ">" | "\\":
                    pass
                case _:
                    self._add(word)
            if len(self._found) >= LIMIT:
                break
        self._finish(goes_on=False)
        return self._found

    def _tokens(self) -> Iterator[str]:
        """Give token after token from where reading stands."""
        while (token := _TOKEN.match(self._text, self._at)) is not None:
            self._at = token.end()
            yield token[0]

    def _add(self, word: str) -> None:
        words = self._box.words if self._box.angled is None else self._box.after
        words.append(" " if word.isspace() else word)

    def _has_address(self) -> bool:
        return self._box.angled is not None or any("@" in word for word in self._box.words)

    def _quoted(self) -> str:
        """Return the quoted string whose first quote was just read, with its quotes."""
        found = _QUOTED.match(self._text, self._at - 1) if self._at <= self._last_quote else None
        if found is None:
            self._last_quote = -1
            return ""
        self._at = found.end()
        return found[0]

    def _comment(self) -> str:
        """Return the comment whose bracket was just read, up to the bracket that closes it."""
        depth, start = 1, self._at
        while (found := _IN_COMMENT.search(self._text, self._at)) is not None:
            self._at = found.end()
            if found[0] == "\\":
                self._at += 1
                continue
            depth += 1 if found[0] == "(" else -1
            if not depth:
                return self._text[start : self._at - 1]
        self._at = len(self._text)
        return ""

    def _angle(self) -> None:
        """Read up to the closing bracket, or up to the comma where there is none."""
        if self._box.angled is not None:
            # The comma between two mailboxes is missing.
            following = self._box.after
            self._box.after = []
            self._finish(goes_on=False)
            self._box.words = following
        inner: list[str] = []
        for word in self._tokens():
            if word == ">":
                break
            if word == "," and not (inner and inner[0].startswith("@")):
                self._at -= 1
                break
            if word == "(":
                self._comment()
            elif word == '"':
                inner.append(self._quoted())
            elif word not in {"<", "\\"}:
                inner.append(word)
        self._box.angled = _addr_spec("".join(inner))

    def _finish(self, *, goes_on: bool) -> None:
        """The mailbox is complete. goes_on: a comma ended it, which may belong to a name."""
        box, self._box = self._box, _Draft()
        if box.angled is not None:
            name = _phrase(box.words)
            if box.prefix:
                name = f"{box.prefix}, {name}".rstrip(", ")
            name = name or _phrase(box.after) or _comments(box.comments)
            if name or box.angled:
                self._found.append(Mailbox(name, box.angled))
            return
        prefix = box.prefix
        if any("@" in word and not word.startswith('"') for word in box.words):
            self._without_address(prefix)
            prefix = ""
            self._found += _bare("".join(box.words), box.comments)
        elif phrase := _phrase(box.words):
            prefix = f"{prefix}, {phrase}" if prefix else phrase
        if goes_on and len(prefix) <= _NAME_CHARS:
            self._box.prefix = prefix
        else:
            self._without_address(prefix)

    def _without_address(self, name: str) -> None:
        """Take words without an address: a name alone, a local user, an address in quotes."""
        if is_mailbox(name) or (name and " " not in name):
            self._found.append(Mailbox("", name))
        elif name:
            self._found.append(Mailbox(name, ""))


def _bare(text: str, comments: Sequence[str]) -> list[Mailbox]:
    """Return the mailboxes of words without angle brackets, mostly one address alone."""
    words = _addr_spec(text, keep_spaces=True).split()
    addresses = [word for word in words if "@" in word]
    if len(addresses) == len(words) > 1:
        return [Mailbox("", word) for word in words]
    name = _phrase([" ".join(word for word in words if word not in addresses)])
    return [Mailbox(name or _comments(comments), addresses[0])] if addresses else []


def _addr_spec(text: str, *, keep_spaces: bool = False) -> str:
    """Return an address without route and white space."""
    text = _AROUND_DOTS.sub("", one_line(_SPACES.sub(" ", text)))
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]
    text = text.removeprefix("mailto:")
    return text if keep_spaces or '"' in text else text.replace(" ", "")


def _phrase(words: Sequence[str]) -> str:
    """Return a display name: quotes gone, encoded words decoded, white space folded."""
    pieces = [
        _ESCAPE.sub(r"\1", word[1:-1]) if len(word) > 1 and word.startswith('"') else word
        for word in words
    ]
    name = _SPACES.sub(" ", decode_words("".join(pieces))).strip()
    if len(name) > 1 and name[0] == name[-1] == "'":
        name = name[1:-1]
    return name


def _comments(comments: Sequence[str]) -> str:
    """Return the first comment as a name, as old mailers wrote it."""
    return _phrase([_ESCAPE.sub(r"\1", comments[0])]) if comments else ""

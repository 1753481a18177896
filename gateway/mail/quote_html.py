"""Where the HTML of a mail says that quotation and signature are.

Clients mark what they quote: `gmail_quote`, `blockquote type=cite`, `#divRplyFwdMsg` and the like.
`marks` reads these from the HTML and finds the same places in the plain text, by comparing letters
and digits alone, so that it does not matter how the text was made. Linear in both.
"""

import html as entities
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Final, Literal

Kind = Literal["own", "quoted", "signature"]

_SKIPPED: Final = "style|script|head|title|template|noscript"
# A tag, a comment, or an element that is never shown, up to its end.
_TAG: Final = re.compile(
    r"<(?:!(?=--)(?:.*?-->|.*)"
    rf"|(?=[hnstHNST])((?i:{_SKIPPED}))(?![a-zA-Z0-9:])[^<>]*>(?:.*?(?=</(?i:\1))|.*)"
    r"|(/?)([a-zA-Z][a-zA-Z0-9:]{0,20})([^<>]*)>)",
    re.DOTALL,
)
_GROUPS: Final = range(1, 5)  # of each tag: "/", name, attributes; then the text behind it
_STRIDE: Final = 5
_WORD: Final = re.compile(r"[^\W_]+")
_NOISE: Final = re.compile(r"(?:(?!\n)[\W_])+")
_ASCII_NOISE: Final = bytes(
    code for code in range(128) if not chr(code).isalnum() and chr(code) != "\n"
)
_CLASS_OR_ID: Final = re.compile(
    r"\b(?:class|id|data-marker)\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)'|([^\s<>\"']+))"
)
_NAME: Final = re.compile(r"\bname\s*=\s*[\"']?([a-z-]{5,40})\b")
_STYLE: Final = re.compile(r"\bstyle\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')")
_OUTLOOK_BORDER: Final = re.compile(
    r"border:\s*none;\s*border-top:\s*solid\s+#(?:e1e1e1|b5c4df)"
    r"|border-top:\s*(?:solid|1px solid|#[0-9a-f]{6} 1px solid)\s*#?(?:b5c4df|e1e1e1)"
)
_CITE: Final = re.compile(r"\btype\s*=\s*[\"']?cite\b")
_VOID: Final = frozenset(
    {"br", "hr", "img", "meta", "link", "input", "area", "base", "col", "embed", "source", "wbr"}
)
# The whole rest of the mail is quotation once one of these opens.
_REST: Final = frozenset(
    {
        "divrplyfwdmsg", "appendonsend", "stopspelling", "outlookmessageheader",
        "mail-editor-reference-message-container", "ms-outlook-mobile-reference-message",
        "olk_src_body_section", "__quotedtext__", "zwchr", "x_divrplyfwdmsg", "x_appendonsend",
    }
)  # fmt: skip
# What lies within one of these is quotation.
_QUOTED: Final = frozenset(
    {
        "gmail_quote", "gmail_attr", "moz-cite-prefix", "moz-forward-container", "yahoo_quoted",
        "protonmail_quote", "tutanota_quote", "zmail_extra", "x_gmail_quote", "ecxgmail_quote",
        "gmail_quote_container", "isreplycontent", "front-blockquote", "missive_quote",
    }
)  # fmt: skip
_SIGNATURE: Final = frozenset(
    {
        "gmail_signature", "applemailsignature", "moz-signature", "signature", "x_signature",
        "ms-outlook-mobile-signature", "protonmail_signature_block", "zmail_signature",
        "yahoo-signature", "ymail_android_signature", "mobilesignature", "mail-signature",
    }
)  # fmt: skip
# What some clients say by a name instead: GMX, WEB.DE and mail.com; Spark.
_NAMES: Final[dict[str, Kind]] = {
    "quote": "quoted",
    "quoted-content": "quoted",
    "messagereplysection": "quoted",
    "messagesignaturesection": "signature",
}
_YAHOO: Final = "yahoo_quoted"  # with letters before and digits behind
_MAX_HTML: Final = 1 << 20
_MAX_TAGS: Final = 20_000
_MAX_PIECES: Final = 60
_MAX_OPEN: Final = 2000
_KNOWN_CHARS: Final = 300
_KEY: Final = 48
_BEFORE: Final = 24


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of the text, from `start` up to `end`, that the HTML shows as quoted or signature."""

    start: int
    end: int
    kind: Kind


class _Reader:
    """Follows the tags of the HTML: what kind of text stands behind each."""

    def __init__(self) -> None:
        self.kind: Kind = "own"
        self.is_rest = False
        self._names: list[str] = []  # of the open elements
        # Those of them that are marked: their places, and what the kind was before.
        self._marked: list[tuple[int, Kind]] = []

    def start(self, name: str, attributes: str) -> None:
        kind = _kind_of(name, attributes) if attributes else "own"
        if kind == "rest":
            self.is_rest, self.kind = True, "quoted"
            return
        if name in _VOID or len(self._names) > _MAX_OPEN:
            return
        is_first = kind in ("quoted", "signature") and self.kind != "quoted"
        if is_first or (name == "blockquote" and self.kind == "quoted"):
            self._marked.append((len(self._names), self.kind))
        if is_first:
            self.kind = "quoted" if kind == "quoted" else "signature"
        self._names.append(name)

    def end(self, name: str) -> None:
        names, marked = self._names, self._marked
        last = len(names) - 1
        if last >= 0 and names[last] == name and (not marked or marked[-1][0] < last):
            names.pop()
            return
        index = next((i for i in range(last, max(last - 39, -1), -1) if names[i] == name), -1)
        if index < 0:
            return
        del names[index:]
        closed = [one for one in marked if one[0] >= index]
        if not closed:
            return
        del marked[-len(closed) :]
        place, self.kind = closed[0]
        if name == "blockquote" and place == index and self._in_container():
            # Gmail and Yahoo keep answers between and below in the same container.
            self.kind = "own"

    def _in_container(self) -> bool:
        return bool(self._marked) and all(
            self._names[place] != "blockquote" for place, _ in self._marked
        )


def _kind_of(name: str, attributes: str) -> str:
    """Return what an element is by its attributes; a mail repeats the same few."""
    if len(attributes) > _KNOWN_CHARS:
        return _read_kind(name, attributes)
    return _known_kind(name, attributes)


def _read_kind(name: str, attributes: str) -> str:
    lowered = attributes.lower()
    if name == "blockquote" and _CITE.search(lowered):
        return "quoted"
    found = _CLASS_OR_ID.findall(lowered)
    for token in " ".join("".join(values) for values in found).split():
        if token in _REST:
            return "rest"
        if token in _QUOTED or _YAHOO in token:
            return "quoted"
        if token in _SIGNATURE:
            return "signature"
    if name == "div":
        named = _NAME.search(lowered)
        if named and named[1] in _NAMES:
            return _NAMES[named[1]]
        style = _STYLE.search(lowered)
        if style and _OUTLOOK_BORDER.search(style[1] or style[2] or ""):
            return "rest"
    return "own"


_known_kind: Final = lru_cache(maxsize=1024)(_read_kind)


def pieces_of(html: str) -> list[tuple[Kind, str]]:
    """Return the letters and digits of the HTML in order, in pieces of one kind each."""
    reader = _Reader()
    first, *rest = _TAG.split(html[:_MAX_HTML], _MAX_TAGS)
    if len(rest) == _MAX_TAGS * _STRIDE:
        rest[-1] = ""
    kind, runs = reader.kind, [first]
    pieces = [(kind, runs)]
    for closing, name, attributes, run in zip(*(rest[at::_STRIDE] for at in _GROUPS), strict=True):
        if name is not None and not reader.is_rest:
            if closing:
                reader.end(name.lower())
            else:
                reader.start(name.lower(), attributes)
            if reader.kind != kind:
                kind, runs = reader.kind, []
                pieces.append((kind, runs))
        if run:
            runs.append(run)
    return _spelled(pieces)


def _spelled(runs: Iterable[tuple[Kind, list[str]]]) -> list[tuple[Kind, str]]:
    """Return the pieces' letters and digits; where a piece has none, its neighbours may join."""
    pieces: list[tuple[Kind, str]] = []
    for kind, texts in runs:
        text = "\n".join(texts)  # no character reference goes on behind a tag
        spelled = letters(entities.unescape(text) if "&" in text else text).replace("\n", "")
        if spelled and pieces and pieces[-1][0] == kind:
            pieces[-1] = (kind, pieces[-1][1] + spelled)
        elif spelled:
            pieces.append((kind, spelled))
    return pieces


def letters(text: str) -> str:
    """Return the letters, digits and line feeds of a text."""
    octets = text.encode("utf-8", "surrogatepass").translate(None, _ASCII_NOISE)
    spelled = octets.decode("utf-8", "surrogatepass")
    if spelled.isascii() or spelled.replace("\n", "").isalnum():
        return spelled
    return _NOISE.sub("", spelled)


def marks(html: str, text: str) -> Sequence[Mark]:
    """Return which parts of `text` the HTML shows as quotation or signature, in order.

    Empty where it shows none, or where HTML and text don't say the same.
    """
    pieces = pieces_of(html)
    if len(pieces) > _MAX_PIECES or all(kind == "own" for kind, _ in pieces):
        return ()
    places = _Places(text)
    joined = places.joined
    whole = "".join(part for _, part in pieces)
    found: list[Mark] = []
    position = cursor = 0
    for kind, part in pieces:
        start = _locate(whole, position, joined, cursor)
        if start < 0:
            return ()
        cursor = start
        place = places.offset(start)
        if found:
            found[-1] = Mark(found[-1].start, place, found[-1].kind)
        found.append(Mark(place, len(text), kind))
        position += len(part)
    return tuple(mark for mark in found if mark.kind != "own")


def _locate(whole: str, position: int, joined: str, cursor: int) -> int:
    """Return where in `joined`, from `cursor` on, what stands at `position` of `whole` begins."""
    if position == 0:
        return 0
    key = whole[position : position + _KEY]
    before = whole[max(0, position - _BEFORE) : position]
    for tail, head in ((key, before), (key, ""), (key[:16], before), (key[:24], "")):
        if len(head + tail) < 6:
            continue
        place = joined.find(head + tail, max(0, cursor - len(head)))
        if place >= 0:
            return place + len(head)
    return -1


class _Places:
    """The letters of a text, and where in it each stands."""

    def __init__(self, text: str) -> None:
        self._text = text
        spelled = letters(text)
        self._ends = list(accumulate(map(len, spelled.split("\n"))))
        self._lines: list[str] = []
        self._starts: list[int] = []
        self.joined = spelled.replace("\n", "")

    def offset(self, position: int) -> int:
        """Return the offset in the text of the letter at `position` of the joined ones."""
        if position >= len(self.joined):
            return len(self._text)
        if not self._lines:
            self._lines = self._text.split("\n")
            lengths = (len(line) + 1 for line in self._lines)
            self._starts = list(accumulate(lengths, initial=0))
        number = bisect_right(self._ends, position)
        left = position - (self._ends[number - 1] if number else 0)
        for word in _WORD.finditer(self._lines[number]):
            if left < len(word[0]):
                return self._starts[number] + word.start() + left
            left -= len(word[0])
        return len(self._text)

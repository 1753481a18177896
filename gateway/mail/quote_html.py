"""Where the HTML of a mail says that quotation and signature are.

Clients mark what they quote: `gmail_quote`, `blockquote type=cite`, `#divRplyFwdMsg` and the like.
`marks` reads these from the HTML and finds the same places in the plain text, by comparing letters
and digits alone, so that it does not matter how the text was made. Linear in both.
"""

import html as entities
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, Literal

Kind = Literal["own", "quoted", "signature"]

_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,20})([^<>]*)>")
_WORD: Final = re.compile(r"[^\W_]+")
_CLASS_OR_ID: Final = re.compile(
    r"\b(?:class|id|data-marker)\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)'|([^\s<>\"']+))"
)
_STYLE: Final = re.compile(r"\bstyle\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')")
_OUTLOOK_BORDER: Final = re.compile(
    r"border:\s*none;\s*border-top:\s*solid\s+#(?:e1e1e1|b5c4df)"
    r"|border-top:\s*(?:solid|1px solid|#[0-9a-f]{6} 1px solid)\s*#?(?:b5c4df|e1e1e1)"
)
_CITE: Final = re.compile(r"\btype\s*=\s*[\"']?cite\b")
_SKIPPED: Final = frozenset({"style", "script", "head", "title", "template", "noscript"})
_SKIP_END: Final = {name: re.compile(f"</{name}", re.IGNORECASE) for name in _SKIPPED}
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
_PREFIXES: Final = ("yahoo_quoted",)
_MAX_HTML: Final = 1 << 20
_MAX_TAGS: Final = 20_000
_MAX_PIECES: Final = 60
_KEY: Final = 48
_BEFORE: Final = 24


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of the text, from `start` up to `end`, that the HTML shows as quoted or signature."""

    start: int
    end: int
    kind: Kind


@dataclass(slots=True)
class _Reader:
    """Collects the words of the HTML in pieces of one kind each."""

    pieces: list[tuple[Kind, list[str]]] = field(default_factory=list)
    open: list[tuple[str, Kind | None]] = field(default_factory=list)
    kind: Kind = "own"
    is_rest: bool = False

    def text(self, run: str) -> None:
        words = _WORD.findall(entities.unescape(run) if "&" in run else run)
        if not words:
            return
        kind: Kind = "quoted" if self.is_rest else self.kind
        if not self.pieces or self.pieces[-1][0] != kind:
            self.pieces.append((kind, []))
        self.pieces[-1][1].extend(words)

    def start(self, name: str, attributes: str) -> None:
        kind = self._kind_of(name, attributes)
        if kind == "rest":
            self.is_rest = True
        if name in _VOID:
            return
        if len(self.open) > 2000:
            return
        before = self.kind
        if kind in ("quoted", "signature") and before != "quoted":
            self.kind = "quoted" if kind == "quoted" else "signature"
            self.open.append((name, before))
        elif name == "blockquote" and before == "quoted":
            self.open.append((name, before))
        else:
            self.open.append((name, None))

    def end(self, name: str) -> None:
        for index in range(len(self.open) - 1, max(len(self.open) - 40, -1), -1):
            if self.open[index][0] == name:
                before = next((kind for _, kind in self.open[index:] if kind is not None), None)
                is_marked = self.open[index][1] is not None
                del self.open[index:]
                if before is not None:
                    self.kind = before
                if name == "blockquote" and is_marked and self._in_container():
                    # Gmail and Yahoo keep answers between and below in the same container.
                    self.kind = "own"
                return

    def _in_container(self) -> bool:
        marked = [name for name, kind in self.open if kind is not None]
        return bool(marked) and "blockquote" not in marked

    @staticmethod
    def _kind_of(name: str, attributes: str) -> str:
        if not attributes:
            return "own"
        lowered = attributes.lower()
        if name == "blockquote" and _CITE.search(lowered):
            return "quoted"
        found = _CLASS_OR_ID.findall(lowered)
        for token in " ".join("".join(values) for values in found).split():
            if token in _REST:
                return "rest"
            if token in _QUOTED or token.startswith(_PREFIXES):
                return "quoted"
            if token in _SIGNATURE:
                return "signature"
        if name == "div":
            style = _STYLE.search(lowered)
            if style and _OUTLOOK_BORDER.search(style[1] or style[2] or ""):
                return "rest"
        return "own"


def pieces_of(html: str) -> list[tuple[Kind, str]]:
    """Return the letters and digits of the HTML in order, in pieces of one kind each."""
    reader = _Reader()
    place, size = 0, min(len(html), _MAX_HTML)
    for _ in range(_MAX_TAGS):
        if place >= size:
            break
        start = html.find("<", place, size)
        if start < 0:
            reader.text(html[place:size])
            break
        if start > place:
            reader.text(html[place:start])
        if html.startswith("<!--", start):
            close = html.find("-->", start, size)
            place = size if close < 0 else close + 3
            continue
        tag = _TAG.match(html, start, size)
        if tag is None:
            place = start + 1
            continue
        place = tag.end()
        name = tag[2].lower()
        if name in _SKIPPED and not tag[1]:
            end = _SKIP_END[name].search(html, place, size)
            place = size if end is None else end.start()
        elif tag[1]:
            reader.end(name)
        else:
            reader.start(name, tag[3])
    return [(kind, "".join(words)) for kind, words in reader.pieces]


def marks(html: str, text: str) -> Sequence[Mark]:
    """Return which parts of `text` the HTML shows as quotation or signature, in order.

    Empty where it shows none, or where HTML and text don't say the same.
    """
    pieces = pieces_of(html)
    if len(pieces) > _MAX_PIECES or all(kind == "own" for kind, _ in pieces):
        return ()
    words = list(_WORD.finditer(text))
    joined = "".join(word[0] for word in words)
    ends = list(accumulate(len(word[0]) for word in words))
    whole = "".join(part for _, part in pieces)
    found: list[Mark] = []
    position = cursor = 0
    for kind, part in pieces:
        start = _locate(whole, position, joined, cursor)
        if start < 0:
            return ()
        cursor = start
        place = _offset(words, ends, start, len(text))
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


def _offset(words: list[re.Match[str]], ends: list[int], position: int, size: int) -> int:
    """Return the offset in the text of the letter at `position` of the joined words."""
    index = bisect_right(ends, position)
    if index >= len(words):
        return size
    return words[index].start() + position - (ends[index - 1] if index else 0)

"""The text that a reader of an HTML mail sees, block by block.

A real HTML parser makes the tree regular first, so that reading it is one pass over tags
and text; quotations get "> " before their lines, as in plain mail.
"""

import re
from html import unescape

import nh3

from gateway.mail.html_clean import DROPPED_WITH_CONTENT
from gateway.mail.html_shape import REFERENCE, tamed
from gateway.mail.keepable import keepable

_BREAKING = frozenset(
    {
        "address", "article", "aside", "blockquote", "caption", "center", "dd", "div", "dl", "dt",
        "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
        "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul",
    }
)  # fmt: skip
_SPACED = frozenset(
    {"blockquote", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "ul"}
)
_CELLS = frozenset({"td", "th"})
_KEPT = _BREAKING | _CELLS | {"br", "tbody", "span", "a", "font", "b", "i"}
_VOID = frozenset({"br", "hr"})
_TOKEN = re.compile(r"<(/?)([a-z0-9]+)([^>]*)>|([^<]+)")
_HIDDEN = re.compile(
    r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt)?\s*[;\"&]"
)
_HREF = re.compile(r'\bhref="(https?://[^"\s<>]{1,500})"')
_BARE_LINK = re.compile(r"^(?:https?://)?(?:www\.)?|/$")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_ANY_TAG = re.compile(r"<[^<>]*>")
_QUOTE_DEPTH = 20


def html_to_text(html: str) -> str:
    """Return the visible text of HTML; in one run, tags cut out, where it is too wild to parse."""
    tame = tamed(html)
    if tame is None:
        text = REFERENCE.sub(lambda found: unescape(found[0]), _ANY_TAG.sub(" ", html))
        return _SPACE.sub(" ", keepable(text)).strip()
    writer = _Writer()
    depth = 0
    hidden_at = 0
    for found in _TOKEN.finditer(_NORMALISER.clean(tame)):
        closing, tag, attributes, text = found.groups()
        if text is not None:
            if not hidden_at:
                writer.text(text)
        elif tag in _VOID:
            if not hidden_at:
                writer.void(tag)
        elif closing:
            if not hidden_at:
                writer.close(tag)
            elif depth == hidden_at:
                hidden_at = 0
            depth -= 1
        else:
            depth += 1
            if hidden_at:
                continue
            if attributes and _HIDDEN.search(attributes.lower()) is not None:
                hidden_at = depth
            else:
                writer.open(tag, attributes)
    return writer.done()


class _Writer:
    """Writes lines: what breaks them, what stands before them."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._blank_wanted = False
        self._is_blank = False  # the last line, but for marks of quotation
        self._depth = 0  # of quotation, of the last line
        self._quotes = 0
        self._verbatim = 0
        self._lists: list[int] = []
        self._bullet = ""
        self._link = ""
        self._label = 0

    def text(self, raw: str) -> None:
        """Take text between tags."""
        text = _unescaped(raw) if "&" in raw else raw
        if not self._verbatim:
            text = _SPACE.sub(" ", text)
            if text == " " and (not self._line or self._line[-1].endswith(" ")):
                return
            self._line.append(text)
            return
        first, *rest = text.split("\n")
        self._line.append(first)
        for line in rest:
            self._end_line()
            self._line.append(line)

    def void(self, tag: str) -> None:
        """Take an element without content."""
        if tag == "br":
            self._end_line()
        else:
            self._break(spaced=False)

    def open(self, tag: str, attributes: str = "") -> None:
        """Take an element's beginning."""
        if tag == "a":
            found = _HREF.search(attributes)
            self._link = _unescaped(found[1]) if found else ""
            self._label = len(self._line)
            return
        if tag in _CELLS:
            if any(piece.strip() for piece in self._line):
                self._line.append(" ")
            return
        if tag not in _BREAKING:
            return
        self._break(spaced=tag in _SPACED and not (tag in {"ul", "ol"} and self._lists))
        match tag:
            case "blockquote":
                self._quotes += 1
            case "pre":
                self._verbatim += 1
            case "ul":
                self._lists.append(-1)
            case "ol":
                self._lists.append(0)
            case "li":
                self._bullet = self._next_bullet()

    def close(self, tag: str) -> None:
        """Take an element's end."""
        if tag == "a":
            self._end_link()
            return
        if tag not in _BREAKING:
            return
        self._break(spaced=tag in _SPACED and not (tag in {"ul", "ol"} and len(self._lists) > 1))
        match tag:
            case "blockquote":
                self._quotes = max(self._quotes - 1, 0)
            case "pre":
                self._verbatim = max(self._verbatim - 1, 0)
            case "ul" | "ol" if self._lists:
                self._lists.pop()
            case "li":
                self._bullet = ""

    def _end_link(self) -> None:
        """Write where a link leads, if its words don't say it and it has words."""
        link, self._link = self._link, ""
        label = "".join(self._line[self._label :]).strip() if link else ""
        if (
            label
            and _BARE_LINK.sub("", link) not in label
            and _BARE_LINK.sub("", label) not in link
        ):
            self._line.append(f" <{link}>")

    def done(self) -> str:
        """Return the text."""
        self._break(spaced=False)
        return "\n".join(self._lines).strip("\n")

    def _next_bullet(self) -> str:
        indent = "  " * min(len(self._lists) - 1, _QUOTE_DEPTH) if self._lists else ""
        if not self._lists or self._lists[-1] < 0:
            return f"{indent}- "
        self._lists[-1] += 1
        return f"{indent}{self._lists[-1]}. "

    def _break(self, *, spaced: bool) -> None:
        """End the line if there is something in it. spaced: an empty line has to follow."""
        if self._line:
            # `<p>&nbsp;</p>` is how Outlook writes an empty line.
            if "".join(self._line).strip(" "):
                self._end_line()
            self._line.clear()
        if spaced and self._lines:
            self._blank_wanted = True

    def _end_line(self) -> None:
        text = "".join(self._line)
        self._line.clear()
        self._label = 0
        line = (text if self._verbatim else text.strip(" ")).replace("\xa0", " ").rstrip()
        prefix = ">" * min(self._quotes, _QUOTE_DEPTH)
        if self._blank_wanted and line and self._lines and not self._is_blank:
            self._lines.append(prefix[: self._depth])
        if line:
            self._blank_wanted = False
            line, self._bullet = self._bullet + line, ""
        self._is_blank = not line
        self._depth = len(prefix)
        self._lines.append(f"{prefix} {line}".rstrip() if prefix else line)


def _unescaped(text: str) -> str:
    """Return text without the four entities that the parser's output knows."""
    for entity, character in (("&nbsp;", "\xa0"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text


_NORMALISER = nh3.Cleaner(
    tags=set(_KEPT),
    clean_content_tags=set(DROPPED_WITH_CONTENT),
    attributes={"*": {"style"}, "a": {"href"}},
    link_rel=None,
    strip_comments=True,
)

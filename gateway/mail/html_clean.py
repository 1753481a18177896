"""HTML of strangers made harmless: what may be shown in a page of ours.

Nothing in it runs, submits, names elements of the page, leaves its place or loads anything:
remote pictures lose their address, or keep it where nothing loads it; pictures of the mail keep
`cid:` for the reader to rewrite. Every part is cleaned alone, so that no tag opened in one
swallows another (EFAIL).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

import nh3

from gateway.mail.html_shape import tamed

_TAGS = frozenset(
    {
        "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br",
        "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "dfn", "div", "dl",
        "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
        "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "ol", "p", "pre", "q",
        "s", "samp", "section", "small", "span", "strike", "strong", "sub", "sup", "table",
        "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
    }
)  # fmt: skip
DROPPED_WITH_CONTENT = frozenset(
    {
        "applet", "audio", "canvas", "embed", "frameset", "head", "iframe", "math", "noembed",
        "noframes", "noscript", "object", "script", "select", "style", "svg", "template",
        "textarea", "title", "video", "xmp",
    }
)  # fmt: skip
_CELL = {"abbr", "bgcolor", "colspan", "height", "nowrap", "rowspan", "valign", "width"}
_ATTRIBUTES = {
    "*": {"align", "dir", "lang", "style", "title"},
    "a": {"href"},
    "blockquote": {"type"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "font": {"color", "face", "size"},
    "hr": {"color", "size", "width"},
    "img": {"alt", "border", "height", "src", "width"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "table": {"bgcolor", "border", "cellpadding", "cellspacing", "height", "width"},
    "tbody": {"valign"},
    "td": _CELL,
    "th": _CELL | {"scope"},
    "tr": {"bgcolor", "height", "valign"},
    "ul": {"type"},
}
_EDGES = ("top", "right", "bottom", "left")
_STYLES = frozenset(
    {
        "background-color", "border-collapse", "border-radius", "border-spacing", "color",
        "direction", "display", "font-family", "font-size", "font-style", "font-variant",
        "font-weight", "height", "letter-spacing", "line-height", "list-style-type", "max-width",
        "min-width", "text-align", "text-decoration", "text-indent", "text-transform",
        "vertical-align", "white-space", "width", "word-break", "word-spacing", "overflow-wrap",
        "border", "border-color", "border-style", "border-width", "margin", "padding",
    }
    | {f"{box}-{edge}" for box in ("margin", "padding", "border") for edge in _EDGES}
)  # fmt: skip
# What loads, runs, hides a word from this list, or moves a box over something else.
_BAD_STYLE = re.compile(
    r"url|image|expression|\\|/\*|@|<|attr\(|var\(|env\(|element\(|-moz-|behavio|margin[^;]*-[0-9.]",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
_KNOWN_CHARS = 300
_PICTURE_CHARS = 100_000
_ADDRESS_CHARS = 2000
_WEB = ("http://", "https://")
_LINKS = ("http:", "https:", "mailto:", "tel:")
_BLOCKED = re.compile(r"<img(?: (?!src=)[a-z-]+=\"[^\"]*\")*>")
# The cleaner writes attributes as name="value" and leaves no quotation mark within.
_TAG = re.compile(r"<img(?: [a-z-]+=\"[^\"]*\")*>")
_MARK = "remote:"
_KEPT = "data-remote-src"
_REMOTE = re.compile(rf' {_KEPT}="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Harmless HTML, and how many remote pictures it lost."""

    html: str
    blocked_pictures: int


def clean(html: str, *, keep_addresses: bool = False) -> Cleaned | None:
    """Return harmless HTML, or None where it is too wild to be parsed.

    keep_addresses: let remote pictures keep theirs in an attribute that loads nothing, for
        `with_pictures`.
    """
    tame = tamed(html)
    if tame is None:
        return None
    cleaned = (_KEEPING if keep_addresses else _CLEANER).clean(tame)
    if keep_addresses:
        cleaned = _TAG.sub(_moved, cleaned)
    return Cleaned(cleaned, blocked_pictures(cleaned))


def blocked_pictures(cleaned: str) -> int:
    """Return how many pictures of cleaned HTML have lost their address."""
    return len(_BLOCKED.findall(cleaned)) if "<img" in cleaned else 0


def remote_pictures(cleaned: str) -> tuple[str, ...]:
    """Return the addresses that remote pictures of cleaned HTML kept, each once, in order."""
    found = (_REMOTE.search(tag) for tag in _TAG.findall(cleaned))
    return tuple(dict.fromkeys(unescape(one[1]) for one in found if one))


def with_pictures(cleaned: str, pictures: Mapping[str, str]) -> str:
    """Return cleaned HTML in which remote pictures are shown.

    pictures: what stands for each address instead, such as a data: URL.
    """

    def shown(tag: re.Match[str]) -> str:
        address = _REMOTE.search(tag[0])
        picture = pictures.get(unescape(address[1])) if address else None
        return _REMOTE.sub(f' src="{picture}"', tag[0]) if picture else tag[0]

    return _TAG.sub(shown, cleaned)


def _moved(tag: re.Match[str]) -> str:
    """Return a picture's tag with its marked address in the attribute that loads nothing."""
    return tag[0].replace(f' src="{_MARK}', f' {_KEPT}="')


def _keeping(tag: str, attribute: str, value: str) -> str | None:
    """Return the value of an attribute as `_permitted`, an address of the web marked."""
    if (tag, attribute) == ("img", "src") and value.strip().lower().startswith(_WEB):
        return _MARK + value.strip() if len(value) <= _ADDRESS_CHARS else None
    return _permitted(tag, attribute, value)


def _permitted(tag: str, attribute: str, value: str) -> str | None:
    """Return the value of an attribute, or None to drop it."""
    match attribute:
        case "style":
            return value if _is_harmless(value) else None
        case "src":
            lowered = value[:5].lower()
            is_picture = lowered == "data:" and (
                len(value) <= _PICTURE_CHARS and _PICTURE.fullmatch(value) is not None
            )
            return value if tag == "img" and (lowered.startswith("cid:") or is_picture) else None
        case "href":
            return value if value.strip().lower().startswith(_LINKS) else None
        case _:
            return value


@lru_cache(maxsize=1024)
def _is_known_harmless(style: str) -> bool:
    return _BAD_STYLE.search(style) is None


def _is_harmless(style: str) -> bool:
    """Say whether a style may stay; a mail repeats the same few, and so do all its kind."""
    if len(style) > _KNOWN_CHARS:
        return _BAD_STYLE.search(style) is None
    return _is_known_harmless(style)


def _cleaner(permitted: Callable[[str, str, str], str | None]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(DROPPED_WITH_CONTENT),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=permitted,
        filter_style_properties=set(_STYLES),
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        strip_comments=True,
        url_relative="deny",
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    )


_CLEANER = _cleaner(_permitted)
_KEEPING = _cleaner(_keeping)

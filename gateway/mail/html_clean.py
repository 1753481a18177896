"""HTML of strangers made harmless: what may be shown in a page of ours.

Nothing in it runs, submits, names elements of the page, leaves its place or loads anything:
remote pictures lose their address, pictures of the mail keep `cid:` for the reader to
rewrite. Every part is cleaned alone, so that no tag opened in one swallows another (EFAIL).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

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
_LINKS = ("http:", "https:", "mailto:", "tel:")
_BLOCKED = re.compile(r"<img(?: (?!src=)[a-z]+=\"[^\"]*\")*>")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Harmless HTML, and how many remote pictures it lost."""

    html: str
    blocked_pictures: int


def clean(html: str) -> Cleaned | None:
    """Return harmless HTML, or None where it is too wild to be parsed."""
    tame = tamed(html)
    if tame is None:
        return None
    cleaned = _CLEANER.clean(tame)
    return Cleaned(cleaned, blocked_pictures(cleaned))


def blocked_pictures(cleaned: str) -> int:
    """Return how many pictures of cleaned HTML have lost their address."""
    return len(_BLOCKED.findall(cleaned)) if "<img" in cleaned else 0


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


_CLEANER = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags=set(DROPPED_WITH_CONTENT),
    attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
    attribute_filter=_permitted,
    filter_style_properties=set(_STYLES),
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    strip_comments=True,
    url_relative="deny",
    url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
)

"""HTML that would cost its parser too much, seen before it is parsed.

The parser (html5ever, by way of nh3) takes time quadratic in the depth of nesting and in
the number of character references. Mail that people write is far below these bounds.
"""

import re
from html import unescape

DEPTH = 2000
REFERENCES = 50_000
REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

_FEW = 5000
_TAG = re.compile(r"<(/?)([A-Za-z]+)")
# Elements that have no content, or that their next sibling ends.
_SHALLOW = frozenset(
    {
        "area", "base", "br", "col", "colgroup", "dd", "dt", "hr", "img", "input", "li", "link",
        "meta", "o", "option", "p", "tbody", "td", "tfoot", "th", "thead", "tr", "wbr",
    }
)  # fmt: skip
_LONE_AMPERSAND = re.compile(r"&(?![A-Za-z#])")
_LONG_DATA = re.compile(r"data:[^\s\"'<>]{100000,}+")


def beginning(html: str, chars: int) -> str:
    """Return as much of the HTML as `chars`, no tag cut in half.

    Addresses that hold whole files (`data:`) are dropped first, if they are long.
    """
    if len(html) > chars:
        html = _LONG_DATA.sub("data:,", html)[:chars]
        html = html[: html.rfind("<")] if html.rfind("<") > html.rfind(">") else html
    return html


def tamed(html: str) -> str | None:
    """Return the HTML as the parser may have it, or None if it would take too long."""
    if html.count("&") > _FEW:
        html = _LONE_AMPERSAND.sub("&amp;", REFERENCE.sub(_decoded, html))
        if html.count("&") > REFERENCES:
            return None
    return html if html.count("<") <= DEPTH or _depth(html) <= DEPTH else None


def _decoded(reference: re.Match[str]) -> str:
    """Return the character that is meant, unless it would then mean something else."""
    character = unescape(reference[0])
    return reference[0] if character in {"<", ">", "&", '"', "'", "\xa0"} else character


def _depth(html: str) -> int:
    """Return how deep elements are nested, or more than `DEPTH` as soon as that is certain."""
    depth = deepest = 0
    for found in _TAG.finditer(html):
        if found[2].lower() in _SHALLOW:
            continue
        depth = max(depth - 1, 0) if found[1] else depth + 1
        deepest = max(deepest, depth)
        if deepest > DEPTH:
            break
    return deepest

"""Templates: one environment for mails and pages, everything escaped in HTML."""

from collections.abc import Iterator
from functools import cache
from threading import Thread
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from gateway.web.catalogues import catalogues

TEXT_COLUMNS = 72


def _paragraphs(text: str) -> list[Markup]:
    """Return plain text as HTML, a paragraph each, line ends as <br>."""
    blocks = "\n".join(line.rstrip() for line in text.splitlines()).strip("\n").split("\n\n")
    return [
        Markup("<br>\n").join(escape(line) for line in block.strip("\n").split("\n"))
        for block in blocks
        if block.strip()
    ]


def wrap(text: str, columns: int = TEXT_COLUMNS) -> str:
    """Return plain text in lines of at most `columns`, but for words longer than that."""
    return "\n".join(line for given in text.splitlines() for line in _wrapped(given, columns))


def _wrapped(given: str, columns: int) -> Iterator[str]:
    if len(given) <= columns:
        yield given.rstrip()
        return
    line: list[str] = []
    size = 0
    for word in given.split(" "):
        if line and size + 1 + len(word) > columns:
            yield " ".join(line).rstrip()
            line, size = [], 0
        size += len(word) + (1 if line else 0)
        line.append(word)
    yield " ".join(line).rstrip()


def quote(text: str) -> str:
    """Return plain text with "> " before each line, in lines of 72 columns."""
    lines = wrap(text, TEXT_COLUMNS - 2).split("\n")
    return "\n".join(f"> {line}".rstrip() for line in lines)


def grouped(text: str, size: int = 4) -> str:
    """Return an IBAN in groups of four."""
    bare = "".join(text.split())
    return " ".join(bare[at : at + size] for at in range(0, len(bare), size))


def read_ahead() -> None:
    """Compile every template in a thread of its own, so that no visitor waits for it."""

    def compiled() -> None:
        templates = environment()
        for name in templates.list_templates(extensions=["html", "txt"]):
            templates.get_template(name)

    Thread(target=compiled, name="postroom-templates", daemon=True).start()


@cache
def environment() -> Environment:
    """Return the environment that all templates share."""
    catalogues()  # Read now, so that no visitor waits for it.
    made = Environment(
        loader=PackageLoader("gateway.web"),
        auto_reload=False,
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Any] = {
        "paragraphs": _paragraphs,
        "wrap": wrap,
        "quote": quote,
        "grouped": grouped,
    }
    made.filters.update(filters)
    return made

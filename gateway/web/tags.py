"""Tags as pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag. href: the search for all that bear it, "" where no question can say it."""

    words: str
    href: str


def tags_of(tags: Sequence[str]) -> tuple[Tag, ...]:
    """Return tags as pages show them."""
    return tuple(
        Tag(one, f"/inbox?{urlencode({'q': question_of(one)})}" if question_of(one) else "")
        for one in tags
    )


def question_of(tag: str) -> str:
    """Return the question that finds a tag; "" for one with a quotation mark in it."""
    if '"' in tag:
        return ""
    return f'tag:"{tag}"' if " " in tag else f"tag:{tag}"

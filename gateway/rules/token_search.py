"""Words in texts that have the shape of our tokens. Pure.

A text may have a million characters, and a search that looks at them in one go holds the
interpreter for 20 ms. This one looks through windows, between which other threads have a turn.
"""

import re
from collections.abc import Callable, Iterator

from gateway.rules.tokens import Label

_WINDOW = 64 * 1024


class Shape:
    """What tokens of some labels look like, in either letter case; what is none is found, too."""

    def __init__(self, *labels: Label) -> None:
        """Search for tokens of these labels."""
        marks = "".join(label.mark for label in labels)
        sizes = [label.chars for label in labels]
        self._longest = max(sizes)
        # Begins with the rarest of its conditions: to look back at every letter costs ten times
        # as much.
        self._pattern = re.compile(
            rf"[{marks}{marks.upper()}](?<![A-Za-z0-9].)"
            rf"[A-Za-z2-7]{{{min(sizes) - 1},{self._longest - 1}}}(?![A-Za-z0-9])"
        )

    def found_in(self, text: str) -> Iterator[re.Match[str]]:
        """Give the words in their order. Linear."""
        start, behind, whole = 0, 0, len(text)
        while True:
            end = min(start + _WINDOW, whole)
            for match in self._pattern.finditer(text, start, end):
                if match.end() < end or end == whole:  # else the word may go on
                    behind = match.end()
                    yield match
            if end == whole:
                return
            start = max(behind, end - self._longest)

    def replaced(self, text: str, by: Callable[[str], str]) -> str:
        """Return the text with each word replaced by what `by` makes of it."""
        pieces: list[str] = []
        behind = 0
        for match in self.found_in(text):
            pieces += text[behind : match.start()], by(match[0])
            behind = match.end()
        return "".join((*pieces, text[behind:])) if pieces else text

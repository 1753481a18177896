"""Lines of an answer that say what we sent: quotation that no mark and no words announce.

We know the text that is answered, so no language and no client matters: lines are compared by runs
of four words, which re-wrapping does not change. Linear in both texts.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_RUN: Final = 4
_MAX_WORDS: Final = 20_000
_MAX_CHARS: Final = 400_000
_MAX_LINE_WORDS: Final = 2_000
_LEAST_WORDS: Final = 12


def mark_sent(lines: Sequence[str], sent: Sequence[str]) -> Iterator[bool]:
    """Yield for each line whether it repeats what was sent.

    Short lines are ours between lines that are, and so are lines without a word, such as drawn
    ones, if they stood in it; a passage of fewer than a dozen words is not taken for a quotation,
    since people repeat numbers and names.
    """
    runs: set[str] = set()
    wordless: set[str] = set()
    for text in sent:
        spoken = _WORD.findall(text[:_MAX_CHARS].casefold())[:_MAX_WORDS]
        wordless.update(
            line.strip()
            for line in text[:_MAX_CHARS].split("\n", _MAX_WORDS)[:_MAX_WORDS]
            if _WORD.search(line) is None
        )
        for size in range(1, _RUN + 1):
            runs.update(_runs(spoken, size))
    wordless.discard("")
    words = [_WORD.findall(line.casefold()) for line in lines]
    ours = [_is_ours(found, runs) for found in words]
    known = [bool(found) or line in wordless for line, found in zip(lines, words, strict=True)]
    yield from _only_long(words, ours, known)


def _runs(words: Sequence[str], size: int) -> Iterator[str]:
    return (" ".join(words[index : index + size]) for index in range(len(words) - size + 1))


def _is_ours(words: list[str], runs: set[str]) -> bool | None:
    """Return whether a line is ours; None where it is too short to tell."""
    if len(words) < _RUN:
        return None if not words or " ".join(words) in runs else False
    found = [run in runs for run in _runs(words[:_MAX_LINE_WORDS], _RUN)]
    return sum(found) * 5 >= len(found) * 4


def _only_long(
    words: list[list[str]], ours: list[bool | None], known: list[bool]
) -> Iterator[bool]:
    """Yield the marks of passages that are long enough, short lines within them included.

    known: whether the line holds words, or only what stood in the sent text just so.
    """
    index = 0
    while index < len(ours):
        if not ours[index]:
            yield False
            index += 1
            continue
        last = end = index
        while end < len(ours) and ours[end] is not False:
            last = end if ours[end] or words[end] else last
            end += 1
        size = sum(len(words[place]) for place in range(index, last + 1))
        for place in range(index, last + 1):
            yield size >= _LEAST_WORDS and known[place]
        index = last + 1

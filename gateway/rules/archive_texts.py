"""What archived mails say and quote, as fingerprints of runs of words.

A quotation keeps the words and loses the lines: mail programs put marks before them and
wrap them anew. So runs of eight words are compared, and of those every other one is kept,
chosen by its own value, so that both mails keep the same ones.
"""

import re
import sys
import zlib
from collections.abc import Iterator, Sequence

RUN_WORDS = 8
MOST_SAID = 256
MOST_QUOTED = 128
_TEXT_CHARS = 64 * 1024
_MARKS = re.compile(r"^[ \t]*(?:[>|][ \t]?)+", re.MULTILINE)
_MARKED_LINE = re.compile(r"^[ \t]*[>|].*$", re.MULTILINE)
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u9fff\uac00-\ud7af]+")
_BASE = 1_000_003
_PRIME = (1 << 61) - 1
_DROPPED = pow(_BASE, RUN_WORDS, _PRIME)
_OCTETS = 8


def said_in(own: str) -> bytes:
    """Return the fingerprints of what a mail says itself, 8 octets each, at most 256.

    own: its text without the quotations; lines that are marked as quoted are left out.
    """
    return _packed(_runs(_MARKED_LINE.sub("", own[:_TEXT_CHARS])), MOST_SAID)


def quoted_in(quoted: Sequence[str], own: str = "") -> bytes:
    """Return the fingerprints of what a mail quotes, 8 octets each, at most 128.

    quoted: quotations and forwards, marked or not. own: its other text, of which the lines
    count that are marked as quoted.
    """
    marked = "\n".join(_MARKED_LINE.findall(own[:_TEXT_CHARS]))
    texts = (_MARKS.sub("", text[:_TEXT_CHARS]) for text in (*quoted, marked))
    return _packed((run for text in texts for run in _runs(text)), MOST_QUOTED)


def unpacked(fingerprints: bytes) -> Sequence[int]:
    """Return the numbers of packed fingerprints."""
    return memoryview(fingerprints).cast("Q")


def _packed(runs: Iterator[int], most: int) -> bytes:
    found: dict[int, None] = {}
    for run in runs:
        if run & 1:
            found[run] = None
            if len(found) == most:
                break
    return b"".join(run.to_bytes(_OCTETS, sys.byteorder) for run in found)


def _runs(text: str) -> Iterator[int]:
    """Yield the value of every run of words; each costs the same, however long the run."""
    values = [zlib.crc32(word.encode("utf-8", "replace")) for word in _WORD.findall(text.lower())]
    run = 0
    for at, value in enumerate(values):
        run = (run * _BASE + value + 1) % _PRIME
        if at >= RUN_WORDS:
            run = (run - (values[at - RUN_WORDS] + 1) * _DROPPED) % _PRIME
        if at >= RUN_WORDS - 1:
            yield run

"""How right a reader is: one judgement for each thing that a line of a set expects."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from email.header import decode_header, make_header
from typing import Any

from tests.bench.parse_readers import READERS, Facts, facts
from tests.bench.rows import Row, Score
from tests.corpora import Line, lines_of

Judge = Callable[[Facts, Any], bool]


def fold(text: str) -> str:
    """Return text with its white space folded."""
    return " ".join(text.replace("\0", " ").replace("\ufffd", " ").split())


def same(found: str, wanted: str) -> bool:
    """Say whether texts are the same but for white space; U+FFFD stands for any character."""
    if "\ufffd" in wanted:
        pattern = ".".join(re.escape(piece) for piece in " ".join(wanted.split()).split("\ufffd"))
        return re.fullmatch(pattern, " ".join(found.split())) is not None
    return fold(found) == fold(wanted)


def _subject(facts: Facts, wanted: str) -> bool:
    if "=?" in wanted:
        wanted = str(make_header(decode_header(wanted)))
    return same(facts.subject, wanted)


def _people(found: list[tuple[str, str]], wanted: Any) -> bool:
    if isinstance(wanted, str):
        address = wanted.rpartition("<")[2].rstrip(">") if "<" in wanted else wanted
        return [one for _, one in found] == [address]
    if wanted and isinstance(wanted[0], str):
        return [one for _, one in found] == wanted
    return len(found) == len(wanted) and all(
        same(name or "", one["name"] or "") and address == (one["address"] or "")
        for (name, address), one in zip(found, wanted, strict=True)
    )


def _text(facts: Facts, wanted: str) -> bool:
    """The first body's text is there, whole, at the beginning of all text.

    Where files stand uuencoded in it, up to the first: a reader may well take them out.
    """
    wanted = wanted.replace("\n--\n", "\n").partition("\nbegin 666 ")[0]
    return not fold(wanted) or fold(facts.text).startswith(fold(wanted))


def _hashes(facts: Facts, wanted: list[dict[str, Any]]) -> bool:
    asked = Counter(one["sha256"] for one in wanted if "sha256" in one)
    return not asked - Counter(one.sha256 for one in facts.documents)


def _names(facts: Facts, wanted: list[Any]) -> bool:
    names = [one["name"] if isinstance(one, dict) else one for one in wanted]
    asked = Counter(name for name in names if name and "\ufffd" not in name)
    return not asked - Counter(one.name for one in facts.documents)


def _parts(facts: Facts, wanted: dict[str, dict[str, Any]]) -> bool:
    asked = Counter(
        (one["filename"].rpartition("/")[2].replace(":", "_"), one.get("size"))
        for one in wanted.values()
        if "filename" in one
    )
    return not asked - Counter((one.name, one.size) for one in facts.documents)


JUDGES: dict[str, Judge] = {
    "subject": _subject,
    "from": lambda facts, wanted: _people(facts.from_, wanted),
    "to": lambda facts, wanted: _people(facts.to, wanted),
    "message_id": lambda facts, wanted: facts.message_id == wanted,
    "text": _text,
    "text_contains": lambda facts, wanted: fold(wanted) in fold(facts.text),
    "attachment_count": lambda facts, wanted: len(facts.documents) == wanted,
    "attachment_names": _names,
    "attachments": _hashes,
    "parts": _parts,
    "consensus": lambda facts, wanted: _subject(facts, wanted.get("subject", facts.subject)),
    "must_parse": lambda facts, _wanted: True,
}


def score(name: str, measure: str, reader: str) -> Score:
    """Return how often a reader is right about one measure of a set."""
    asked = [line for line in lines_of(name) if measure in line.expect]
    return Score(sum(is_right(line, measure, reader) for line in asked), len(asked))


def is_right(line: Line, measure: str, reader: str) -> bool:
    """Say whether a reader is right about one expectation."""
    found = facts(reader, line.octets())
    return found is not None and JUDGES[measure](found, line.expect[measure])


def rows(sets: list[str]) -> Iterator[Row]:
    """Give a row for each measure of each set of parsed mail."""
    for name in sets:
        for measure in measures(name):
            scores = {reader: score(name, measure, reader) for reader in READERS}
            yield Row(name, measure, scores.pop("ours"), scores)


def measures(name: str) -> list[str]:
    """Return what can be judged in a set; nothing in sets of another kind."""
    if not name.startswith("parse_"):
        return []
    return sorted({key for line in lines_of(name) for key in line.expect if key in JUDGES})


def misses(sets: list[str]) -> Iterator[tuple[Line, str]]:
    """Give each expectation that we get wrong."""
    for name in sets:
        for line in lines_of(name):
            for measure in measures(name):
                if measure in line.expect and not is_right(line, measure, "ours"):
                    yield line, measure

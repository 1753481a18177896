"""How right `winmail.dat` is unpacked: the names of the files in it, and what they hold.

`python -m tests.bench.accuracy_winmail [SETS] [--misses]`. Where it is installed, tnefparse is
measured too. Not asked for: names that an unpacker made up for files that have none, and the line
by which Outlook says that a message stands in an attachment, where that message itself is unpacked.
Texts count with either kind of line ends.
"""

import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec

from gateway.mail.errors import MailError
from gateway.mail.message import read
from gateway.mail.tnef import unpack
from tests.bench.rows import Row, Score, table
from tests.corpora import Line, lines_of, set_names

_MADE_UP = ("Untitled", "body.", "unknown")
_STAND_IN = (
    b"This attachment is a MAPI 1.0 embedded message and is not supported by this mail system.\0"
)
Files = list[tuple[str, bytes]]
Unpack = Callable[[bytes], Files]


def _ours(octets: bytes) -> Files:
    return [(file.name, file.content) for file in unpack(octets).files]


def _peers() -> dict[str, Unpack]:
    if not find_spec("tnefparse"):
        return {}
    from tnefparse import TNEF

    def by_tnefparse(octets: bytes) -> Files:
        found = TNEF(octets, do_checksum=False).attachments
        return [(str(one.long_filename()), bytes(one.data or b"")) for one in found]

    return {"tnefparse": by_tnefparse}


def _judge(line: Line, unpacker: Unpack) -> Iterator[tuple[str, bool]]:
    """Yield each measure of a line and whether it is right."""
    try:
        found = unpacker(line.octets())
    except (MailError, ValueError, KeyError, IndexError, AttributeError, TypeError):
        found = []
    names = Counter(name for name, _ in found)
    wanted = Counter(name for name in line.expect["names"] if not name.startswith(_MADE_UP))
    if wanted:
        yield "names", not wanted - names
    files = [one["sha256"] for one in line.expect.get("attachments", ())]
    for digest in files:
        if digest != hashlib.sha256(_STAND_IN).hexdigest():
            yield "contents", digest in {one for _, content in found for one in _digests(content)}


def _digests(content: bytes) -> set[str]:
    variants = {content, content.replace(b"\r\n", b"\n")}
    return {hashlib.sha256(variant).hexdigest() for variant in variants}


def _judged(name: str, unpacker: Unpack) -> Iterator[tuple[Line, str, bool]]:
    for line in lines_of(name):
        if line.line["kind"] != "tnef":
            continue
        if line.line.get("input") == "eml":
            # A whole mail: what was packed in it stands among its attachments.
            if unpacker is _ours:
                left = [one.filename for one in read(line.octets()).attachments]
                yield line, "opened", "winmail.dat" not in left
        else:
            yield from ((line, *judgement) for judgement in _judge(line, unpacker))


def _scores(name: str, unpacker: Unpack) -> dict[str, Score]:
    rights: dict[str, list[bool]] = {}
    for _, measure, is_right in _judged(name, unpacker):
        rights.setdefault(measure, []).append(is_right)
    return {measure: Score(sum(right), len(right)) for measure, right in rights.items()}


def rows(sets: Sequence[str]) -> list[Row]:
    """Return the scores of each set."""
    found = []
    for name in sets:
        peers = {peer: _scores(name, unpacker) for peer, unpacker in _peers().items()}
        for measure, ours in _scores(name, _ours).items():
            theirs = {peer: known[measure] for peer, known in peers.items() if measure in known}
            found.append(Row(name, measure, ours, theirs))
    return found


def misses(sets: Sequence[str]) -> Iterator[tuple[Line, str]]:
    """Yield the lines that we get wrong, each with its measure."""
    for name in sets:
        yield from ((line, what) for line, what, is_right in _judged(name, _ours) if not is_right)


def main(arguments: Sequence[str]) -> None:
    """Print the table, and with --misses what we got wrong."""
    sets = [name for name in arguments if not name.startswith("-")] or set_names("tnef_")
    print(table(rows(sets)))
    if "--misses" in arguments:
        for line, measure in misses(sets):
            print(measure, line.id, line.path)


if __name__ == "__main__":
    main(sys.argv[1:])

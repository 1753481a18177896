"""How right the threading of archives is: pairwise F1, beside threading by References alone.

`python -m tests.bench.accuracy_threads [SETS] [--misses]`. A pair of mails counts as right
if both we and the truth put them into one conversation; the share shown is the pairwise F1.
Each box of a set is threaded by itself.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from gateway.mail.message import read
from gateway.rules.archive import group
from gateway.rules.archive_mail import Archived, archived
from tests.bench.rows import Row, Score, table
from tests.corpora import Line, lines_of, set_names

Threading = Callable[[Sequence[Archived]], Sequence[int]]
"""Takes the mails of a box, returns a number for each, equal within a conversation."""


def ours(mails: Sequence[Archived]) -> Sequence[int]:
    """Return the conversations as `import` makes them."""
    threads = [0] * len(mails)
    for number, members in enumerate(group(mails).threads):
        for member in members:
            threads[member] = number
    return threads


def by_references(mails: Sequence[Archived]) -> Sequence[int]:
    """Return the conversations that References and In-Reply-To give, as mail programs do."""
    above = list(range(len(mails)))
    owners: dict[str, int] = {}

    def root(at: int) -> int:
        while above[at] != at:
            above[at] = above[above[at]]
            at = above[at]
        return at

    for at, mail in enumerate(mails):
        for name in (mail.message_id, *mail.in_reply_to, *mail.references):
            if name:
                above[root(owners.setdefault(name, at))] = root(at)
    return [root(at) for at in range(len(mails))]


def boxes(name: str) -> Sequence[Sequence[Line]]:
    """Return the lines of a set, by box."""
    found: dict[str | None, list[Line]] = {}
    for line in lines_of(name):
        if line.line["kind"] == "thread":
            found.setdefault(line.line.get("box"), []).append(line)
    return list(found.values())


def pairs(box: Sequence[Line], threading: Threading) -> Iterator[tuple[Line, Line, bool, bool]]:
    """Yield each pair of mails: whether it was put together, and whether it belongs together."""
    threads = threading([archived(read(line.octets())) for line in box])
    for one, other in combinations(range(len(box)), 2):
        belongs = box[one].expect["thread"] == box[other].expect["thread"]
        yield box[one], box[other], threads[one] == threads[other], belongs


def score(name: str, threading: Threading) -> Score:
    """Return the pairwise F1 of a set: twice the pairs in both, of the sum of the pairs."""
    both = total = 0
    for box in boxes(name):
        for _, _, put, belongs in pairs(box, threading):
            both += put and belongs
            total += put + belongs
    return Score(2 * both, total)


def rows(sets: Sequence[str]) -> list[Row]:
    """Return the scores of each set."""
    return [
        Row(name, "thread", score(name, ours), {"References only": score(name, by_references)})
        for name in sets
        if boxes(name)
    ]


def misses(sets: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the pairs that we get wrong: "apart" or "joined", and both mails."""
    for name in sets:
        for box in boxes(name):
            for one, other, put, belongs in pairs(box, ours):
                if put != belongs:
                    yield "joined" if put else "apart", one.id, other.id


def main(arguments: Sequence[str]) -> None:
    """Print the table, and with --misses what we got wrong."""
    sets = [name for name in arguments if not name.startswith("-")] or set_names()
    print(table(rows(sets)))
    if "--misses" in arguments:
        for miss in misses(sets):
            print(*miss)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Print how right we are beside our peers: `python -m tests.bench.accuracy [SETS] [--misses]`.

First every set, with the peers that are installed (`pip install -e '.[peers]'`; mail-parser and the
standard library are always there), "!" where one is ahead of us; then the targets, beside what the
best peer reached when it was measured once on all of the sets. `--misses` lists what we got wrong.
"""

import logging
import sys
from collections.abc import Iterator, Sequence

from tests.bench import (
    accuracy_reports,
    accuracy_threads,
    accuracy_trim,
    accuracy_winmail,
    parse_score,
)
from tests.bench.rows import table
from tests.bench.targets import summary
from tests.corpora import corpora_folder, set_names

_TABLES = (parse_score, accuracy_winmail, accuracy_trim, accuracy_reports, accuracy_threads)


def misses(sets: Sequence[str]) -> Iterator[str]:
    """Yield a line for each expectation that we get wrong."""
    for judge in (accuracy_winmail, accuracy_trim, accuracy_reports):
        for line, measure in judge.misses(sets):
            yield f"{measure}: {line.id}"
    for line, measure in parse_score.misses(list(sets)):
        yield f"{measure}: {line.id}: {str(line.expect[measure])[:200]!r} expected"
    for what, one, other in accuracy_threads.misses(sets):
        yield f"{what}: {one} and {other}"


def main(arguments: Sequence[str]) -> int:
    """Print the tables, and with --misses what we got wrong."""
    logging.disable(logging.CRITICAL)  # peers tell much about the mail that they don't know
    known = set_names()
    sets = [name for name in arguments if not name.startswith("-")] or known
    strange = sorted(set(sets) - set(known))
    if strange or not known:
        print(f"no set {', '.join(strange) or 'at all'} in {corpora_folder()}", file=sys.stderr)
        return 2
    rows = [row for judge in _TABLES for row in judge.rows(sets)]
    print(table(rows))
    print(f"\n{summary(rows)}")
    if "--misses" in arguments:
        print()
        for line in misses(sets):
            print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Print how right we are beside our peers: `python -m tests.bench.accuracy [SETS] [--misses]`."""

import importlib
import sys

from tests.bench import parse_score
from tests.bench.rows import table
from tests.corpora import set_names

_TABLES = ("parse_score", "accuracy_trim", "accuracy_reports", "accuracy_threads")


def main(arguments: list[str]) -> None:
    """Print the table, and with --misses what we got wrong in the sets of parsed mail."""
    sets = [name for name in arguments if not name.startswith("-")] or set_names()
    rows = []
    for name in _TABLES:
        try:
            module = importlib.import_module(f"tests.bench.{name}")
        except ModuleNotFoundError:
            print(f"no table {name}", file=sys.stderr)
            continue
        rows += module.rows(sets)
    print(table(rows))
    if "--misses" in arguments:
        for line, measure in parse_score.misses(sets):
            print(line.id, measure, str(line.expect[measure])[:300])


if __name__ == "__main__":
    main(sys.argv[1:])

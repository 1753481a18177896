"""What reading has to reach, and what the best of our peers reached when it was measured once.

`Target.known` are constants: what specialised programs scored on the whole of the sets, of which a
checkout may hold a part. Peers that are installed are measured anew, in the table of the sets.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.rows import Row, Score, total


@dataclass(frozen=True, slots=True)
class Target:
    """One line of the summary. least: the share that is asked for; rows: which rows count."""

    work: str
    least: float
    known: str
    rows: Callable[[Row], bool]

    def of(self, rows: Iterable[Row]) -> Score:
        """Return our score over all rows that count."""
        return total(row for row in rows if self.rows(row))


def _rows(prefix: str, *measures: str, but: str = " ") -> Callable[[Row], bool]:
    return lambda row: (
        row.set.startswith(prefix) and row.measure in measures and not row.set.startswith(but)
    )


TARGETS: Final = (
    Target("visible text, all sets", 0.92, "talon 73 %", _rows("trim_", "trim", "trim html")),
    Target(
        "visible text, not talon's own sets",
        0.85,
        "talon 52 %",
        _rows("trim_", "trim", "trim html", but="trim_talon"),
    ),
    Target("visible text, HTML", 0.90, "–", _rows("trim_", "trim html")),
    Target("forwards recognised", 0.92, "quotequail 62 %", _rows("", "recognised")),
    Target("forwards, inner sender and subject", 0.90, "quotequail 49 %", _rows("", "inner")),
    Target("bounces found", 0.98, "flufl.bounce 85 %", _rows("", "found")),
    Target("bounces, exact recipients", 0.97, "flufl.bounce 94 %", _rows("", "exact")),
    Target("bounces, no false alarms", 1.0, "flufl.bounce 39 of 43", _rows("", "no bounce")),
    Target("bounces, hard or soft", 0.97, "flufl.bounce 92 %", _rows("", "permanent")),
    Target("bounces, status", 0.97, "flufl.bounce 58 %", _rows("", "status")),
    Target("auto-replies, recall", 0.90, "headers alone 9 of 15", _rows("", "automatic")),
    Target("auto-replies, no false alarms", 1.0, "headers alone 62 of 62", _rows("", "personal")),
    Target(
        "stalwart: subject, from", 0.99, "stdlib 98.7 %", _rows("parse_stalwart", "subject", "from")
    ),
    Target("stalwart: text", 0.97, "mail-parser 92 %", _rows("parse_stalwart", "text")),
    Target(
        "stalwart: attachment count",
        0.97,
        "mail-parser 78 %",
        _rows("parse_stalwart", "attachment_count"),
    ),
    Target("stalwart: sha256", 0.98, "mail-parser 94 %", _rows("parse_stalwart", "attachments")),
    Target("must-parse sets", 1.0, "–", _rows("parse_", "must_parse")),
    Target(
        "threads, pairwise F1",
        0.99,
        "References only 0.74 to 1.0",
        _rows("thread_", "thread", but="thread_lkml_stripped"),
    ),
    Target(
        "threads, headers stripped",
        0.92,
        "References only 0.83",
        _rows("thread_lkml_stripped", "thread"),
    ),
    Target("winmail.dat, names", 1.0, "tnefparse 100 %", _rows("tnef_", "names")),
    Target("winmail.dat, contents", 0.95, "tnefparse 67 %", _rows("tnef_", "contents")),
)


def summary(rows: Sequence[Row]) -> str:
    """Return the summary: each target that these rows speak of, "!" before those missed."""
    lines = [("", "work", "target", "ours", "best peer, as measured once")]
    for target in TARGETS:
        ours = target.of(rows)
        if ours.of:
            mark = "" if ours.share >= target.least else "!"
            lines.append((mark, target.work, f"{target.least:.0%}", str(ours), target.known))
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    return "\n".join(
        " ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[4]])
        for line in lines
    )

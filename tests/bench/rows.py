"""One line of the accuracy table: a set, what was measured, our score and the peers'."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Score:
    """How many of the lines that could be judged came out right."""

    right: int
    of: int

    @property
    def share(self) -> float:
        """Return the part that is right, from 0 to 1; 1 where nothing was judged."""
        return self.right / self.of if self.of else 1.0

    def __str__(self) -> str:
        return f"{self.right}/{self.of} {100 * self.share:.1f}%"


@dataclass(frozen=True, slots=True)
class Row:
    """Our score beside the peers', for one measure of one set."""

    set: str
    measure: str
    ours: Score
    peers: Mapping[str, Score] = field(default_factory=dict)

    @property
    def is_best(self) -> bool:
        """True where no peer scores better."""
        return all(self.ours.share >= score.share for score in self.peers.values())


def table(rows: Iterable[Row]) -> str:
    """Return the rows as aligned text, a mark before each where a peer is ahead."""
    lines = [("", "set", "measure", "ours", "peers")]
    for row in rows:
        peers = "  ".join(f"{name} {score}" for name, score in sorted(row.peers.items()))
        lines.append(("" if row.is_best else "!", row.set, row.measure, str(row.ours), peers))
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    return "\n".join(
        " ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[4]])
        for line in lines
    )


def total(rows: Iterable[Row]) -> Score:
    """Return the scores of several rows together."""
    scores = [row.ours for row in rows]
    return Score(sum(one.right for one in scores), sum(one.of for one in scores))

"""An admin's own rules for what a refusal means: words of a reply, the reason, its kind.

Patterns are words with `*` for whatever stands between them, never regular expressions: a search
takes linear time, whatever a server answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.rules.reasons import ReasonKey


@dataclass(frozen=True, slots=True)
class BounceRule:
    """What the words of a reply mean, before the built-in knowledge is asked.

    pieces: the pattern in small letters, cut at its asterisks; all are in the reply, in order.
    kind: None: as the reason has it.
    """

    pieces: tuple[str, ...]
    key: ReasonKey
    kind: Literal["hard", "soft", "policy"] | None = None

    def matches(self, words: str) -> bool:
        """Say whether it is about a reply. words: in small letters, single spaces between them."""
        place = 0
        for piece in self.pieces:
            place = words.find(piece, place)
            if place < 0:
                return False
            place += len(piece)
        return True


def pieces_of(pattern: str) -> tuple[str, ...]:
    """Return the pieces of a pattern such as "Mailbox * is over quota"."""
    pieces = (" ".join(piece.split()) for piece in pattern.lower().split("*"))
    return tuple(piece for piece in pieces if piece)


def matching(rules: Sequence[BounceRule], words: str) -> BounceRule | None:
    """Return the first rule that is about a reply, or None. words: as for `BounceRule.matches`."""
    return next((rule for rule in rules if rule.matches(words)), None)

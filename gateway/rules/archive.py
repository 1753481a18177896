"""Conversations of an archive: which of its mails belong together (JWZ's algorithm, and more).

An archive is trusted: In-Reply-To and References thread all of it, whoever wrote it. For
mails that lost both, an earlier mail is sought that they plainly go with:

* the same author's other parts of a numbered series, sent within the hour;
* a mail whose words they quote, under the same subject, or at length;
* answers, "Re:", only: a mail of the same subject that went the other way between the same
  two people, or, on a mailing list, the mail that opened the subject.

A subject alone never suffices. What comes out doesn't depend on the order of what goes in,
and the work is that of a sort.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.rules.archive_guesses import QUOTES, SERIES, Answers, Quotes, series
from gateway.rules.archive_mail import Archived, Laid

FIRST, HEADERS = "first", "headers"


@dataclass(frozen=True, slots=True)
class Grouped:
    """Conversations of an archive.

    threads: the numbers of the mails of each, oldest first; the oldest conversation first.
    ties: for each mail, what ties it to its conversation: "headers", "series", "quotes",
        "answer", "list", or "first" for a mail that nothing leads elsewhere.
    """

    threads: tuple[tuple[int, ...], ...]
    ties: tuple[str, ...]


def group(mails: Sequence[Archived]) -> Grouped:
    """Return the conversations; a mail's number is its place in `mails`."""
    laid = Laid(mails)
    found = _Grouping(laid)
    threads: dict[int, list[int]] = {}
    ties = [FIRST] * len(mails)
    for at, number in enumerate(laid.order):
        threads.setdefault(found.forest.root(at), []).append(number)
        ties[number] = found.ties[at]
    return Grouped(tuple(tuple(thread) for thread in threads.values()), tuple(ties))


class _Forest:
    """Sets that are joined; each is named by its first member."""

    def __init__(self, size: int) -> None:
        self._above = list(range(size))

    def root(self, at: int) -> int:
        above = self._above
        while above[at] != at:
            above[at] = above[above[at]]
            at = above[at]
        return at

    def join(self, one: int, other: int) -> bool:
        """Return False if they were joined already."""
        low, high = sorted((self.root(one), self.root(other)))
        self._above[high] = low
        return low != high


class _Grouping:
    """One run over mails in their order."""

    def __init__(self, laid: Laid) -> None:
        mails = laid.mails
        self._laid = laid
        self.ties = [FIRST] * len(mails)
        self.forest = _Forest(len(mails))
        self._join_by_headers()
        # What headers say is settled before anything is made up, so that no guess depends on
        # another one.
        laid.headed = [self.forest.root(at) for at in range(len(mails))]
        bare = [at for at, mail in enumerate(mails) if not mail.in_reply_to and not mail.references]
        parts, quotes, answers = series(laid), Quotes(laid, bare), Answers(laid, bare)
        for at in bare:
            guesses = (
                (SERIES, parts.get(at)),
                (QUOTES, quotes.parent(at)),
                *answers.parents(at),
            )
            for tie, parent in guesses:
                if parent not in {None, at}:
                    assert parent is not None
                    self.forest.join(at, parent)
                    self.ties[at] = tie
                    break

    def _join_by_headers(self) -> None:
        """Join what names the same Message-ID; one that unrelated mails share is nobody's."""
        laid, owners = self._laid, dict[str, int]()
        for at, mail in enumerate(laid.mails):
            if not mail.message_id:
                continue
            owner = owners.setdefault(mail.message_id, at)
            if owner != at and laid.topics[owner].base == laid.topics[at].base:
                self.forest.join(owner, at)
        for at, mail in enumerate(laid.mails):
            for name in (*mail.in_reply_to, *mail.references):
                if name == mail.message_id:
                    continue
                owner = owners.setdefault(name, at)
                if owner != at:
                    self.forest.join(owner, at)
                self.ties[at] = HEADERS

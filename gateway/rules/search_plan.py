"""How a question's words are looked for: by the index, or by going through messages (pure).

An index knows at once where few words stand, but has to put together all places of a word of
many messages, or of all words that begin alike, before it gives the first. Going through the
newest messages finds such words soon, and there only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.rules.search import Term, marked_words

MANY = 0.05
"""A word is one of many messages if it stands in so many of them."""
MANY_TO_GATHER = 0.004
"""The same where all messages have to be found before the first is shown."""


@dataclass(frozen=True, slots=True)
class Plan:
    """match: what the index is asked for. tests: what is looked for in each message's words."""

    match: tuple[Term, ...] = ()
    tests: tuple[Term, ...] = ()


def plan_of(
    terms: Sequence[Term], seen: Sequence[str], number: int, *, share: float = MANY
) -> Plan:
    """Return how to look for messages with these words.

    seen: the words of some messages, taken evenly from all there are. number: the company's.
    share: of how many of all messages a word is one of many.

    What the index finds by more than it has to, is looked at again; so nothing is found twice,
    and nothing that does not belong, whatever was seen.
    """
    match: list[Term] = []
    tests: list[Term] = []
    many = share * len(seen)

    def stands_in_many(term: Term) -> bool:
        wanted = needle(term, number)
        return sum(wanted in f"{words} " for words in seen) > many

    for term in terms:
        if term.without or stands_in_many(term):
            tests.append(term)
        elif not term.begins or not stands_in_many(replace(term, words=term.words[-1:])):
            match.append(term)
        else:
            # It begins a word of many, but after another word it is rare.
            tests.append(term)
            if len(term.words) > 1:
                match.append(replace(term, words=term.words[:-1], begins=False))
    return Plan(tuple(match), tuple(tests))


def needle(term: Term, number: int) -> str:
    """Return what stands in a message's words, one blank behind them, if they have the term."""
    return f" {' '.join(marked_words(term, number))}" + ("" if term.begins else " ")

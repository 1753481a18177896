"""What a message seems to speak of: numbers of documents, bank accounts. Pure.

For people to look at. Nothing here threads, pays or changes anything.
"""

import re
from collections.abc import Mapping
from typing import Final

from gateway.rules.accounts import iban_of

MOST_NUMBERS: Final = 16
_MOST_IBANS: Final = 10
_LOOKED_AT: Final = 20_000
_LONGEST: Final = 40
_SHORTEST: Final = 3
_WORD: Final = re.compile(r"[^\W_][\w./\-]{2,60}")
_DIGIT: Final = re.compile(r"\d")
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_\-]{1,60}[A-Za-z0-9]")  # no blanks in Japanese
_LABELLED: Final = re.compile(r"[^\W\d_]{1,8}[.:]")
_IBAN_START: Final = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?=[ \u00a0-]?[A-Z0-9])")
_IBAN_CHARS: Final = 60
# Characters of an IBAN by its country (ISO 13616 registry).
_IBAN_LENGTHS: Final[Mapping[str, int]] = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL FK SD", 19: "MK SI", 20: "AT BA EE KZ LT LU XK MN",
        21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO EG GT HU LB NI PL SV",
        29: "BR PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip


def possible_numbers(*texts: str) -> tuple[str, ...]:
    """Return words of the texts that may be the number of a document, at most `MOST_NUMBERS`.

    A word has a digit and at least three characters; "no.2026-12" gives "2026-12", too.
    """
    found: dict[str, None] = {}
    for text in texts:
        looked_at = text[:_LOOKED_AT]
        if not _DIGIT.search(looked_at):
            continue
        for match in _WORD.finditer(looked_at):
            if not _DIGIT.search(match[0]):
                continue
            word = match[0].rstrip("./-_")
            label = _LABELLED.match(word)
            plain = [] if word.isascii() else _PLAIN.findall(word)
            for one in (word, word[label.end() :] if label else "", *plain):
                if _SHORTEST <= len(one) <= _LONGEST and _DIGIT.search(one):
                    found[one] = None
            if len(found) >= MOST_NUMBERS:
                return tuple(found)[:MOST_NUMBERS]
    return tuple(found)


def ibans_in(text: str) -> tuple[str, ...]:
    """Return the IBANs in a text, without spaces, each once; those with right check digits only."""
    found: dict[str, None] = {}
    text = text[:_LOOKED_AT]
    for start in _IBAN_START.finditer(text):
        length = _IBAN_LENGTHS.get(start[0][:2])
        if length is None or len(found) >= _MOST_IBANS:
            continue
        written = _beginning(text[start.start() : start.start() + _IBAN_CHARS], length)
        try:
            found[iban_of(written)] = None
        except ValueError:
            continue
    return tuple(found)


def _beginning(text: str, length: int) -> str:
    """Return so many letters and digits from the beginning, single separators left out.

    "" where another kind of character, or one more letter, stands in the way.
    """
    taken: list[str] = []
    gap = 0
    for char in text:
        is_letter = char.isascii() and char.isalnum()
        if len(taken) == length:
            return "" if is_letter else "".join(taken)
        if is_letter:
            taken.append(char)
            gap = 0
        elif char in " \u00a0-" and not gap:
            gap = 1
        else:
            return ""
    return "".join(taken) if len(taken) == length else ""

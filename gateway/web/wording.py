"""Words, money, days as a reader expects them, in their language.

Templates ask for words by their English text, as gettext does; money and days are those of
CLDR, by Babel, on the server alone, so that a mail and the page that it leads to agree.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from gettext import NullTranslations
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal

from gateway.flow.refusal import Refused
from gateway.web.catalogues import ENGLISH, catalogues

_NBSP = "\u00a0"
_NARROW_NBSP = "\u202f"  # some mail programs show a box for it
_MOST_ASKED = 10
_CODE_BEFORE_DIGIT = re.compile(r"(?<=[A-Z]{3})(?=[0-9])")


@dataclass(frozen=True, slots=True)
class Wording:
    """How one language says it. lang, direction: for the `lang` and `dir` of HTML.

    numbers: how amounts are written. days: how days are; they differ where "en" alone is asked
    for, since most of the English-speaking world writes the day before the month.
    """

    lang: str
    direction: str
    words: NullTranslations
    numbers: Locale
    days: Locale

    def text(self, english: str, /, **values: object) -> str:
        """Return the words, `{name}` replaced by the value of that name."""
        return _filled(self.words.gettext(english) if english else "", values)

    def within(self, context: str, english: str, /) -> str:
        """Return words that mean something else elsewhere (gettext's msgctxt)."""
        return self.words.pgettext(context, english)

    def amid(self, english: str, /) -> str:
        """Return words that begin a line, as they stand amid a sentence."""
        text = self.text(english)
        return text if self.lang == "de" else text.lower()  # German nouns stay as they are

    def many(self, one: str, other: str, count: int, /, **values: object) -> str:
        """Return the words for this number of things; `{n}` is the number."""
        return _filled(self.words.ngettext(one, other, count), {"n": count, **values})

    def pair(self, words: Iterable[str], /) -> str:
        """Return "linden · harbour", words in English given, "" for none."""
        return " · ".join(self.text(word) for word in words)

    def refusal(self, refused: Refused) -> str:
        """Return why something can't be done."""
        return self.text(refused.words, **refused.values)

    def money(self, amount: Decimal, currency: str) -> str:
        """Return "€1,254.00", never to be broken between lines."""
        shown = _unbroken(format_currency(amount, currency, locale=self.numbers))
        # CLDR asks for a space between a currency's code and a digit; Babel leaves it out.
        return _CODE_BEFORE_DIGIT.sub(_NBSP, shown)

    def day(self, day: date) -> str:
        """Return "5 December 2026"."""
        return format_date(day, "long", locale=self.days).replace(_NARROW_NBSP, _NBSP)

    def short_day(self, day: date) -> str:
        """Return "5 Dec 2026"."""
        return format_date(day, "medium", locale=self.days).replace(_NARROW_NBSP, _NBSP)

    def moment(self, when: datetime, timezone: str) -> str:
        """Return "5 Dec 2026, 09:12" as the clock on the wall of that zone had it."""
        local = in_zone(when, timezone)
        return f"{self.short_day(local.date())}, {self.clock(local)}"

    def brief(self, when: datetime, timezone: str, today: date) -> str:
        """Return "09:12" of a moment of today, else "5 Dec 2026"."""
        local = in_zone(when, timezone)
        return self.clock(local) if local.date() == today else self.short_day(local.date())

    def clock(self, local: datetime) -> str:
        """Return "09:12" of a moment that is in the reader's zone already."""
        return _unbroken(format_time(local.time(), "short", locale=self.days))

    def size(self, octets: int) -> str:
        """Return "84 KB"."""
        if octets < 1000:
            return f"{octets}{_NBSP}{self.text('bytes')}"
        if octets < 999_500:
            return f"{round(octets / 1000)}{_NBSP}{self.text('KB')}"
        mega = format_decimal(octets / 1_000_000, "0.0", locale=self.numbers)
        return f"{mega}{_NBSP}{self.text('MB')}"


def wording(locale: str) -> Wording:
    """Return how to speak to a reader with this locale; in English to who reads none of ours."""
    return _wording(locale[:35].replace("_", "-").lower())


@lru_cache(maxsize=256)
def _wording(tag: str) -> Wording:
    language = tag.partition("-")[0]
    if language not in catalogues():
        language = tag = ENGLISH
    try:
        numbers = Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        numbers = Locale.parse(language)
    days = Locale.parse("en_GB") if str(numbers) == ENGLISH else numbers
    direction = numbers.text_direction
    return Wording(language, direction, catalogues()[language], numbers, days)


def wording_of_browser(accepted: str) -> Wording:
    """Return how to speak to somebody of whom nothing but `Accept-Language` is known."""
    return wording(next((tag for tag in _asked(accepted) if _is_ours(tag)), ENGLISH))


def _asked(accepted: str) -> Iterable[str]:
    asked: list[tuple[float, str]] = []
    for item in accepted.split(",")[:_MOST_ASKED]:
        tag, _, weight = item.partition(";q=")
        try:
            asked.append((float(weight or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for _, tag in sorted(asked, key=lambda one: -one[0])]


def _is_ours(tag: str) -> bool:
    return tag.lower().partition("-")[0] in catalogues()


def _unbroken(text: str) -> str:
    return text.replace(_NARROW_NBSP, _NBSP).replace(" ", _NBSP)


def in_zone(when: datetime, timezone: str) -> datetime:
    """Return the moment in a time zone; in UTC if there is none of that name."""
    try:
        return when.astimezone(ZoneInfo(timezone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return when


def _filled(text: str, values: dict[str, object]) -> str:
    # str.format would read attributes of the values; names alone are wanted, and a value
    # that holds braces itself stays as it is.
    if not values:
        return text
    pieces = text.split("{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("}")
        filled.append(f"{values[name]}{rest}")
    return "".join(filled)

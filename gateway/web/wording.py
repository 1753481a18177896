"""Words, money, days as a reader expects them: English, until other languages join.

Templates ask for words by their English text, as gettext does, so a catalogue can take the
place of `Wording.text` without a change to them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.rules.currencies import shown

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "INR": "₹", "KRW": "₩", "ILS": "₪"}
_NBSP = "\u00a0"


@dataclass(frozen=True, slots=True)
class Wording:
    """How one language says it. lang, direction: for the `lang` and `dir` of HTML."""

    lang: str = "en"
    direction: str = "ltr"

    def text(self, english: str, /, **values: object) -> str:
        """Return the words, `{name}` replaced by the value of that name."""
        return _filled(english, values)

    def many(self, one: str, other: str, count: int, /, **values: object) -> str:
        """Return the words for this number of things; `{n}` is the number."""
        return _filled(one if count == 1 else other, {"n": count, **values})

    def money(self, amount: Decimal, currency: str) -> str:
        """Return "€1,254.00"; the code and a hard space where there is no known sign."""
        digits = shown(abs(amount), currency)
        whole, point, rest = digits.partition(".")
        number = f"{int(whole):,}{point}{rest}"
        sign = "-" if amount < 0 else ""
        symbol = _SYMBOLS.get(currency)
        return f"{sign}{symbol}{number}" if symbol else f"{sign}{currency}{_NBSP}{number}"

    def day(self, day: date) -> str:
        """Return "5 December 2026"."""
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def short_day(self, day: date) -> str:
        """Return "5 Dec 2026"."""
        return f"{day.day} {_MONTHS[day.month - 1][:3]} {day.year}"

    def moment(self, when: datetime, timezone: str) -> str:
        """Return "5 Dec 2026, 09:12" as the clock on the wall of that zone had it."""
        local = in_zone(when, timezone)
        return f"{self.short_day(local.date())}, {local:%H:%M}"

    def brief(self, when: datetime, timezone: str, today: date) -> str:
        """Return "09:12" of a moment of today, else "5 Dec 2026"."""
        local = in_zone(when, timezone)
        return f"{local:%H:%M}" if local.date() == today else self.short_day(local.date())

    def size(self, octets: int) -> str:
        """Return "84 KB"."""
        if octets < 1000:
            return f"{octets}{_NBSP}bytes"
        if octets < 999_500:
            return f"{round(octets / 1000)}{_NBSP}KB"
        return f"{octets / 1_000_000:.1f}{_NBSP}MB"


_ENGLISH = Wording()


def wording(locale: str) -> Wording:  # noqa: ARG001 (one language so far answers for all)
    """Return how to speak to a reader with this locale."""
    return _ENGLISH


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

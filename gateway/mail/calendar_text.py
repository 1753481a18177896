"""What a calendar part says, in a few lines, for mail that has no other text (RFC 5545, RFC 5546).

Only the first entry is told; the part itself stays an attachment. Linear, and bounded.
"""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

_MOST_CHARS = 256 * 1024
_MOST_LINES = 2000
_VALUE_CHARS = 500
_DESCRIPTION_CHARS = 4000
_FOLD = re.compile(r"\r?\n[ \t]")
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
_PARAMETER = re.compile(r";([A-Za-z-]{1,40})=(?:\"([^\"]{0,200})\"|([^\";:]{0,200}))")
_ESCAPE = re.compile(r"\\([nN,;\\])")
_METHODS = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Answer to an invitation",
    "COUNTER": "Another time is proposed",
    "DECLINECOUNTER": "The proposed time was declined",
    "ADD": "Invitation to one more time",
    "REFRESH": "Asks for the latest version",
    "PUBLISH": "Event",
}
_ENTRIES = frozenset({"VEVENT", "VTODO", "VJOURNAL"})
_ANSWERS = {
    "ACCEPTED": "accepted",
    "DECLINED": "declined",
    "TENTATIVE": "accepted tentatively",
    "DELEGATED": "delegated",
}


@dataclass(slots=True)
class _Entry:
    method: str = ""
    fields: dict[str, tuple[dict[str, str], str]] = field(default_factory=dict)

    def value(self, name: str, chars: int = _VALUE_CHARS) -> str:
        value = self.fields.get(name, ({}, ""))[1]
        plain = _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
        return plain[:chars].strip()


def calendar_text(source: str) -> str:
    """Return what a calendar says, "" if it holds no entry.

    Method and summary on the first line; then when, where, who, and what is written about it.
    """
    entry = _first(source)
    if not entry.fields:
        return ""
    what = _METHODS.get(entry.method, "Event")
    lines = [f"{what}: {' '.join(entry.value('SUMMARY').split())}".rstrip(": ")]
    if when := _when(entry):
        lines.append(f"When: {when}")
    if where := " ".join(entry.value("LOCATION").split()):
        lines.append(f"Where: {where}")
    if organizer := _person(entry, "ORGANIZER"):
        lines.append(f"Organizer: {organizer}")
    if entry.method == "REPLY" and (who := _person(entry, "ATTENDEE")):
        said = entry.fields["ATTENDEE"][0].get("PARTSTAT", "").upper()
        lines.append(f"{who}: {_ANSWERS.get(said, 'no answer yet')}")
    if about := entry.value("DESCRIPTION", _DESCRIPTION_CHARS):
        lines += ["", about]
    return "\n".join(lines)


def _first(source: str) -> _Entry:
    """Return the first entry of a calendar with the method of the whole."""
    entry = _Entry()
    inside: list[str] = []
    for line in _FOLD.sub("", source[:_MOST_CHARS]).split("\n", _MOST_LINES)[:_MOST_LINES]:
        head, parameters, value = _property(line.rstrip("\r"))
        if head == "BEGIN":
            inside.append(value.strip().upper())
        elif head == "END":
            if inside and inside.pop() in _ENTRIES and entry.fields:
                break
        elif head == "METHOD" and len(inside) <= 1:
            entry.method = value.strip().upper()
        elif inside and inside[-1] in _ENTRIES:
            entry.fields.setdefault(head, (parameters, value))
    return entry


def _property(line: str) -> tuple[str, dict[str, str], str]:
    """Return name, parameters and value of a line; the colon may stand in a quoted parameter."""
    name = re.match(r"[A-Za-z-]{0,40}", line)
    place = name.end() if name else 0
    parameters: dict[str, str] = {}
    while (found := _PARAMETER.match(line, place)) is not None:
        parameters[found[1].upper()] = found[2] if found[2] is not None else found[3]
        place = found.end()
    _, _, value = line[place:].partition(":")
    return line[: name.end() if name else 0].upper(), parameters, value


def _when(entry: _Entry) -> str:
    start = _moment(entry, "DTSTART") or _moment(entry, "DUE")
    end = _moment(entry, "DTEND")
    if end and " " not in end:
        end = _day_before(end)  # RFC 5545, 3.6.1: a day that the event no longer has
    if not start or not end or end == start:
        return start
    day, _, rest = end.partition(" ")
    same_day = start.startswith(f"{day} ") and rest
    return f"{start} - {rest if same_day else end}"


def _day_before(day: str) -> str:
    try:
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return ""


def _moment(entry: _Entry, name: str) -> str:
    parameters, value = entry.fields.get(name, ({}, ""))
    found = _MOMENT.match(value.strip())
    if found is None:
        return ""
    year, month, day, hour, minute, utc = found.groups()
    if hour is None:
        return f"{year}-{month}-{day}"
    zone = "UTC" if utc else " ".join(parameters.get("TZID", "").split())[:80]
    return f"{year}-{month}-{day} {hour}:{minute}" + (f" ({zone})" if zone else "")


def _person(entry: _Entry, name: str) -> str:
    parameters, value = entry.fields.get(name, ({}, ""))
    address = value.strip()
    if address.lower().startswith("mailto:"):
        address = address[7:]
    shown = " ".join(parameters.get("CN", "").split())
    if not shown or shown.casefold() == address.casefold():
        return address[:_VALUE_CHARS]
    return f"{shown} <{address[:_VALUE_CHARS]}>"

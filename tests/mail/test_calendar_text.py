"""What a calendar says in a few lines."""

import pytest

from gateway.mail.calendar_text import calendar_text


def calendar(*lines: str, method: str = "REQUEST") -> str:
    inner = "\r\n".join(lines)
    return (
        f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n{inner}\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


@pytest.mark.parametrize(
    ("lines", "method", "text"),
    [
        pytest.param(
            ["SUMMARY:Call", "DTSTART:20260407T080000Z"],
            "CANCEL",
            "Cancelled: Call\nWhen: 2026-04-07 08:00 (UTC)",
            id="cancelled",
        ),
        pytest.param(
            [
                "SUMMARY:Call",
                'ATTENDEE;CN="Jana; Malá";PARTSTAT=DECLINED:MAILTO:jana@x.example',
            ],
            "REPLY",
            "Answer to an invitation: Call\nJana; Malá <jana@x.example>: declined",
            id="answer",
        ),
        pytest.param(
            ["SUMMARY:Fair", "DTSTART;VALUE=DATE:20260407", "DTEND;VALUE=DATE:20260408"],
            "PUBLISH",
            "Event: Fair\nWhen: 2026-04-07",
            id="one day",
        ),
        pytest.param(
            ["SUMMARY:Fair", "DTSTART;VALUE=DATE:20260407", "DTEND;VALUE=DATE:20260411"],
            "PUBLISH",
            "Event: Fair\nWhen: 2026-04-07 - 2026-04-10",
            id="days",
        ),
        pytest.param(
            ["SUMMARY:Night", "DTSTART:20260407T220000", "DTEND:20260408T020000"],
            "ODD",
            "Event: Night\nWhen: 2026-04-07 22:00 - 2026-04-08 02:00",
            id="over midnight",
        ),
        pytest.param(["UID:1"], "REQUEST", "Invitation", id="nothing said"),
        pytest.param(["SUMMARY:a", "DTSTART:soon"], "ADD",
                     "Invitation to one more time: a", id="no moment"),
    ],
)  # fmt: skip
def test_method_and_entry_are_told(lines: list[str], method: str, text: str) -> None:
    assert calendar_text(calendar(*lines, method=method)) == text


def test_only_the_first_entry_is_told() -> None:
    both = calendar("SUMMARY:One").replace(
        "END:VCALENDAR", "BEGIN:VEVENT\r\nLOCATION:Elsewhere\r\nEND:VEVENT\r\nEND:VCALENDAR"
    )
    assert calendar_text(both) == "Invitation: One"


@pytest.mark.parametrize("source", ["", "no calendar", "BEGIN:VCALENDAR\nEND:VCALENDAR\n"])
def test_where_there_is_no_entry_nothing_is_said(source: str) -> None:
    assert calendar_text(source) == ""


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("BEGIN:VEVENT\n" * 100_000, id="nested"),
        pytest.param("BEGIN:VEVENT\nX" + ";A=b" * 100_000, id="parameters"),
        pytest.param("BEGIN:VEVENT\nSUMMARY:" + "\\n" * 200_000, id="escapes"),
        pytest.param("BEGIN:VEVENT\nSUMMARY:a" + "\n b" * 200_000, id="folds"),
    ],
)
def test_hostile_calendars_are_bounded(source: str) -> None:
    assert len(calendar_text(source)) < 10_000

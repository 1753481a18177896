"""The header block of mail as it comes: cut, mended, measured."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.mail.headers import Head, message_ids, parse_date, read_head


def head(raw: bytes, *, octets: int = 1000, fields: int = 10) -> Head:
    return read_head(raw, 0, len(raw), octets=octets, fields=fields, outermost=True)


@pytest.mark.parametrize(
    ("raw", "items", "body"),
    [
        pytest.param(b"A: b\r\nC: d\r\n\r\nbody", [("A", b"b"), ("C", b"d")], b"body", id="CRLF"),
        pytest.param(b"A: b\n\nbody", [("A", b"b")], b"body", id="LF"),
        pytest.param(b"A: b\r\n c\r\n\td\r\n\r\n", [("A", b"b c d")], b"", id="folded"),
        pytest.param(b"A  : b\r\n\r\n", [("A", b"b")], b"", id="space before the colon"),
        pytest.param(b"A: b", [("A", b"b")], b"", id="no body"),
        pytest.param(b"\r\nbody", [], b"body", id="no header"),
        pytest.param(b"Hello,\r\nbody", [], b"Hello,\r\nbody", id="text alone"),
        pytest.param(b"From x Mon\r\nA: b\r\n\r\n", [("A", b"b")], b"", id="mbox line"),
        pytest.param(b"From : x\r\n\r\n", [("From", b"x")], b"", id="no mbox line"),
        pytest.param(b"\xef\xbb\xbfA: b\r\n\r\n", [("A", b"b")], b"", id="byte order mark"),
        pytest.param(b" A: b\r\n\r\n", [("A", b"b")], b"", id="space before the first field"),
        pytest.param(
            b'A: b;\r\nname="x"\r\nC: d\r\n\r\n', [("A", b'b; name="x"'), ("C", b"d")], b"",
            id="fold without white space",
        ),
        pytest.param(b"A: b\r\nHello\r\n\r\nrest", [("A", b"b")], b"Hello\r\n\r\nrest",
                     id="no empty line"),
        pytest.param(b"A: b\r\n--x\r\nC: d\r\n\r\n", [("A", b"b")], b"--x\r\nC: d\r\n\r\n",
                     id="boundary without an empty line"),
    ],
)  # fmt: skip
def test_fields_and_body_are_found(raw: bytes, items: list[tuple[str, bytes]], body: bytes) -> None:
    found = head(raw)
    assert (list(found.fields), raw[found.body :], found.too_long) == (items, body, False)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"A: " + b"x" * 2000 + b"\r\n\r\n", id="octets"),
        pytest.param(b"A: b\r\n" * 11 + b"\r\n", id="fields"),
        pytest.param(b"A: b\r\njunk\r\n" * 20 + b"C: d\r\n\r\n", id="fields among junk"),
    ],
)
def test_a_header_beyond_the_limits_is_told(raw: bytes) -> None:
    found = head(raw, octets=1000, fields=10)
    assert (found.too_long, len(found.fields) <= 11) == (True, True)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        pytest.param("<a@b> <c@d>", ("a@b", "c@d"), id="two"),
        pytest.param("<a@b> <a@b>", ("a@b",), id="twice"),
        pytest.param("<a @\t b>", ("a@b",), id="folded"),
        pytest.param('Your message of "Monday" <a@b>', ("a@b",), id="words"),
        pytest.param("a@b", ("a@b",), id="without brackets"),
        pytest.param("<> <", (), id="nothing"),
    ],
)
def test_message_ids_are_found(text: str, ids: tuple[str, ...]) -> None:
    assert message_ids(text) == ids


def test_of_many_references_the_first_and_the_latest_are_kept() -> None:
    ids = message_ids(" ".join(f"<{number}@x>" for number in range(1000)))
    assert (ids[0], ids[-1], len(ids)) == ("0@x", "999@x", 200)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param(
            "Tue, 7 Apr 2026 12:00:01 +0200",
            datetime(2026, 4, 7, 12, 0, 1, tzinfo=timezone(timedelta(hours=2))),
            id="modern",
        ),
        pytest.param("7 Apr 26 10:00 GMT", datetime(2026, 4, 7, 10, tzinfo=UTC), id="obsolete"),
        pytest.param(
            "Tue, 7 Apr 2026 10(c): 00  : 01 -0000",
            datetime(2026, 4, 7, 10, 0, 1, tzinfo=UTC),
            id="comments and spaces",
        ),
        pytest.param("Tue, 99 Foo 99999999999", None, id="nonsense"),
        pytest.param("Mon, 30 Feb 2026 10:00:00 +0000", None, id="no such day"),
        pytest.param("Tue, 7 Apr 2026 10:00:00 +9999", None, id="no such zone"),
        pytest.param("", None, id="empty"),
    ],
)
def test_dates_are_moments(text: str, moment: datetime | None) -> None:
    assert parse_date(text) == moment

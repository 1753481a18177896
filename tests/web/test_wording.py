"""Money, days and sizes in words."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gateway.web.wording import wording

SAY = wording("en")


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("1254", "EUR", "€1,254.00"),
        ("0.5", "GBP", "£0.50"),
        ("-86.4", "EUR", "-€86.40"),
        ("1234567.891", "KWD", "KWD\u00a01,234,567.891"),
        ("31250", "CZK", "CZK\u00a031,250.00"),
        ("1000", "JPY", "¥1,000"),
    ],
)
def test_money_reads_as_in_a_shop(amount, currency, shown):
    assert SAY.money(Decimal(amount), currency) == shown


def test_days_have_a_long_and_a_short_form():
    assert (SAY.day(date(2026, 12, 5)), SAY.short_day(date(2026, 12, 5))) == (
        "5 December 2026",
        "5 Dec 2026",
    )


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Bratislava", "6 Dec 2026, 00:30"),
        ("UTC", "5 Dec 2026, 23:30"),
        ("Nowhere/Land", "5 Dec 2026, 23:30"),
        ("../etc/passwd", "5 Dec 2026, 23:30"),
    ],
)
def test_moments_follow_the_wall_clock_of_the_company(zone, shown):
    assert SAY.moment(datetime(2026, 12, 5, 23, 30, tzinfo=UTC), zone) == shown


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        (0, "0\u00a0bytes"),
        (999, "999\u00a0bytes"),
        (84_321, "84\u00a0KB"),
        (999_999, "1.0\u00a0MB"),
        (5_250_000, "5.2\u00a0MB"),
    ],
)
def test_sizes_are_short(octets, shown):
    assert SAY.size(octets) == shown


def test_braces_in_a_value_stay():
    assert SAY.text("On {name}, {day}", name="{day}", day="x}") == "On {day}, x}"


def test_one_and_many_differ():
    assert [SAY.many("{n} day", "{n} days", n) for n in (1, 2)] == ["1 day", "2 days"]

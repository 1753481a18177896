"""When events are sent again, and when endpoints are left alone."""

from datetime import UTC, datetime, timedelta

import pytest

from webhooks.schedule import Health, Schedule, next_attempt
from webhooks.verdict import Accepted, Gone, TryAgain, judge

NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (
    timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days")
)
WAITS = (5 * SECOND, 5 * MINUTE, 30 * MINUTE)
SCHEDULE = Schedule(WAITS, 5 * DAY)


@pytest.mark.parametrize(
    ("tries", "spread", "not_before", "wait"),
    [
        pytest.param(1, 0, None, 5 * SECOND, id="first"),
        pytest.param(3, 0, None, 30 * MINUTE, id="last"),
        pytest.param(4, 0, None, None, id="over"),
        pytest.param(2, 1, None, 330 * SECOND, id="a tenth later"),
        pytest.param(2, -1, None, 270 * SECOND, id="a tenth earlier"),
        pytest.param(1, 0, HOUR, HOUR, id="as the endpoint asks"),
        pytest.param(3, 0, MINUTE, 30 * MINUTE, id="not sooner than planned"),
        pytest.param(4, 0, MINUTE, None, id="over all the same"),
    ],
)
def test_a_failed_event_is_due_after_its_wait(tries, spread, not_before, wait):
    due = next_attempt(
        SCHEDULE,
        tries=tries,
        failed_at=NINE,
        spread=spread,
        not_before=None if not_before is None else NINE + not_before,
    )
    assert due == (None if wait is None else NINE + wait)


def test_no_try_at_all_is_a_mistake():
    with pytest.raises(ValueError, match="tries"):
        next_attempt(SCHEDULE, tries=0, failed_at=NINE, spread=0)


def test_an_endpoint_that_keeps_failing_is_left_alone_longer_and_longer():
    health, pauses = Health(), []
    for _ in range(9):
        health = health.failed(NINE)
        pauses.append(health.resume_at and (health.resume_at - NINE).total_seconds())
    assert pauses == [None, None, 5, 15, 60, 120, 300, 300, 300]
    assert health.since == NINE


def test_an_endpoint_that_asks_for_patience_gets_it():
    assert Health().failed(NINE, not_before=NINE + HOUR).resume_at == NINE + HOUR
    assert Health(5).failed(NINE, not_before=NINE + SECOND).resume_at == NINE + 2 * MINUTE


@pytest.mark.parametrize(
    ("since", "is_hopeless"),
    [(None, False), (NINE - 5 * DAY + SECOND, False), (NINE - 5 * DAY, True)],
)
def test_an_endpoint_without_success_for_five_days_is_hopeless(since, is_hopeless):
    assert Health(40, since).is_hopeless(SCHEDULE, NINE) is is_hopeless


@pytest.mark.parametrize(
    ("status", "headers", "verdict"),
    [
        pytest.param(200, {}, Accepted(), id="200"),
        pytest.param(204, {}, Accepted(), id="204"),
        pytest.param(301, {"location": "/x"}, TryAgain(), id="redirect"),
        pytest.param(400, {}, TryAgain(), id="400"),
        pytest.param(410, {}, Gone(), id="gone"),
        pytest.param(500, {"retry-after": "9"}, TryAgain(), id="only the busy may ask"),
        pytest.param(429, {"retry-after": "90"}, TryAgain(NINE + 90 * SECOND), id="seconds"),
        pytest.param(
            503,
            {"retry-after": "Sun, 22 Nov 2026 09:10:00 GMT"},
            TryAgain(NINE + 10 * MINUTE),
            id="a date",
        ),
        pytest.param(429, {"retry-after": "99999999999"}, TryAgain(NINE + DAY), id="a day at most"),
        pytest.param(429, {"retry-after": "0"}, TryAgain(), id="now"),
        pytest.param(429, {"retry-after": "soon"}, TryAgain(), id="nonsense"),
        pytest.param(502, {"retry-after": "Sun, 22 Nov 2026 09:10:00"}, TryAgain(), id="no zone"),
        pytest.param(504, {}, TryAgain(), id="says nothing"),
    ],
)
def test_an_answer_means(status, headers, verdict):
    assert judge(status, headers, NINE) == verdict

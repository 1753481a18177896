from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.retry import PATIENT_ATTEMPTS, RetryPolicy, hint_in, next_attempt

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=size) for size in (1, 60, 3600, 86400))
NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
POLICY = RetryPolicy(
    [5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR],
    give_up_after=4 * DAY,
)


def due_after(attempts, failed_after=timedelta(), *, spread=0, **more):
    due = next_attempt(
        POLICY,
        queued_at=NINE,
        failed_at=NINE + failed_after,
        attempts=attempts,
        spread=spread,
        **more,
    )
    return due if due is None else due - NINE


@pytest.mark.parametrize(
    ("attempts", "failed_after", "due"),
    [
        pytest.param(1, 0 * DAY, 5 * MINUTE, id="first wait"),
        pytest.param(2, 5 * MINUTE, 20 * MINUTE, id="second wait"),
        pytest.param(8, 16 * HOUR, 28 * HOUR, id="last wait"),
        pytest.param(9, 28 * HOUR, 40 * HOUR, id="last wait repeats"),
        pytest.param(99, 2 * DAY, 2 * DAY + 12 * HOUR, id="and repeats"),
        pytest.param(12, 4 * DAY - HOUR, 4 * DAY, id="one last try at give-up"),
        pytest.param(12, 4 * DAY - 12 * HOUR, 4 * DAY, id="just in time"),
        pytest.param(13, 4 * DAY, None, id="expired"),
        pytest.param(13, 9 * DAY, None, id="long expired"),
        pytest.param(1, 5 * DAY, None, id="expired at the first attempt"),
    ],
)
def test_deferred_mail_is_due_after_its_wait(attempts, failed_after, due):
    assert due_after(attempts, failed_after) == due


@pytest.mark.parametrize(
    ("spread", "due"), [(1, 66 * MINUTE), (-1, 54 * MINUTE), (0.5, 63 * MINUTE)]
)
def test_chance_moves_the_wait_by_a_tenth_at_most(spread, due):
    assert due_after(4, spread=spread) == due


def test_chance_does_not_put_the_last_try_off():
    assert due_after(12, 4 * DAY - HOUR, spread=1) == 4 * DAY


@pytest.mark.parametrize("attempts", [0, -1])
def test_attempts_are_counted_from_one(attempts):
    with pytest.raises(ValueError, match="attempts"):
        due_after(attempts)


def test_the_offsets_of_the_default_schedule():
    offsets, failed, attempts = [], timedelta(), 1
    while (failed := due_after(attempts, failed)) is not None:
        offsets.append(failed / HOUR)
        attempts += 1
    assert [round(offset, 2) for offset in offsets] == [
        0.08, 0.33, 0.83, 1.83, 3.83, 7.83, 15.83, 27.83, 39.83, 51.83, 63.83, 75.83, 87.83, 96,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("attempts", "hint", "due"),
    [
        pytest.param(1, 10 * MINUTE, 10 * MINUTE, id="longer than the wait"),
        pytest.param(1, 90 * SECOND, 90 * SECOND, id="shorter than the wait"),
        pytest.param(1, 1 * SECOND, MINUTE, id="not below a minute"),
        pytest.param(1, 5 * HOUR, HOUR, id="not above an hour"),
        pytest.param(PATIENT_ATTEMPTS, 5 * MINUTE, 5 * MINUTE, id="still patient"),
        pytest.param(PATIENT_ATTEMPTS + 1, 5 * MINUTE, 12 * HOUR, id="no longer patient"),
    ],
)
def test_a_hint_of_the_server_is_taken_within_bounds(attempts, hint, due):
    assert due_after(attempts, hint=hint) == due


def test_nobody_comes_before_the_hinted_time():
    assert due_after(1, hint=10 * MINUTE, spread=-1) == 11 * MINUTE


@pytest.mark.parametrize(
    ("attempts", "due"),
    [
        (1, 5 * MINUTE),
        (4, 5 * MINUTE),
        (PATIENT_ATTEMPTS, 5 * MINUTE),
        (PATIENT_ATTEMPTS + 1, 12 * HOUR),
    ],
)
def test_greylisting_keeps_the_first_wait_for_a_while(attempts, due):
    assert due_after(attempts, greylisted=True) == due


@given(
    st.integers(1, 50),
    st.timedeltas(timedelta(), 10 * DAY),
    st.floats(-1, 1),
    st.none() | st.timedeltas(timedelta(), 10 * DAY),
    st.booleans(),
)
def test_the_next_attempt_is_later_and_never_behind_the_last_try(
    attempts, failed_after, spread, hint, greylisted
):
    due = due_after(attempts, failed_after, spread=spread, hint=hint, greylisted=greylisted)
    if failed_after >= 4 * DAY:
        assert due is None
    else:
        assert failed_after < due <= 4 * DAY


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Greylisted, please try again in 300 seconds", 300),
        ("Greylisted for 5 minutes", 300),
        ("4.7.1 Please try again after 00:04:59", 299),
        ("Greylisted, see http://postgrey.test/help/?m=5h in 10 min", 600),
        ("retry timeout: 90s", 90),
        ("Temporarily deferred, come back in 1 hour", 3600),
        ("Try again later (2 hrs)", 7200),
        ("TRY AGAIN IN 3 MINUTES", 180),
        ("Temporary failure at 14:22:10, try again later", None),
        ("Mailbox full", None),
        ("You sent 5 mails in 10 minutes", None),
        ("try again later", None),
        ("try again in 99999999999 seconds", None),
        ("try again, 10.0.0.5 seconds you", None),
        ("", None),
    ],
)
def test_hints_are_read_from_the_words_of_the_server(text, hint):
    assert hint_in(text) == (None if hint is None else timedelta(seconds=hint))


@given(st.text(max_size=300))
def test_any_words_hold_a_hint_or_none(text):
    hint = hint_in(f"try again {text}")
    assert hint is None or timedelta() <= hint


def test_long_words_are_read_in_bounded_time():
    assert hint_in("again " + "1 " * 1_000_000 + "5 min") is None

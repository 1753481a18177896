"""Budgets of a session."""

from gateway.smtp.budget import Budget
from gateway.smtp.limits import SessionLimits

LIMITS = SessionLimits(errors_per_session=2, idle_commands=3, idle_commands_rate=2)


def test_errors_up_to_the_limit_are_allowed():
    budget = Budget(LIMITS, 0.0)
    assert [budget.err() for _ in range(3)] == [True, True, False]


def test_idle_commands_come_back_with_time_but_not_beyond_the_limit():
    budget = Budget(LIMITS, 0.0)
    assert [budget.idle(0.0) for _ in range(4)] == [True, True, True, False]
    assert [budget.idle(1.5) for _ in range(3)] == [True, True, False]
    assert [budget.idle(1000.0) for _ in range(4)] == [True, True, True, False]


def test_good_mail_renews_the_budget():
    budget = Budget(LIMITS, 0.0)
    for _ in range(3):
        budget.err()
        budget.idle(0.0)
    budget.renew()
    assert budget.err()
    assert budget.idle(0.0)

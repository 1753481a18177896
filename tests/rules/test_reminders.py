"""Days on which a customer is reminded."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from gateway.rules.model import Invoice, InvoiceStatus
from gateway.rules.reminders import (
    ReminderRules,
    claimed_until,
    is_reminded_of,
    promised_until,
    reminder_due,
    working_days_after,
)

NOW = datetime(2026, 11, 29, tzinfo=UTC)
DUE = date(2026, 12, 10)
RULES = ReminderRules(before=(3,), on_due=True, after=(7, 14))
INVOICE = Invoice(
    "inv_1", "ten_1", "cnv_1", "2026-1", Decimal(10), "EUR", {"email": "a@b.example"}, NOW, NOW,
    due_on=DUE,
)  # fmt: skip


@pytest.mark.parametrize(
    ("passed", "sent", "due"),
    [
        (-4, (), None),
        (-3, (), -3),
        (-3, (-3,), None),
        (-1, (), -3),
        (0, (), 0),
        (0, (0,), None),
        (2, (), 0),
        (3, (), None),
        (7, (-3, 0), 7),
        (9, (), 7),
        (10, (), None),
        (14, (7,), 14),
        (40, (), None),
    ],
)
def test_each_day_named_is_reminded_of_once_and_not_long_after(passed, sent, due):
    assert reminder_due(RULES, INVOICE, DUE + timedelta(days=passed), sent) == due


def test_rules_are_off_by_default():
    assert ReminderRules().offsets == ()
    assert RULES.offsets == (-3, 0, 7, 14)
    assert reminder_due(ReminderRules(), INVOICE, DUE, ()) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"status": InvoiceStatus.PAID},
        {"status": InvoiceStatus.CANCELLED},
        {"replaced_by": "inv_2"},
        {"kind": "quote"},
        {"kind": "credit_note"},
        {"amount": Decimal(0)},
    ],
)
def test_nobody_is_reminded_of_what_asks_for_no_payment(changes):
    invoice = replace(INVOICE, **changes)
    assert not is_reminded_of(invoice)
    assert reminder_due(RULES, invoice, DUE, ()) is None


def test_an_invoice_without_a_due_date_has_no_day():
    assert reminder_due(RULES, replace(INVOICE, due_on=None), DUE, ()) is None


def test_a_claim_has_five_working_days():
    friday = date(2026, 11, 27)
    assert working_days_after(friday, 1) == date(2026, 11, 30)
    assert claimed_until([date(2026, 11, 2), friday]) == date(2026, 12, 4)
    assert claimed_until([]) is None


def test_a_promise_holds_through_its_day():
    promised = replace(INVOICE, payment={"promised_on": "2026-12-04"})
    assert promised_until(promised) == date(2026, 12, 5)
    assert promised_until(INVOICE) is None

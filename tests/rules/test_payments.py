"""What is paid, open, overdue."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gateway.rules.model import Invoice, InvoiceStatus, Payment
from gateway.rules.payments import amount_open, day_of, is_overdue, with_payments

NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
INVOICE = Invoice(
    "inv_1",
    "ten_1",
    "cnv_1",
    "7",
    Decimal("100.00"),
    "EUR",
    {},
    NOW,
    NOW,
    due_on=date(2026, 11, 21),
)


def payment(amount, *, confirmed=True, withdrawn=False, by="company"):
    return Payment(
        f"pay_{amount}", "inv_1", Decimal(amount), "cash", date(2026, 11, 20), by, confirmed, "",
        NOW, withdrawn,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("payments", "status", "still_open"),
    [
        pytest.param([], "open", "100.00", id="nothing"),
        pytest.param([payment("40.00")], "open", "60.00", id="a part"),
        pytest.param([payment("40.00"), payment("60.00")], "paid", "0", id="in parts"),
        pytest.param([payment("120.00")], "paid", "0", id="too much"),
        pytest.param([payment("100.00", confirmed=False)], "claimed", "100.00", id="claimed"),
        pytest.param([payment("100.00", withdrawn=True)], "open", "100.00", id="taken back"),
    ],
)
def test_status_and_open_amount_follow_from_payments(payments, status, still_open):
    invoice = with_payments(INVOICE, payments)
    assert (invoice.status, amount_open(invoice)) == (status, Decimal(still_open))


def test_a_cancelled_invoice_stays_cancelled_and_owes_nothing():
    cancelled = replace(INVOICE, status=InvoiceStatus.CANCELLED)
    invoice = with_payments(cancelled, [payment("1.00")])
    assert (invoice.status, amount_open(invoice)) == ("cancelled", 0)


def test_an_unpaid_invoice_is_overdue_the_day_after_it_was_due():
    days = [date(2026, 11, 21), date(2026, 11, 22)]
    assert [is_overdue(INVOICE, day) for day in days] == [False, True]


def test_a_paid_invoice_is_never_overdue():
    assert not is_overdue(with_payments(INVOICE, [payment("100.00")]), date(2027, 1, 1))


def test_the_day_is_the_company_s():
    assert [day_of(NOW, zone).day for zone in ("UTC", "Europe/Bratislava", "no/where")] == [
        22,
        23,
        22,
    ]

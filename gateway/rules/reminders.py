"""When a customer is reminded of an invoice, and when not. Pure.

A reminder goes out once for each day that the company's rules name, in the conversation. It
waits while the customer says that they paid, or when they will, is away, or can't be reached.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from gateway.rules.model import Invoice, InvoiceStatus, Tenant
from gateway.rules.payments import ZERO, amount_open

MOST_RULES = 10
MOST_BEFORE, MOST_AFTER = 60, 365
"""Days before and after the due date that may be named."""
GRACE_DAYS = 2
"""So late a reminder still goes out, where the gateway stood still on its day."""
CLAIM_DAYS = 5
"""Working days for which a claim of payment is given time."""
PROMISED_ON = "promised_on"
"""Under which name a promise stands among what was agreed about payment."""
MOST_PROMISED_DAYS = 60
"""So far ahead a customer may promise to pay."""
_REMINDED = frozenset({"invoice", "proforma", "order", "other"})
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class ReminderRules:
    """Days on which a company reminds: before, on and after the due date; none at first."""

    before: tuple[int, ...] = ()
    on_due: bool = False
    after: tuple[int, ...] = ()

    @property
    def offsets(self) -> tuple[int, ...]:
        """The days, counted from the due date, in their order."""
        return (*sorted(-day for day in self.before), *((0,) if self.on_due else ()), *self.after)


NO_REMINDERS = ReminderRules()


def rules_of(tenant: Tenant) -> ReminderRules:
    """Return a company's rules as its record keeps them."""
    kept: Mapping[str, Any] = tenant.email.get("reminders") or {}
    return ReminderRules(
        tuple(kept.get("before", ())), bool(kept.get("on_due")), tuple(kept.get("after", ()))
    )


def is_reminded_of(invoice: Invoice) -> bool:
    """Say whether there is anything to pay that somebody may be reminded of."""
    is_waiting = invoice.status in {InvoiceStatus.OPEN, InvoiceStatus.CLAIMED}
    is_payable = invoice.kind in _REMINDED and amount_open(invoice) > ZERO
    return is_waiting and is_payable and invoice.replaced_by is None


def reminder_due(
    rules: ReminderRules, invoice: Invoice, today: date, sent: Collection[int]
) -> int | None:
    """Return the latest day, counted from the due date, whose reminder is to go out now.

    sent: the days whose reminders went out. Older ones that were missed are let go.
    """
    if invoice.due_on is None or not is_reminded_of(invoice):
        return None
    passed = (today - invoice.due_on).days
    ripe = [day for day in rules.offsets if day <= passed <= day + GRACE_DAYS]
    if not ripe or ripe[-1] in sent:
        return None
    return ripe[-1]


def claimed_until(days: Sequence[date]) -> date | None:
    """Return the day from which reminders may go on after claims of payment, None without any.

    days: the company's days on which the claims were made.
    """
    return working_days_after(max(days), CLAIM_DAYS) if days else None


def promised_on(invoice: Invoice) -> date | None:
    """Return the day by which the customer said to pay, or None."""
    given = invoice.payment.get(PROMISED_ON)
    return date.fromisoformat(str(given)) if given else None


def with_promise(invoice: Invoice, day: date | None) -> Invoice:
    """Return the invoice with the day by which it is promised to be paid, None for no promise."""
    payment = {name: said for name, said in invoice.payment.items() if name != PROMISED_ON}
    if day is not None:
        payment[PROMISED_ON] = day.isoformat()
    return replace(invoice, payment=payment)


def promised_until(invoice: Invoice) -> date | None:
    """Return the day from which reminders may go on after a promise, or None without one."""
    day = promised_on(invoice)
    return day + timedelta(days=1) if day else None


def working_days_after(day: date, count: int) -> date:
    """Return the day that so many working days, Monday to Friday, lie before."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < _SATURDAY
    return day

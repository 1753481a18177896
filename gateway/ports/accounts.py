"""Invoices, suppressions and events, as the store keeps them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from gateway.ports.lists import Listed, Page
from gateway.rules.model import Event, Invoice, Payment, Receipt, Suppression


class Invoices(Protocol):
    """Invoices, payments, receipts."""

    def add(self, invoice: Invoice) -> None:
        """Add it; raises Taken("number", holder) if company, kind and number are in use.

        One that was replaced (`replaced_by` is set) no longer counts.
        """

    def get(self, tenant_id: str, invoice_id: str) -> Invoice | None:
        """Return it with payments and receipts, or None if unknown."""

    def by_number(self, tenant_id: str, kind: str, number: str) -> Invoice | None:
        """Return the newest one with that number."""

    def numbered(self, tenant_id: str, numbers: Sequence[str]) -> Sequence[str]:
        """Return those of the numbers that documents of the company have, of whatever kind."""

    def accounts(
        self, tenant_id: str, limit: int = 20, *, before: str | None = None
    ) -> Sequence[str]:
        """Return the IBANs of the company's newest documents as handed over, each once.

        before: of those that are older than this one.
        """

    def of_conversation(self, tenant_id: str, conversation_id: str) -> Sequence[Invoice]:
        """Return them, oldest first."""

    def page(
        self, tenant_id: str | None, page: Page, *, status: str | None = None
    ) -> Listed[Invoice]:
        """Return invoices, newest first."""

    def due_between(
        self, tenant_id: str, first: date, last: date, after: int, most: int
    ) -> Sequence[tuple[int, Invoice]]:
        """Return unpaid invoices due on these days, each with its position.

        Those behind the position `after`, in their order, `most` at most.
        """

    def next_due(self, tenant_id: str, today: date) -> Invoice | None:
        """Return the open invoice that is due next, today or later; None if there is none."""

    def change(self, invoice: Invoice, *, check_version: bool = False) -> Invoice:
        """Store the fields but payments, receipts; return it with `version` + 1. Raises Stale."""

    def add_payment(self, tenant_id: str, payment: Payment) -> None:
        """Add a payment."""

    def change_payment(self, tenant_id: str, payment: Payment) -> None:
        """Store the fields."""

    def add_receipt(self, tenant_id: str, receipt: Receipt) -> Receipt:
        """Add a receipt; an issued one gets the company's next number, without gaps."""

    def payments(
        self,
        tenant_id: str,
        page: Page,
        *,
        first: date | None = None,
        last: date | None = None,
    ) -> Listed[tuple[Invoice, Payment]]:
        """Return payments, newest first, each with its invoice; first, last: days paid on."""

    def stored_between(
        self, tenant_id: str, since: datetime, until: datetime
    ) -> Sequence[tuple[str, Decimal]]:
        """Return currency and amount of the documents stored in a time, but cancelled ones."""

    def paid_between(
        self, tenant_id: str, first: date, last: date
    ) -> Sequence[tuple[str, Decimal]]:
        """Return currency and amount of confirmed payments of these days."""


class Suppressions(Protocol):
    """Addresses that get no mail, per company."""

    def add(self, suppression: Suppression) -> bool:
        """Add it; False if the address was suppressed already (a complaint replaces others)."""

    def get(self, tenant_id: str, address: str) -> Suppression | None:
        """Return it by exact address, lower case."""

    def page(self, tenant_id: str, page: Page) -> Listed[Suppression]:
        """Return them, newest first."""

    def remove(self, tenant_id: str, address: str) -> bool:
        """Lift it; False if there was none."""


class Events(Protocol):
    """What happened, numbered without gaps per company when the transaction commits."""

    def add(self, event: Event) -> None:
        """Tell of something."""

    def after(
        self, tenant_id: str, sequence: int, *, types: Sequence[str] = (), limit: int = 100
    ) -> Sequence[Event]:
        """Return events with a higher number, oldest first."""

    def get(self, tenant_id: str, event_id: str) -> Event | None:
        """Return it, or None."""

    def failures(self, tenant_id: str, limit: int) -> Sequence[Event]:
        """Return events that tell of mail that failed, waits or was complained of, newest first."""

    def numbered(self, tenant_id: str, sequence: int) -> Event | None:
        """Return the event with a number, or None."""

    def last(self, tenant_id: str) -> int:
        """Return the newest number, 0 if none."""

    def counts(self, tenant_id: str, since: datetime, until: datetime) -> Mapping[str, int]:
        """Return how often what happened in a time, by type."""

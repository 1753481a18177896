"""Providers of online payments: they are asked for a page, and tell what was paid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol


class Declined(Exception):  # noqa: N818 (what the provider did, not who failed)
    """The provider won't do this; the text is its reason, for the company alone."""


class Forged(Exception):  # noqa: N818 (what the notice is)
    """A notice that the provider did not sign, or signed too long ago."""


@dataclass(frozen=True, slots=True)
class Account:
    """A company's account at a provider; both are secrets."""

    secret_key: str
    webhook_secret: str


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be paid, and where the payer comes back to.

    title: the document's, as the payer reads it. locale: the payer's, such as "sk".
    """

    tenant_id: str
    invoice_id: str
    title: str
    amount: Decimal
    currency: str
    email: str
    locale: str
    done_url: str
    back_url: str


@dataclass(frozen=True, slots=True)
class Paid:
    """What a provider says was paid. reference: the same for the same payment, for ever."""

    reference: str
    tenant_id: str
    invoice_id: str
    amount: Decimal
    currency: str


class Provider(Protocol):
    """One provider, for all companies that have an account there."""

    @property
    def name(self) -> str:
        """The provider's name, as people know it."""

    @property
    def host(self) -> str:
        """The host of the page that payers are led to."""

    async def begin(self, account: Account, order: Order, now: datetime) -> str:
        """Return the address of a page on which the order is paid.

        The same order on the same day has the same page.

        Raises Declined, Fault.
        """

    def read(
        self, account: Account, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> Paid | None:
        """Return what a notice says was paid; None if it tells of something else.

        Raises Forged.
        """

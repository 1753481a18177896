"""Payments, receipts, and what happened in a time."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from gateway.api.schemas.base import Asked, AskedPage, Given, Instant, one_of


class AskedPayments(AskedPage):
    """Which payments, and in which form."""

    format: Annotated[
        Literal["json", "csv"], Field(description="csv: all of them at once, UTF-8, RFC 4180.")
    ] = "json"
    from_: Annotated[date | None, Field(alias="from", description="The first day paid on.")] = None
    to: Annotated[date | None, Field(description="The last day paid on.")] = None


class PaymentListed(Given):
    """A payment with its invoice; `withdrawn`: taken back."""

    id: str
    invoice_id: str
    invoice_number: str
    conversation_id: str
    customer_name: str
    customer_email: str
    amount: str
    currency: str
    method: str
    on: date
    by: Annotated[str, one_of("customer", "company", "provider")]
    confirmed: bool
    withdrawn: bool
    noted_by: str = Field(description="Who of the company noted or confirmed it, if known.")
    note: str
    created_at: Instant


class ReceiptMade(Given):
    """A receipt: a draft until its payment is confirmed, then numbered without gaps."""

    id: str
    number: int | None
    state: Annotated[str, one_of("draft", "issued")]
    pdf_url: str


class AskedStats(Asked):
    """Which days, both included, in the company's time zone; the last 30 without."""

    from_: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None


class MoneyShown(Given):
    """A sum of one currency."""

    currency: str
    count: int
    amount: str


class StatsShown(Given):
    """What happened in a time. events: how often each, by type."""

    from_: date = Field(alias="from")
    to: date
    events: dict[str, int]
    invoiced: list[MoneyShown] = Field(description="Documents stored in that time, by currency.")
    paid: list[MoneyShown] = Field(description="Confirmed payments by their day, by currency.")

"""What a company's accounting asks for: payments, receipts, sums of a time."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from starlette.responses import Response, StreamingResponse

from gateway.api.paging import page_of, shown
from gateway.api.registry import Access, Call, Reply, Route
from gateway.api.schemas.base import ListOf
from gateway.api.schemas.books import (
    AskedPayments,
    AskedStats,
    MoneyShown,
    PaymentListed,
    ReceiptMade,
    StatsShown,
)
from gateway.api.schemas.invoices import PaymentNamed
from gateway.flow import ledger
from gateway.flow.refusal import invalid
from gateway.ports.store import Work
from gateway.rules import currencies
from gateway.rules.model import Invoice, Payment
from gateway.rules.payments import day_of

_USUAL = timedelta(days=29)
_LONGEST = timedelta(days=366)


def listed(invoice: Invoice, payment: Payment) -> PaymentListed:
    """Return a payment as lists show it."""
    return PaymentListed(**ledger.entry(invoice, payment))


async def payments(call: Call) -> Reply | Response:
    """Return payments, newest first."""
    asked, tenant_id = call.asked(AskedPayments), call.company.id
    if asked.from_ and asked.to and asked.to < asked.from_:
        raise invalid("to", "It is before `from`.", code="invalid_date")
    days = {"first": asked.from_, "last": asked.to}

    store = call.services.context.store
    if asked.format == "json":
        page = page_of(asked)
        found = await store.read(lambda work: work.invoices.payments(tenant_id, page, **days))
        return Reply(shown(found, lambda pair: listed(*pair)))

    lines = ledger.csv_lines(store, tenant_id, **days)
    named = {"Content-Disposition": 'attachment; filename="payments.csv"'}
    return StreamingResponse(lines, 200, named, "text/csv; charset=utf-8")


async def receipt(call: Call) -> Reply:
    """Return the receipt of a payment, made if there is none."""
    body, tenant, context = call.body(PaymentNamed), call.company, call.services.context
    invoice_id = call.path["id"]
    made = await call.services.receipts.make(tenant, invoice_id, body.payment_id)

    def look(work: Work) -> str:
        invoice = work.invoices.get(tenant.id, invoice_id)
        assert invoice is not None
        people = work.conversations.participants(tenant.id, invoice.conversation_id)
        return context.names.chat_url(context.keys, tenant, people[0])

    link = await context.store.read(look)
    return Reply(
        ReceiptMade(
            id=made.id,
            number=made.number,
            state=made.state,
            pdf_url=f"{link}/receipts/{made.id}",
        )
    )


async def stats(call: Call) -> Reply:
    """Return how often what happened, and sums by currency."""
    asked, tenant, context = call.asked(AskedStats), call.company, call.services.context
    last = asked.to or day_of(context.clock.now(), tenant.timezone)
    first = asked.from_ or last - _USUAL
    if last < first:
        raise invalid("to", "It is before `from`.", code="invalid_date")
    if last - first > _LONGEST:
        raise invalid("from", "A year at most is counted at once.", code="invalid_date")
    zone = ZoneInfo(tenant.timezone)
    since = datetime.combine(first, time(), zone)
    until = datetime.combine(last + timedelta(days=1), time(), zone)

    def read(work: Work) -> StatsShown:
        return StatsShown(
            **{"from": first},
            to=last,
            events=dict(work.events.counts(tenant.id, since, until)),
            invoiced=_sums(work.invoices.stored_between(tenant.id, since, until)),
            paid=_sums(work.invoices.paid_between(tenant.id, first, last)),
        )

    return Reply(await context.store.read(read))


def _sums(amounts: Sequence[tuple[str, Decimal]]) -> list[MoneyShown]:
    by_currency: dict[str, list[Decimal]] = {}
    for currency, amount in amounts:
        by_currency.setdefault(currency, []).append(amount)
    return [
        MoneyShown(
            currency=currency,
            count=len(found),
            amount=currencies.shown(sum(found, Decimal(0)), currency),
        )
        for currency, found in sorted(by_currency.items())
    ]


ROUTES = (
    Route(
        "GET",
        "/v1/payments",
        "List payments, as JSON or CSV",
        payments,
        Access.COMPANY,
        "Invoices",
        scopes=("send", "inbox:read"),
        query=AskedPayments,
        answer=ListOf[PaymentListed],
        also="text/csv",
    ),
    Route(
        "POST",
        "/v1/invoices/{id}/receipt",
        "Make the receipt of a payment",
        receipt,
        Access.COMPANY,
        "Invoices",
        scopes=("send", "inbox:write"),
        body=PaymentNamed,
        answer=ReceiptMade,
        status=201,
    ),
    Route(
        "GET",
        "/v1/stats",
        "Count what happened in some days",
        stats,
        Access.COMPANY,
        "Events",
        scopes=("inbox:read",),
        query=AskedStats,
        answer=StatsShown,
    ),
)

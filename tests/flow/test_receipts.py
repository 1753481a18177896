"""Receipts: drafts until confirmed, then numbered without gaps per company."""

from datetime import date
from decimal import Decimal

import pytest

from gateway.flow.drafts import PaymentDraft, TenantDraft
from gateway.flow.refusal import Kind, Refused
from gateway.rules.receipts import RECEIPT_DRAFT, RECEIPT_ISSUED
from tests.flow.desk import open_desk
from tests.smtp.loops import in_loop

CASH = PaymentDraft(method="cash")


def token(sent):
    return sent.view_url.rpartition("/")[2]


async def stored(desk, invoice_id):
    return await desk.read(lambda work: work.invoices.get(desk.tenant.id, invoice_id))


@in_loop
async def test_a_customers_receipt_is_a_draft_until_the_company_confirms(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice()
        draft = await desk.receipts.ask(
            token(sent), sent.invoice.id, PaymentDraft(Decimal(200), on=date(2026, 11, 20))
        )
        again = await desk.receipts.ask(token(sent), sent.invoice.id, PaymentDraft())
        invoice = await stored(desk, sent.invoice.id)
        assert (draft.state, draft.number, again.id) == (RECEIPT_DRAFT, None, draft.id)
        assert [(p.method, p.amount, p.confirmed) for p in invoice.payments] == [
            ("cash", Decimal(200), False)
        ]
        await desk.billing.confirm_payment(desk.tenant, invoice.id, None)
        shown = await desk.receipts.show(token(sent), draft.id)
        assert (shown.receipt.state, shown.receipt.number) == (RECEIPT_ISSUED, 1)
        assert shown.payment.amount == Decimal(200)
        told = [e.data["state"] for e in await desk.events() if e.type == "receipt.created"]
        assert told == ["draft", "issued"]


@in_loop
async def test_numbers_are_gapless_and_each_companys_own(tmp_path):
    async with open_desk(tmp_path) as desk:
        numbers = []
        for number in ("1", "2", "3"):
            sent = await desk.invoice(number)
            draft = await desk.receipts.ask(token(sent), sent.invoice.id, PaymentDraft())
            if number == "2":  # never confirmed: takes no number
                await desk.visits.withdraw(token(sent), sent.invoice.id)
                with pytest.raises(Refused) as refused:
                    await desk.receipts.show(token(sent), draft.id)
                assert refused.value.kind is Kind.NOT_FOUND
                continue
            await desk.billing.confirm_payment(desk.tenant, sent.invoice.id, None)
            numbers.append((await desk.receipts.show(token(sent), draft.id)).receipt.number)
        assert numbers == [1, 2]
        other = await desk.companies.add(TenantDraft("Other"))
        desk.tenant = other.tenant
        sent = await desk.invoice()
        await desk.billing.mark_paid(desk.tenant, sent.invoice.id, CASH)
        assert (await desk.receipts.make(desk.tenant, sent.invoice.id)).number == 1


@in_loop
async def test_a_company_makes_receipts_of_payments_one_each(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice()
        with pytest.raises(Refused) as refused:
            await desk.receipts.make(desk.tenant, sent.invoice.id)
        assert refused.value.kind is Kind.CONFLICT
        for amount in ("100", "200"):
            draft = PaymentDraft(Decimal(amount), "cash")
            await desk.billing.mark_paid(desk.tenant, sent.invoice.id, draft)
        first, second = (await stored(desk, sent.invoice.id)).payments
        newest = await desk.receipts.make(desk.tenant, sent.invoice.id)
        rest = await desk.receipts.make(desk.tenant, sent.invoice.id)
        known = await desk.receipts.make(desk.tenant, sent.invoice.id, second.id)
        assert (newest.payment_id, newest.number, newest.state) == (second.id, 1, RECEIPT_ISSUED)
        assert (rest.payment_id, rest.number, known.id) == (first.id, 2, newest.id)
        with pytest.raises(Refused):
            await desk.receipts.make(desk.tenant, sent.invoice.id, "pay_unknown")


@in_loop
async def test_an_issued_receipt_outlives_its_payment(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice()
        await desk.billing.mark_paid(desk.tenant, sent.invoice.id, CASH)
        receipt = await desk.receipts.ask(token(sent), sent.invoice.id, PaymentDraft())
        assert receipt.number == 1
        await desk.billing.mark_unpaid(desk.tenant, sent.invoice.id, None)
        shown = await desk.receipts.show(token(sent), receipt.id)
        assert (shown.receipt.number, shown.payment.withdrawn) == (1, True)


@in_loop
async def test_no_cash_receipt_stands_beside_another_claim(tmp_path):
    async with open_desk(tmp_path) as desk:
        sent = await desk.invoice()
        await desk.visits.claim(token(sent), sent.invoice.id, PaymentDraft(method="transfer"))
        with pytest.raises(Refused) as refused:
            await desk.receipts.ask(token(sent), sent.invoice.id, PaymentDraft())
        assert refused.value.code == "claimed"
        other = await desk.invoice("2026-0143")
        receipt = await desk.receipts.ask(token(other), other.invoice.id, PaymentDraft())
        with pytest.raises(Refused) as refused:
            await desk.receipts.show(token(sent), receipt.id)
        assert refused.value.kind is Kind.NOT_FOUND

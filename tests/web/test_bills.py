"""Invoices in words."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from gateway.rules.model import InvoiceStatus
from gateway.web.bill_rows import Row, rows
from gateway.web.bills import bill, chip
from gateway.web.wording import wording
from tests.web.letter_facts import INVOICE, TENANT, payment

SAY = wording("en")
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("change", "words", "tone"),
    [
        ({}, "Due 5 December 2026", "off"),
        ({"due_on": date(2026, 11, 25)}, "Due in 3 days", "soon"),
        ({"due_on": date(2026, 11, 23)}, "Due in 1 day", "soon"),
        ({"due_on": TODAY}, "Due today", "soon"),
        ({"due_on": date(2026, 11, 21)}, "Overdue 1 day", "over"),
        ({"due_on": date(2026, 11, 16)}, "Overdue 6 days", "over"),
        ({"due_on": None}, "Open", "off"),
        ({"payments": (payment("454"),)}, "€800.00 still open", "soon"),
        (
            {"status": InvoiceStatus.CLAIMED},
            "You said it's paid. Waiting for Novák Joinery",
            "claim",
        ),
        (
            {"status": InvoiceStatus.PAID, "payments": (payment("1254"),)},
            "Paid 22 Nov 2026",
            "paid",
        ),
        ({"status": InvoiceStatus.CANCELLED}, "Cancelled", "off"),
        ({"kind": "quote"}, "Valid until 5 December 2026", "off"),
        ({"kind": "credit_note"}, "", "off"),
    ],
)
def test_the_state_of_an_invoice_is_told_in_a_few_words(change, words, tone):
    shown = chip(replace(INVOICE, **change), TENANT, SAY, TODAY)
    assert (shown.words, shown.tone) == (words, tone)


def test_lines_are_read_whatever_services_call_their_fields():
    lines = (
        {"description": "Table", "quantity": 2, "unit": "pc", "unit_price": "10.50"},
        {"name": "VAT", "total": "209.00"},
        {"item": "Free", "amount": "nothing"},
        {"colour": "red", "size": None},
        {"description": "Odd", "quantity": "NaN", "price": "1e99"},
    )
    assert rows(replace(INVOICE, lines=lines), SAY) == (
        Row("Table", "2 pc", "€10.50", "€21.00"),
        Row("VAT", "", "", "€209.00"),
        Row("Free", "", "", "nothing"),
        Row("colour: red", "", "", ""),
        Row("Odd", "NaN", "1e99", "NaN"),
    )


def test_a_part_paid_invoice_asks_for_the_rest():
    shown = bill(replace(INVOICE, payments=(payment("454"),)), TENANT, SAY, TODAY)
    assert (shown.open, shown.open_plain) == ("€800.00", "800.00")
    (amount,) = [row for row in shown.bank if row.label == "Amount"]
    assert (amount.value, amount.copy) == ("€800.00", "800.00")


def test_an_invoice_of_nothing_is_not_payable():
    assert not bill(replace(INVOICE, amount=Decimal(0)), TENANT, SAY, TODAY).payable

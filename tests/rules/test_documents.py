"""Which credit note stands for a cancelled invoice."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from gateway.rules.documents import credit_note_of
from gateway.rules.model import InvoiceStatus
from tests.web.letter_facts import INVOICE, NINE

CANCELLED = replace(INVOICE, status=InvoiceStatus.CANCELLED)
NOTE = replace(INVOICE, id="inv_2", kind="credit_note", created_at=NINE + timedelta(days=1))


@pytest.mark.parametrize(
    ("notes", "found"),
    [
        pytest.param([NOTE], "inv_2", id="of the same sum"),
        pytest.param([replace(NOTE, amount=Decimal("-1254.00"))], "inv_2", id="below nothing"),
        pytest.param([NOTE, replace(NOTE, id="inv_3")], "inv_3", id="the newest"),
        pytest.param(
            [replace(NOTE, amount=Decimal(50), replaces="inv_1"), replace(NOTE, id="inv_3")],
            "inv_2",
            id="one that names it",
        ),
        pytest.param([replace(NOTE, amount=Decimal(50))], None, id="of another sum"),
        pytest.param([replace(NOTE, currency="CZK")], None, id="of another currency"),
        pytest.param([replace(NOTE, kind="quote")], None, id="no credit note"),
        pytest.param([replace(NOTE, created_at=NINE - timedelta(days=1))], None, id="older"),
        pytest.param([replace(NOTE, replaced_by="inv_9")], None, id="replaced"),
        pytest.param([replace(NOTE, status=InvoiceStatus.CANCELLED)], None, id="cancelled"),
    ],
)
def test_a_cancelled_invoice_has_the_credit_note_that_surely_is_its(notes, found):
    note = credit_note_of(CANCELLED, [CANCELLED, *notes])
    assert (note.id if note else None) == found


def test_an_invoice_that_stands_has_none():
    assert credit_note_of(INVOICE, [INVOICE, NOTE]) is None

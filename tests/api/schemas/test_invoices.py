import json
from decimal import Decimal

import pytest

from gateway.api.invoices import draft_of
from gateway.api.jsontext import read_as
from gateway.api.lifting import Lifted
from gateway.api.schemas.invoices import InvoiceTaken
from gateway.mail.mailbox import Mailbox
from tests.api.kit import INVOICE
from tests.api.schemas.refusals import refusal
from tests.smtp.loops import in_loop


async def draft(body):
    return draft_of(await read_as(InvoiceTaken, json.dumps(body).encode(), Lifted()))


@in_loop
async def test_a_plain_invoice_is_read():
    found = await draft(INVOICE)
    assert (found.number, found.amount, found.currency) == ("2026-0142", Decimal("1254.00"), "EUR")
    assert found.customer == Mailbox("Jana Nováková", "jana@customer.test")


@pytest.mark.parametrize(
    ("cc", "addresses"),
    [
        (["a@b.test", "C <c@d.test>", {"email": "e@f.test"}], ("a@b.test", "c@d.test", "e@f.test")),
        ("a@b.test", ("a@b.test",)),
        ([], ()),
    ],
)
@in_loop
async def test_copies_go_to_one_or_several(cc, addresses):
    assert (await draft({**INVOICE, "cc": cc})).cc == addresses


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"amount": 12.5}, "invalid_amount", "amount"),
        ({"amount": "-1"}, "invalid_amount", "amount"),
        ({"amount": "1e3"}, "invalid_amount", "amount"),
        ({"amount": "1,50"}, "invalid_amount", "amount"),
        ({"amount": "１２"}, "invalid_amount", "amount"),
        ({"amount": "1" * 31}, "invalid_amount", "amount"),
        ({"amount": "1.005"}, "invalid_amount", "amount"),
        ({"amount": "10.5", "currency": "JPY"}, "invalid_amount", "amount"),
        ({"currency": "EURO"}, "invalid_currency", "currency"),
        ({"currency": "eur"}, "invalid_currency", "currency"),
        ({"currency": "XXX"}, "invalid_currency", "currency"),
        ({"issued_on": "2026-13-01"}, "invalid", "issued_on"),
        ({"issued_on": "20. 11. 2026"}, "invalid", "issued_on"),
        ({"due_on": "2026-11-01"}, "invalid_date", "due_on"),
        ({"kind": "bill"}, "invalid", "kind"),
        ({"number": ""}, "blank", "number"),
        ({"number": "1\n2"}, "control_character", "number"),
        ({"send": "yes"}, "invalid", "send"),
        ({"customer": {"name": "Jana"}}, "missing", "customer.email"),
        ({"customer": {"email": "a@b.test", "phone": 1}}, "unknown_field", "customer.phone"),
        ({"customer": {"email": "jana"}}, "invalid_address", "customer.email"),
        ({"customer": {"email": "a@b.test, c@d.test"}}, "invalid_address", "customer.email"),
        ({"customer": {"email": "a@b.test\r\nX: y"}}, "invalid_address", "customer.email"),
        ({"customer": {"email": "x@[127.0.0.1]"}}, "invalid_address", "customer.email"),
        (
            {"customer": {"email": "a@b.test", "name": "J\r\nX"}},
            "control_character",
            "customer.name",
        ),
        ({"cc": ["x"]}, "invalid_address", "cc.0.email"),
        ({"subject": "A\nB"}, "control_character", "subject"),
        ({"payment": {"iban": "SK96 1100 0000 0029 1859 9668"}}, "invalid_iban", "payment.iban"),
        ({"payment": {"url": "javascript:alert(1)"}}, "invalid_url", "payment.url"),
        ({"payment": {"bic": "x"}}, "invalid_bic", "payment.bic"),
        ({"payment": {"variable_symbol": "12345678901"}}, "invalid", "payment.variable_symbol"),
        ({"pdf": {"filename": "../a.pdf", "content": "eA=="}}, "invalid_filename", "pdf.filename"),
        (
            {"pdf": {"filename": "a\r\n.pdf", "content": "eA=="}},
            "control_character",
            "pdf.filename",
        ),
        ({"pdf": {"filename": "a.pdf", "content": "not base64"}}, "invalid_base64", "pdf.content"),
        ({"pdf": {"filename": "a.pdf", "content": ""}}, "empty_file", "pdf.content"),
        ({"pdf": {"filename": "a.pdf"}}, "missing", "pdf.content"),
        ({"lines": [{"a": {"b": 1}}]}, "invalid", "lines.0.a.str"),
        ({"status": "paid"}, "unknown_field", "status"),
        ({"tenant_id": "ten_other"}, "unknown_field", "tenant_id"),
    ],
)
@in_loop
async def test_what_does_not_fit_is_named(change, code, param):
    assert await refusal(draft({**INVOICE, **change})) == (422, code, param)

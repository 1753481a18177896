"""The routes of invoices."""

from typing import Any

from gateway.api import invoice_batch, invoices
from gateway.api.registry import Access, Route
from gateway.api.schemas.base import ListOf
from gateway.api.schemas.invoice_batch import MOST, InvoicesSent, InvoicesTaken
from gateway.api.schemas.invoices import (
    AskedInvoices,
    InvoiceChange,
    InvoiceSent,
    InvoiceShown,
    InvoiceTaken,
    PaidTaken,
    PaymentNamed,
)

_ONE = "/v1/invoices/{id}"
_READ: dict[str, Any] = {
    "access": Access.COMPANIES,
    "tag": "Invoices",
    "scopes": ("inbox:read",),
}
_WRITE: dict[str, Any] = {
    "access": Access.COMPANY,
    "tag": "Invoices",
    "scopes": ("send", "inbox:write"),
}
_STEP: dict[str, Any] = {**_WRITE, "answer": InvoiceShown, "versioned": True, "refuses": (409,)}

ROUTES = (
    Route(
        "POST",
        "/v1/invoices",
        "Store an invoice or another document, and mail it to the customer",
        invoices.add,
        Access.COMPANY,
        "Invoices",
        scopes=("send",),
        body=InvoiceTaken,
        answer=InvoiceSent,
        status=202,
        form_part="invoice",
        refuses=(409, 429, 507),
        recover=invoices.recover,
    ),
    Route(
        "POST",
        "/v1/invoices/batch",
        "Store and mail up to 500 documents, each taken or refused for itself",
        invoice_batch.add,
        Access.COMPANY,
        "Invoices",
        scopes=("send",),
        body=InvoicesTaken,
        answer=InvoicesSent,
        files=2 * MOST,
        refuses=(409, 507),
        recover=invoice_batch.again,
    ),
    Route(
        "GET",
        "/v1/invoices",
        "List invoices",
        invoices.page,
        **_READ,
        query=AskedInvoices,
        answer=ListOf[InvoiceShown],
    ),
    Route(
        "GET",
        _ONE,
        "Read an invoice",
        invoices.one,
        **_READ,
        answer=InvoiceShown,
        versioned=True,
    ),
    Route("PATCH", _ONE, "Change an invoice", invoices.change, **_STEP, body=InvoiceChange),
    Route(
        "POST",
        f"{_ONE}/send",
        "Mail an invoice once more",
        invoices.send,
        Access.COMPANY,
        "Invoices",
        scopes=("send",),
        answer=InvoiceSent,
        status=202,
        refuses=(409, 429, 507),
    ),
    Route(
        "POST",
        f"{_ONE}/remind",
        "Remind of an unpaid invoice by mail, in its conversation",
        invoices.remind,
        Access.COMPANY,
        "Invoices",
        scopes=("send",),
        answer=InvoiceSent,
        status=202,
        refuses=(409, 429, 507),
    ),
    Route(
        "POST",
        f"{_ONE}/mark-paid",
        "Note a payment; less than the open amount is a part payment",
        invoices.mark_paid,
        **_STEP,
        body=PaidTaken,
    ),
    Route(
        "POST",
        f"{_ONE}/mark-unpaid",
        "Take back a payment or claim",
        invoices.mark_unpaid,
        **_STEP,
        body=PaymentNamed,
    ),
    Route(
        "POST",
        f"{_ONE}/confirm-payment",
        "Confirm the customer's claim of payment",
        invoices.confirm_payment,
        **_STEP,
        body=PaymentNamed,
    ),
    Route("POST", f"{_ONE}/cancel", "Cancel an invoice", invoices.cancel, **_STEP),
)

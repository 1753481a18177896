"""Invoices, payments, receipts."""

from sqlalchemy import Index
from sqlmodel import Field

from gateway.store.tables.base import Stored, big, moment, octets, partial, position_field, table_of


class InvoiceRow(Stored, table=True):
    """An invoice. number_key: of company, kind and number; unique until it is replaced."""

    __tablename__ = "invoice"
    __table_args__ = (
        Index("ix_invoice_tenant", "tenant_id", "position"),
        Index("ix_invoice_number", "number_key", "position"),
        partial(
            "ix_invoice_unpaid",
            "tenant_id",
            "status",
            "due_on",
            "conversation_id",
            where="status IN ('open', 'claimed')",
        ),
        partial("uq_invoice_number", "number_key", where="replaced_by IS NULL", unique=True),
    )

    position: int | None = position_field()
    id: str = Field(unique=True)
    tenant_id: str
    conversation_id: str = Field(foreign_key="conversation.id", index=True)
    number: str
    amount: str
    currency: str
    customer: str
    created_at: int = big()
    updated_at: int = big()
    kind: str
    issued_on: str | None
    due_on: str | None
    status: str
    message_id: str | None
    lines: str
    payment: str
    message: str
    locale: str | None
    replaces: str | None
    replaced_by: str | None
    pdf_attachment_id: str | None
    version: int
    number_key: bytes = octets()


class PaymentRow(Stored, table=True):
    """A claim or a fact of payment."""

    __tablename__ = "payment"
    __table_args__ = (Index("ix_payment_tenant", "tenant_id", "position"),)

    position: int | None = position_field()
    id: str = Field(unique=True)
    tenant_id: str
    invoice_id: str = Field(foreign_key="invoice.id", index=True)
    amount: str
    method: str
    on: str
    by: str
    confirmed: bool
    note: str
    created_at: int = big()
    withdrawn: bool
    noted_by: str = Field(default="", sa_column_kwargs={"server_default": ""})


class ReceiptRow(Stored, table=True):
    """A cash receipt; numbers are gapless per company."""

    __tablename__ = "receipt"
    __table_args__ = (Index("uq_receipt_number", "tenant_id", "number", unique=True),)

    position: int | None = position_field()
    id: str = Field(unique=True)
    tenant_id: str
    invoice_id: str = Field(foreign_key="invoice.id", index=True)
    payment_id: str | None
    number: int | None = moment()
    state: str
    created_at: int = big()


INVOICE = table_of(InvoiceRow)
PAYMENT = table_of(PaymentRow)
RECEIPT = table_of(ReceiptRow)

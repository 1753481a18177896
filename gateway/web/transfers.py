"""The transfer that pays a document, for its code and its rows: in mails and on pages."""

from gateway.rules.model import Invoice, Tenant
from gateway.rules.pay_codes import CodeKind, Transfer, transfer_of
from gateway.rules.payments import amount_open
from gateway.web.wording import Wording

_CODE_NAMES = {
    CodeKind.EPC: "EPC QR code",
    CodeKind.PAY_BY_SQUARE: "PAY by square",
    CodeKind.SPAYD: "QR Platba",
}


def code_name(kind: CodeKind, say: Wording) -> str:
    """Return what a code is called; names of national standards stay as they are."""
    return say.text(_CODE_NAMES[kind])


def reference_of(invoice: Invoice) -> str:
    """Return what the company wants to read on its statement."""
    details = invoice.payment
    return str(details.get("reference") or details.get("variable_symbol") or invoice.number)


def transfer_for(tenant: Tenant, invoice: Invoice) -> Transfer | None:
    """Return the transfer of what is still open, or None if no code can ask for it."""
    details = invoice.payment
    return transfer_of(
        tenant.name,
        str(details.get("iban") or ""),
        amount_open(invoice),
        invoice.currency,
        reference=reference_of(invoice),
        bic=str(details.get("bic") or ""),
        variable_symbol=str(details.get("variable_symbol") or ""),
        due_on=invoice.due_on,
    )

"""The transfer that pays a document, for its code and its rows: in mails and on pages."""

from gateway.rules.model import Invoice, Tenant
from gateway.rules.pay_codes import CodeKind, Transfer, transfer_of, variable_symbol_of
from gateway.rules.payments import amount_open
from gateway.web.wording import Wording

_CODE_NAMES = {
    CodeKind.EPC: "EPC QR code",
    CodeKind.PAY_BY_SQUARE: "PAY by square",
    CodeKind.SPAYD: "QR Platba",
}
_WITH_SYMBOLS = frozenset({"cs", "sk"})


def code_name(kind: CodeKind, say: Wording) -> str:
    """Return what a code is called; names of national standards stay as they are."""
    return say.text(_CODE_NAMES[kind])


def reference_of(invoice: Invoice) -> str:
    """Return what the company wants to read on its statement."""
    details = invoice.payment
    return str(details.get("reference") or details.get("variable_symbol") or invoice.number)


def references_of(invoice: Invoice, say: Wording) -> list[tuple[str, str]]:
    """Return (label, value) of what is to be written into the transfer.

    Forms of Czech and Slovak banks ask for the variable symbol; others have one line for all.
    """
    details, reference = invoice.payment, reference_of(invoice)
    symbol = variable_symbol_of(
        str(details.get("iban") or ""), reference, str(details.get("variable_symbol") or "")
    )
    if not symbol or say.lang not in _WITH_SYMBOLS:
        return [(say.text("Reference"), reference)]
    rows = [(say.text("Variable symbol"), symbol)]
    return rows if reference == symbol else [*rows, (say.text("Reference"), reference)]


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

"""Electronic invoices among the attachments: UBL, and Cross Industry Invoice (Factur-X, ZUGFeRD).

Recognised by their root element and told in a few facts (EN 16931). Nothing is validated, and
nothing is believed of it but for showing. The XML is a stranger's: expat reads a bounded beginning
of it, a document type declaration ends the reading, so no entity is ever expanded or fetched.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal
from xml.parsers import expat

from gateway.mail.encoded_words import one_line
from gateway.mail.keepable import keepable
from gateway.mail.pdf_files import embedded_files

DocumentKind = Literal["factur-x", "cii", "ubl"]

_MOST_OCTETS: Final = 2 * 1024 * 1024
_PDF_OCTETS: Final = 32 * 1024 * 1024
_DEEPEST: Final = 40
_VALUE_CHARS: Final = 100
_XML_TYPES: Final = frozenset({"application/xml", "text/xml"})
_UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
_CII: Final = (
    "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:",
    "urn:ferd:CrossIndustryDocument:",
)
# Where each fact stands, from the root's children down, as local names; the first found counts.
_FACTS: Final = {
    "ubl": {
        ("ID",): "number",
        ("DocumentCurrencyCode",): "currency",
        ("DueDate",): "due",
        ("PaymentMeans", "PaymentDueDate"): "due",
        ("LegalMonetaryTotal", "TaxInclusiveAmount"): "total",
        ("LegalMonetaryTotal", "PayableAmount"): "payable",
    },
    "cii": {
        ("ExchangedDocument", "ID"): "number",
        ("HeaderExchangedDocument", "ID"): "number",
        ("InvoiceCurrencyCode",): "currency",
        ("SpecifiedTradePaymentTerms", "DueDateDateTime", "DateTimeString"): "due",
        ("SpecifiedTradeSettlementHeaderMonetarySummation", "GrandTotalAmount"): "total",
        ("SpecifiedTradeSettlementMonetarySummation", "GrandTotalAmount"): "total",
    },
}
# Elements of CII between the root and what the table above names.
_CII_WRAPPERS: Final = frozenset(
    {
        "SupplyChainTradeTransaction", "SpecifiedSupplyChainTradeTransaction",
        "ApplicableHeaderTradeSettlement", "ApplicableSupplyChainTradeSettlement",
    }
)  # fmt: skip
_TOTAL: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_COMPACT_DAY: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Document:
    """An electronic invoice in an attachment; what it says of itself, None where it doesn't.

    kind: "factur-x" within a PDF, "cii" or "ubl" as XML. total: a decimal number, tax included.
    due: "2026-04-21".
    """

    kind: DocumentKind
    number: str | None = None
    total: str | None = None
    currency: str | None = None
    due: str | None = None


def read_document(octets: bytes, content_type: str, filename: str) -> Document | None:
    """Return the electronic invoice in an attachment, or None if it is none."""
    name = filename.lower()
    if content_type == "application/pdf" or name.endswith(".pdf"):
        if b"/EmbeddedFile" not in octets[:_PDF_OCTETS]:
            return None
        for file in embedded_files(octets[:_PDF_OCTETS], octets=_MOST_OCTETS):
            document = _read_xml(file)
            if document is not None and document.kind == "cii":
                return Document(
                    "factur-x", document.number, document.total, document.currency, document.due
                )
        return None
    if content_type in _XML_TYPES or content_type.endswith("+xml") or name.endswith(".xml"):
        return _read_xml(octets)
    return None


class _Stopped(Exception):  # noqa: N818 (nobody's error: enough was read, or it is none of ours)
    """Ends the reading of an XML text."""


@dataclass(slots=True)
class _Reader:
    """Follows the elements of an XML text, and keeps what the tables ask for."""

    kind: Literal["cii", "ubl"] | None = None
    path: list[str] = field(default_factory=list)
    depth: int = 0
    wanted: str = ""
    pieces: list[str] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _Stopped
        if self.depth == 1:
            self._root(space, local)
            return
        if self.kind == "ubl" or local not in _CII_WRAPPERS:
            self.path.append(local)
        self.wanted = _FACTS[self.kind or "ubl"].get(tuple(self.path), "")
        self.pieces.clear()

    def text(self, text: str) -> None:
        if self.wanted:
            self.pieces.append(text)

    def end(self, name: str) -> None:
        local = name.rpartition(" ")[2]
        if self.wanted:
            value = "".join(self.pieces)[:_VALUE_CHARS].strip()
            if value:
                self.facts.setdefault(self.wanted, value)
            self.wanted = ""
        if self.path and self.path[-1] == local and local not in _CII_WRAPPERS:
            self.path.pop()
        self.depth -= 1

    def refuse(self, *_: object) -> None:
        raise _Stopped

    def _root(self, space: str, local: str) -> None:
        if space.startswith(_UBL) and local in {"Invoice", "CreditNote"}:
            self.kind = "ubl"
        elif space.startswith(_CII) and local in {"CrossIndustryInvoice", "CrossIndustryDocument"}:
            self.kind = "cii"
        else:
            raise _Stopped


def _read_xml(octets: bytes) -> Document | None:
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    # What was read until something went wrong may be enough.
    with suppress(_Stopped, expat.ExpatError, ValueError, LookupError):
        parser.Parse(octets[:_MOST_OCTETS], False)
    return _document(reader) if reader.kind is not None and reader.facts else None


def _document(reader: _Reader) -> Document:
    facts = {name: keepable(one_line(value)) for name, value in reader.facts.items()}
    total = facts.get("total") or facts.get("payable", "")
    currency = facts.get("currency", "")
    return Document(
        kind=reader.kind or "ubl",
        number=facts.get("number"),
        total=total if _TOTAL.fullmatch(total) else None,
        currency=currency if _CURRENCY.fullmatch(currency) else None,
        due=_day(facts.get("due", "")),
    )


def _day(text: str) -> str | None:
    compact = _COMPACT_DAY.fullmatch(text)
    try:
        return date.fromisoformat("-".join(compact.groups()) if compact else text[:10]).isoformat()
    except ValueError:
        return None

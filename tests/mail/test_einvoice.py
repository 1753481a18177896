"""Electronic invoices among attachments: recognised, told in a few facts, never expanded."""

import tracemalloc
import zlib
from pathlib import Path

import pytest

from gateway.mail.einvoice import Document, read_document

CASES = Path(__file__).parents[1] / "cases" / "einvoice"
UBL = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"


def case(name):
    return (CASES / name).read_bytes()


def pdf(file, *, filter_=b"/Filter /FlateDecode ", subtype=b"/Subtype /text#2Fxml"):
    content = zlib.compress(file) if filter_ else file
    return (
        b"%PDF-1.7\n1 0 obj\n<< /Names << /EmbeddedFiles << >> >> >>\nendobj\n"
        b"2 0 obj\n<< /Type /Filespec /F (factur-x.xml) /EF << /F 3 0 R >> >>\nendobj\n"
        b"3 0 obj\n<< /Type /EmbeddedFile " + subtype + filter_ + b"/Length %d\n" % len(content)
        + b"/Params << /Size 9 >> >>\nstream\r\n" + content + b"\nendstream\nendobj\n%%EOF\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("ubl_invoice.xml", Document("ubl", "FV/2026/0142", "1254.00", "EUR", "2026-04-21")),
        ("ubl_credit_note.xml", Document("ubl", "D-7", "-90", "CZK", "2026-05-02")),
        ("cii.xml", Document("cii", "RE-2026-0142", "1254.00", "EUR", "2026-04-21")),
    ],
)
def test_xml_is_recognised_by_its_root(name, document):
    assert read_document(case(name), "application/xml", "x.xml") == document
    assert read_document(case(name), "application/octet-stream", "X.XML") == document


@pytest.mark.parametrize("filter_", [b"/Filter /FlateDecode ", b"/Filter[/FlateDecode]", b""])
def test_a_pdf_may_hold_its_invoice(filter_):
    found = read_document(pdf(case("cii.xml"), filter_=filter_), "application/pdf", "invoice.pdf")
    assert found == Document("factur-x", "RE-2026-0142", "1254.00", "EUR", "2026-04-21")


@pytest.mark.parametrize(
    ("octets", "content_type", "name"),
    [
        pytest.param(b"<html><body/></html>", "text/xml", "a.xml", id="other xml"),
        pytest.param(b"<Invoice><ID>1</ID></Invoice>", "text/xml", "a.xml", id="no namespace"),
        pytest.param(b"%PDF-1.4\nno files", "application/pdf", "a.pdf", id="plain pdf"),
        pytest.param(pdf(b"<a/>"), "application/pdf", "a.pdf", id="another file in a pdf"),
        pytest.param(
            pdf(b"x").replace(b"FlateDecode", b"LZWDecode  "), "application/pdf", "", id="filter"
        ),
        pytest.param(b"\xff\xfe\0<", "text/xml", "a.xml", id="no xml"),
        pytest.param(b"", "application/pdf", "a.pdf", id="empty"),
        pytest.param(case("cii.xml"), "text/plain", "a.txt", id="named as text"),
    ],
)
def test_anything_else_is_no_invoice(octets, content_type, name):
    assert read_document(octets, content_type, name) is None


def test_no_entity_is_expanded():
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "EUR"><!ENTITY y SYSTEM "file:///etc/hosts">]>'
        f'<Invoice xmlns="{UBL}"><ID>&x;&y;</ID></Invoice>'
    )
    assert read_document(bomb.encode(), "text/xml", "a.xml") is None


def test_nonsense_is_left_out_of_the_facts():
    odd = (
        f'<Invoice xmlns="{UBL}"><ID>A\u202e1</ID><DueDate>soon</DueDate>'
        "<DocumentCurrencyCode>euros</DocumentCurrencyCode><LegalMonetaryTotal>"
        "<TaxInclusiveAmount>1e9</TaxInclusiveAmount></LegalMonetaryTotal></Invoice>"
    )
    assert read_document(odd.encode(), "text/xml", "a.xml") == Document("ubl", "A1")


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(f'<Invoice xmlns="{UBL}"><ID>1</ID>'.encode() + b"<a>" * 500_000, id="deep"),
        pytest.param(pdf(b"<a/>" * 50) * 500, id="many files"),
        pytest.param(pdf(bytes(50_000_000)), id="inflated"),
        pytest.param(b"%PDF/EmbeddedFile" + b"/Type /EmbeddedFile>>" * 100_000, id="marks"),
    ],
)
def test_hostile_documents_take_bounded_memory(octets):
    kind = "application/pdf" if octets.startswith(b"%PDF") else "text/xml"
    tracemalloc.start()
    read_document(octets, kind, "a")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40_000_000

"""A receipt as a PDF of one page: a draft says so, an issued one has its number."""

from collections.abc import Sequence

import font_roboto
from fpdf import FPDF, XPos, YPos

from gateway.flow.receipts import ReceiptFacts
from gateway.rules.payments import CASH
from gateway.web.bills import METHOD_WORDS
from gateway.web.kinds import words_of
from gateway.web.wording import Wording

_FONT = "Roboto"
_A5_MM = (148.0, 210.0)
_MARGIN = 18.0
_LABEL_MM = 44.0
_INK, _MUTED, _LINE = (22, 32, 46), (85, 96, 111), (213, 219, 228)
_BANDS = {"draft": ((111, 68, 0), (255, 241, 207)), "void": ((158, 27, 22), (253, 234, 232))}
_MOST_CHARS = 600


def receipt_title(facts: ReceiptFacts, say: Wording) -> str:
    """Return what the receipt is called, such as "Cash receipt 7"; a draft has no number."""
    cash = facts.payment.method == CASH
    number = facts.receipt.number
    if number is None:
        return say.text("Cash receipt") if cash else say.text("Receipt")
    words = "Cash receipt {number}" if cash else "Receipt {number}"
    return say.text(words, number=number)


def receipt_pdf(facts: ReceiptFacts, say: Wording, host: str) -> bytes:
    """Return the paper; the same facts give the same bytes. host: who made it, for the foot."""
    title = receipt_title(facts, say)
    pdf = FPDF(format=_A5_MM, orientation="landscape")
    pdf.add_font(_FONT, "", font_roboto.Roboto)
    pdf.add_font(_FONT, "B", font_roboto.RobotoBold)
    pdf.set_margin(_MARGIN)
    pdf.set_auto_page_break(auto=True, margin=_MARGIN)
    pdf.set_lang(say.lang)
    pdf.set_title(title)
    pdf.set_author(_clean(facts.tenant.name))
    pdf.set_creator("Postroom")
    pdf.set_creation_date(facts.receipt.created_at)
    pdf.add_page()
    _line(pdf, facts.tenant.name, size=11, bold=True)
    _line(pdf, title, size=20, bold=True, before=4)
    _band(pdf, facts, say)
    pdf.ln(4)
    for label, value in _rows(facts, say):
        _row(pdf, label, value)
    words = say.text("Made for {company} by {host}.", company=facts.tenant.name, host=host)
    _line(pdf, f"{words} {facts.receipt.id}", size=8, before=6, colour=_MUTED)
    return bytes(pdf.output())


def _rows(facts: ReceiptFacts, say: Wording) -> Sequence[tuple[str, str]]:
    invoice, payment = facts.invoice, facts.payment
    customer = str(invoice.customer.get("name") or invoice.customer.get("email") or "")
    rows = [
        (say.text("Received from"), customer),
        (say.text("Amount"), say.money(payment.amount, invoice.currency)),
        (say.text("Date"), say.day(payment.on)),
        (say.text("How"), say.text(METHOD_WORDS[payment.method])),
        (say.text("For"), say.text(words_of(invoice.kind).title, number=invoice.number)),
        (say.text("Note"), payment.note),
    ]
    return [(label, value) for label, value in rows if value]


def _band(pdf: FPDF, facts: ReceiptFacts, say: Wording) -> None:
    company = facts.tenant.name
    if facts.payment.withdrawn:
        words, tone = say.text("Not valid: the payment was taken back."), "void"
    elif facts.receipt.number is None:
        words = say.text("Draft: {company} has not confirmed it yet.", company=company)
        words, tone = f"{words} {say.text('It gets its number then.')}", "draft"
    else:
        return
    ink, ground = _BANDS[tone]
    pdf.ln(3)
    pdf.set_font(_FONT, "B", 11)
    pdf.set_text_color(*ink)
    pdf.set_fill_color(*ground)
    pdf.multi_cell(0, 9, _clean(words), fill=True, padding=(0, 3), new_x=XPos.LMARGIN)


def _row(pdf: FPDF, label: str, value: str) -> None:
    top = pdf.get_y()
    pdf.set_font(_FONT, "", 11)
    pdf.set_text_color(*_MUTED)
    pdf.multi_cell(_LABEL_MM, 8, label, new_x=XPos.RIGHT, new_y=YPos.TOP, align="L")
    pdf.set_text_color(*_INK)
    pdf.multi_cell(0, 8, _clean(value), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
    if pdf.get_y() > top:
        pdf.set_draw_color(*_LINE)
        pdf.line(_MARGIN, pdf.get_y(), pdf.w - _MARGIN, pdf.get_y())


def _line(
    pdf: FPDF,
    text: str,
    *,
    size: float,
    bold: bool = False,
    before: float = 0,
    colour: tuple[int, int, int] = _INK,
) -> None:
    pdf.ln(before)
    pdf.set_font(_FONT, "B" if bold else "", size)
    pdf.set_text_color(*colour)
    pdf.multi_cell(0, size * 0.5, _clean(text), new_x=XPos.LMARGIN, align="L")


def _clean(text: str) -> str:
    """Return the text as one line; names and notes are what customers and strangers wrote."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(shown.split())[:_MOST_CHARS]

"""The mails that the gateway writes."""

from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from gateway.mail.compose import Outgoing, compose
from gateway.mail.mailbox import Mailbox
from gateway.rules.model import InvoiceStatus
from gateway.web.letters import TemplateLetters
from gateway.web.wording import wording
from tests.web.letter_facts import ANSWER, FACTS, INVOICE, NINE, TENANT, facts, payment

LETTERS = TemplateLetters()
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)> {{ 7*7 }} {% raw %} & \u2028'


class Seen(HTMLParser):
    """What a mail program would find."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.links, self.text, self.layout_tables = [], [], "", 0
        self.attributes, self.pictures = set(), []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        values = dict(attrs)
        if tag == "a":
            self.links.append(values["href"])
        if tag == "img":
            self.pictures.append(values.get("src", ""))
        if tag == "table" and values.get("role") == "presentation":
            self.layout_tables += 1

    def handle_data(self, data):
        self.text += data


def test_the_text_part_is_written_by_hand():
    letter = LETTERS.invoice(FACTS)
    assert letter.subject == "Invoice 2026-0142 · €1,254.00 · due 5 Dec 2026"
    assert letter.text == (
        "Novák Joinery\n\n"
        "Invoice 2026-0142\n"
        "Amount:  €1,254.00\n"
        "Due:     5 December 2026\n\n"
        "Hello Jana,\nhere is the invoice for the oak table.\n\nThank you for your order.\n\n"
        "View invoice:\nhttps://mail.example.com/c/ctoken\n\n"
        "Download PDF:\nhttps://mail.example.com/d/dtoken\n\n"
        "Pay by bank transfer\n"
        "IBAN:       SK96 1100 0000 0029 1859 9669\n"
        "Amount:     1254.00 EUR\n"
        "Reference:  20260142\n\n"
        "A question? Reply to this email. We read every reply.\n\n"
        "-- \n"
        "Sent for Novák Joinery by mail.example.com.\n"
        "This email doesn't report when you open it.\n"
        "Ref: kmarker\n"
    )


def test_the_html_part_has_the_button_the_link_and_nothing_foreign():
    html = LETTERS.invoice(FACTS).html
    seen = Seen(html)
    assert seen.links == [FACTS.view_url, FACTS.pdf_url]
    assert "background:#124bbf" in html
    for words in ("View invoice", "Click here to download PDF", "(84\u00a0KB)", "Ref: kmarker"):
        assert words in seen.text
    assert seen.tags.count("h1") == 1
    assert not {"form", "link", "iframe", "base"} & set(seen.tags)
    assert seen.pictures == ["cid:pay-code@postroom"]
    assert seen.tags.count("table") - seen.layout_tables == 1
    assert html.count('lang="en"') == 3


def test_without_a_pdf_there_is_no_link_to_one():
    letter = LETTERS.invoice(replace(FACTS, pdf_url=None, pdf_size=0))
    assert "PDF:" not in letter.text
    assert Seen(letter.html).links == [FACTS.view_url]


def test_a_subject_of_the_service_is_kept():
    assert LETTERS.invoice(replace(FACTS, subject="Your table")).subject == "Your table"


def test_the_same_facts_give_the_same_letter():
    assert LETTERS.invoice(FACTS) == TemplateLetters().invoice(FACTS)


@pytest.mark.parametrize(
    ("kind", "subject", "button", "date"),
    [
        (
            "invoice",
            "Invoice 7 · €1,254.00 · due 5 Dec 2026",
            "View invoice",
            "Due 5 December 2026",
        ),
        (
            "proforma",
            "Proforma invoice 7 · €1,254.00 · due 5 Dec 2026",
            "View proforma invoice",
            "Due 5 December 2026",
        ),
        (
            "quote",
            "Quote 7 · €1,254.00 · valid until 5 Dec 2026",
            "View quote",
            "Valid until 5 December 2026",
        ),
        ("credit_note", "Credit note 7 · €1,254.00", "View credit note", ""),
        (
            "order",
            "Order 7 · €1,254.00 · delivery by 5 Dec 2026",
            "View order",
            "Delivery by 5 December 2026",
        ),
        (
            "delivery_note",
            "Delivery note 7 · €1,254.00 · delivery on 5 Dec 2026",
            "View delivery note",
            "Delivery on 5 December 2026",
        ),
        (
            "other",
            "Document 7 · €1,254.00 · due 5 Dec 2026",
            "View document",
            "Due 5 December 2026",
        ),
    ],
)
def test_each_kind_has_its_own_words(kind, subject, button, date):
    letter = LETTERS.invoice(facts(kind=kind, number="7", message=""))
    seen = Seen(letter.html)
    assert letter.subject == subject
    assert button in seen.text
    assert date in seen.text
    assert f"{button}:\n{FACTS.view_url}" in letter.text
    assert ("Pay by bank transfer" in letter.text) == (kind in {"invoice", "proforma"})


@pytest.mark.parametrize(
    ("change", "subject", "heading", "pays"),
    [
        ({}, "Invoice 2026-0142 · €1,254.00 · due 5 Dec 2026", "Invoice 2026-0142", True),
        ({"due_on": None}, "Invoice 2026-0142 · €1,254.00", "Invoice 2026-0142", True),
        (
            {"payments": (payment("454"),)},
            "Invoice 2026-0142 · €800.00 · due 5 Dec 2026",
            "€800.00 of €1,254.00 still open",
            True,
        ),
        (
            {"status": InvoiceStatus.PAID},
            "Paid: invoice 2026-0142 · thank you",
            "Invoice 2026-0142 is paid. Thank you",
            False,
        ),
        (
            {"status": InvoiceStatus.CANCELLED},
            "Cancelled: invoice 2026-0142 · nothing to pay",
            "Invoice 2026-0142 was cancelled. Nothing to pay",
            False,
        ),
        (
            {"replaces": "inv_0"},
            "New version of invoice 2026-0142 · €1,254.00",
            "New version of invoice 2026-0142",
            True,
        ),
    ],
)
def test_each_state_says_what_is_to_pay(change, subject, heading, pays):
    letter = LETTERS.invoice(facts(**change))
    assert letter.subject == subject
    assert heading in letter.text
    assert heading in Seen(letter.html).text
    assert ("IBAN" in letter.text, "IBAN" in letter.html) == (pays, pays)


def test_a_part_paid_invoice_asks_for_the_rest():
    text = LETTERS.invoice(facts(payments=(payment("454"),))).text
    assert "Amount:     800.00 EUR" in text


def test_without_a_message_the_customer_is_greeted():
    assert "Hello Jana Malá,\nhere is invoice 2026-0142. Thank you." in (
        LETTERS.invoice(facts(message=" ")).text
    )


@pytest.mark.parametrize("language", ["en", "sk", "cs", "de", "fr", "es"])
def test_every_mail_bears_the_customers_two_words_in_their_language(language):
    words = wording(language).pair(("linden", "harbour"))
    pair = ("linden", "harbour")
    for letter in (
        LETTERS.invoice(replace(FACTS, locale=language, phrase=pair)),
        LETTERS.answer(replace(ANSWER, locale=language, phrase=pair)),
    ):
        assert words in Seen(letter.html).text
        assert words in letter.text
    assert "two words" not in LETTERS.invoice(FACTS).text
    assert "two words" not in LETTERS.answer(ANSWER).html


@pytest.mark.parametrize("language", ["en", "sk", "cs", "de", "fr", "es"])
def test_a_mail_of_a_test_key_says_so_first(language):
    tested = replace(TENANT, id="tst_1")
    mark = wording(language).text("TEST")
    for letter, plain in (
        (
            LETTERS.invoice(replace(FACTS, tenant=tested, locale=language)),
            LETTERS.invoice(replace(FACTS, locale=language)),
        ),
        (
            LETTERS.answer(replace(ANSWER, tenant=tested, locale=language)),
            LETTERS.answer(replace(ANSWER, locale=language)),
        ),
    ):
        assert letter.text.startswith(f"{mark}: ")
        assert all(len(line) <= 72 for line in letter.text.split("\n"))
        assert f"<strong>{mark}</strong>" in letter.html
        assert mark not in plain.text
        assert mark not in plain.html


def test_a89_hostile_words_stay_words():
    hostile = facts(
        number=HOSTILE,
        message=HOSTILE,
        customer={"name": HOSTILE},
        payment={"iban": HOSTILE, "bic": HOSTILE, "reference": HOSTILE},
    )
    letter = LETTERS.invoice(replace(hostile, tenant=replace(TENANT, name=HOSTILE)))
    seen = Seen(letter.html)
    assert seen.tags.count("script") == 1  # the structured data alone
    assert "img" not in seen.tags
    assert not {name for name in seen.attributes if name.startswith("on")}
    assert seen.links == [FACTS.view_url, FACTS.pdf_url]
    assert "{{ 7*7 }}" in seen.text
    assert "49" not in seen.text.replace("kmarker", "")


def test_a89_structured_data_cannot_be_left():
    html = LETTERS.invoice(replace(FACTS, tenant=replace(TENANT, name="</script><!--"))).html
    data = html.split('<script type="application/ld+json">')[1].split("</script>")[0]
    assert "<" not in data
    assert '"name":"\\u003c/script\\u003e\\u003c!--"' in data


def test_text_lines_have_at_most_72_columns():
    long = facts(message="word " * 100 + "\n" + "x" * 200)
    lines = LETTERS.invoice(long).text.split("\n")
    assert {len(line) for line in lines if len(line) > 72} == {200}


def test_a_composed_invoice_mail_stays_small():
    letter = LETTERS.invoice(facts(message="Ďakujeme za objednávku. " * 200))
    box = Mailbox("Novák Joinery", "novak@mail.example.com")
    mail = Outgoing(box, (box,), letter.subject, NINE, "m@x", "", html=letter.html)
    assert len(compose(mail)) <= 40_960
    assert len(compose(replace(mail, text=letter.text))) <= 60_000


def test_an_answer_quotes_the_last_message_below():
    letter = LETTERS.answer(ANSWER)
    assert letter.text == (
        "Hello Jana,\n\nyes, we can.\n\n"
        "Answer in the chat:\nhttps://mail.example.com/c/ctoken\n"
        "You can also just reply to this email.\n\n"
        "On 22 Nov 2026, 10:00, Jana Malá wrote:\n"
        "> Could you add our order number 4500?\n> Thank you\n\n"
        "-- \nNovák Joinery\nSent for Novák Joinery by mail.example.com.\nRef: kmarker\n"
    )
    seen = Seen(letter.html)
    assert seen.links == [ANSWER.view_url]
    assert "blockquote" in seen.tags
    assert "Ref: kmarker" in seen.text


def test_an_answer_without_a_message_before_quotes_nothing():
    letter = LETTERS.answer(replace(ANSWER, quoted=None))
    assert "wrote:" not in letter.text + letter.html


def test_formatting_of_an_answer_is_made_harmless():
    html = '<p>Hello <b>Jana</b><script>x()</script><img src="https://t.example/p.gif"></p>'
    letter = LETTERS.answer(replace(ANSWER, html=html, subject=HOSTILE, text=HOSTILE))
    assert "<b>Jana</b>" in letter.html
    assert "script" not in Seen(letter.html).tags
    assert "t.example" not in letter.html


def test_hostile_quoted_words_stay_words():
    quoted = (f"x\r\n{HOSTILE}", NINE + timedelta(days=1), f"{HOSTILE}\n> y\r\n.")
    seen = Seen(LETTERS.answer(replace(ANSWER, quoted=quoted, text=HOSTILE)).html)
    assert "script" not in seen.tags
    assert "img" not in seen.tags


def test_a_long_quotation_is_cut():
    letter = LETTERS.answer(replace(ANSWER, quoted=("J", NINE, "line of words\n" * 5000)))
    assert "[…]" in letter.text
    assert len(letter.html) < 40_000


def test_an_invoice_without_bank_details_shows_none():
    assert "IBAN" not in LETTERS.invoice(replace(FACTS, invoice=replace(INVOICE, payment={}))).text

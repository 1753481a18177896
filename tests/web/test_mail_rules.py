"""Our own mails keep to the rules of mail programs, in every state."""

import re

import pytest

from gateway.web.mail_lint import lint
from gateway.web.mail_preview import dark, inverted, preview_page, stripped
from gateway.web.mail_samples import STATES, sample_letter, sample_mail


@pytest.mark.parametrize("state", STATES)
def test_every_state_keeps_to_every_rule(state):
    assert lint(sample_mail(state)) == []


def test_an_unknown_state_is_told():
    with pytest.raises(KeyError):
        sample_letter("lost")


def broken(old, new, state="new"):
    """The rules that a sample breaks once its HTML is changed."""
    raw = sample_mail(state)
    head = raw.partition(b"\r\n\r\n")[0]
    letter = sample_letter(state)
    assert old in letter.html
    mail = (
        head.split(b"MIME-Version")[0].decode()
        + "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        + f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{letter.text}\r\n"
        + "--b\r\nContent-Type: multipart/related; boundary=c\r\n\r\n"
        + "--c\r\nContent-Type: text/html; charset=utf-8\r\n"
        + f"Content-Transfer-Encoding: 8bit\r\n\r\n{letter.html.replace(old, new)}\r\n"
        + "--c\r\nContent-Type: image/png\r\nContent-ID: <pay-code@postroom>\r\n\r\nx\r\n"
        + "--c--\r\n--b--\r\n"
    )
    return {one.rule for one in lint(mail.encode())} - {"M20"}  # 8 bits, by construction


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("M1", "</body>", "x" * 41_000 + "</body>"),
        ("M3", '<html lang="en"', "<html"),
        ("M4", "<th ", "<td "),
        ("M5", "<h1", "<h2"),
        ("M6", "cid:pay-code@postroom", "cid:elsewhere"),
        ("M6", "cid:pay-code@postroom", "https://t.example/open.gif"),
        ("M7", "</body>", "<script>x()</script></body>"),
        ("M7", "</style>", "@import 'x'</style>"),
        ("M10", "font-weight:bold", "transform:none"),
        ("M11", "/d/dsample", "/d/another"),
        ("M12", "please pay by", ""),
        ("M15", '"price":"1254.00"', '"price":"much"'),
        ("M15", '"price":"1254.00"', '"price":"1255.00"'),
        ("M19", 'width="600"', 'width="640"'),
    ],
)
def test_a_broken_rule_is_found(rule, old, new):
    if rule == "M12":
        old, new = re.search(r"mso-hide:all[^>]*>([^<]+)<", sample_letter("new").html)[1], "short"
    assert rule in broken(old, new)


def test_an_unchanged_sample_breaks_nothing():
    assert broken("<h1", "<h1") == set()


def test_paid_and_cancelled_mails_ask_for_no_money():
    for state in ("paid", "cancelled"):
        letter = sample_letter(state)
        assert letter.images == ()
        assert "IBAN" not in letter.text + letter.html


def test_a_reminder_says_what_the_day_is():
    assert sample_letter("overdue").subject == (
        "Reminder: invoice 2026-0142 · €1,254.00 · 6 days overdue"
    )
    assert "Invoice 2026-0142 is due in 3 days" in sample_letter("due_soon").text


def test_a_corrected_invoice_says_what_changed():
    text = sample_letter("corrected").text
    assert "Number: 2026-0141 -> 2026-0142" in text
    assert "Amount: €1,310.00 -> €1,254.00" in text


def test_a_part_payment_is_listed():
    text = sample_letter("part_paid").text
    assert "€800.00 of €1,254.00 still open" in text
    assert "22 November 2026: €454.00" in text


def test_another_bank_account_is_pointed_out():
    assert "differs from the one on our earlier invoices" in sample_letter("bank_changed").text


def test_a_preview_asks_for_nothing_from_elsewhere():
    page = preview_page(sample_mail("new"))
    assert "cid:" not in page
    assert not re.search(r"(?:src|href)=\"https?://(?!mail\.example\.com)", page)
    assert page.count("<iframe") == 5


def test_the_views_differ():
    html = sample_letter("new").html
    assert "<style>" not in stripped(html)
    assert "#10161f" in dark(html).split("@media")[0]
    assert "#4079ed" in inverted(html)

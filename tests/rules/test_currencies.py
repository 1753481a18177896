from decimal import Decimal

import pytest

from gateway.rules.accounts import bic_of, iban_of
from gateway.rules.currencies import amount_of, fits, shown


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1254", "EUR", "1254.00"),
        ("1254.5", "EUR", "1254.50"),
        ("1254.500000", "EUR", "1254.50"),
        ("1E+3", "EUR", "1000.00"),
        ("0", "EUR", "0.00"),
        ("1254", "JPY", "1254"),
        ("1.5", "KWD", "1.500"),
    ],
)
def test_an_amount_is_shown_with_the_digits_of_its_currency(amount, currency, text):
    assert shown(Decimal(amount), currency) == text


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1e3", "1.", ".5", "1,5", " 1", "1\n", "NaN", "٣"]
)
def test_an_odd_amount_is_none(text):
    with pytest.raises(ValueError, match="amount"):
        amount_of(text)


@pytest.mark.parametrize(
    ("amount", "currency", "right"),
    [("1.05", "EUR", True), ("1.050", "EUR", True), ("1.055", "EUR", False), ("1.5", "JPY", False)],
)
def test_an_amount_has_no_more_digits_than_its_currency(amount, currency, right):
    assert fits(Decimal(amount), currency) is right


def test_an_iban_is_read_as_people_write_it():
    assert iban_of("sk31 1200 0000 1987 4263 7541") == "SK3112000000198742637541"


@pytest.mark.parametrize(
    "text", ["SK3112000000198742637542", "SK31", "", "1" * 20, "SK3１" + "1" * 20]
)
def test_a_wrong_iban_is_refused(text):
    with pytest.raises(ValueError, match=r"IBAN|check digits"):
        iban_of(text)


def test_a_bic_is_read():
    assert bic_of("tatr sk bx") == "TATRSKBX"

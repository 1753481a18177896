"""What a message seems to speak of."""

import pytest

from gateway.rules.suggestions import MOST_NUMBERS, ibans_in, possible_numbers


@pytest.mark.parametrize(
    ("text", "ibans"),
    [
        pytest.param("SK31 1200 0000 1987 4263 7541", ["SK3112000000198742637541"], id="grouped"),
        pytest.param("IBAN:DE89370400440532013000.", ["DE89370400440532013000"], id="in one"),
        pytest.param(
            "SK31 1200 0000 1987 4263 7541 BIC TATRSKBX", ["SK3112000000198742637541"], id="and BIC"
        ),
        pytest.param(
            "NO93 8601 1117 947 or GB82-WEST-1234-5698-7654-32",
            ["NO9386011117947", "GB82WEST12345698765432"],
            id="two",
        ),
        pytest.param("SK32 1200 0000 1987 4263 7541", [], id="wrong check digits"),
        pytest.param("SK31 1200 0000 1987 4263 75412", [], id="too long"),
        pytest.param("SK31 1200\n0000 1987 4263 7541", [], id="two lines"),
        pytest.param("XX31 1200 0000 1987 4263 7541", [], id="no such country"),
        pytest.param("SK31 1200 0000 1987 4263 7541 " * 3, ["SK3112000000198742637541"], id="once"),
        pytest.param("AA11" * 10_000, [], id="hostile"),
    ],
)
def test_ibans_with_right_check_digits_are_found(text, ibans):
    assert list(ibans_in(text)) == ibans


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Re: Invoice 2026-0142 · €1,254.00", "2026-0142"),
        ("faktúra č.2026-0142.", "2026-0142"),
        ("Rechnung RE/2026/12, danke", "RE/2026/12"),
        ("no. INV_7", "INV_7"),
        ("(2026.001)", "2026.001"),
        ("請求書2026-0142の件", "2026-0142"),
    ],
)
def test_words_with_digits_may_be_numbers(text, number):
    assert number in possible_numbers(text)


def test_words_without_digits_and_short_ones_are_none():
    assert possible_numbers("Thank you, see page 12 of the 3 pages!") == ()


def test_only_so_many_are_looked_up():
    assert len(possible_numbers(" ".join(map(str, range(1000, 2000))))) == MOST_NUMBERS

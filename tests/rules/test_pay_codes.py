"""Payment codes for banks' apps."""

import lzma
import zlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.pay_codes import (
    CodeKind,
    Transfer,
    kinds_for,
    payload,
    payment_link,
    transfer_of,
    variable_symbol_of,
)

SLOVAK, CZECH, GERMAN = (
    "SK9611000000002918599669",
    "CZ6508000000192000145399",
    "DE89370400440532013000",
)


def transfer(iban=SLOVAK, currency="EUR", **changes):
    given = {"reference": "20260142", **changes}
    return transfer_of(
        given.pop("beneficiary", "Truhlárstvo Ľubomír Šťastný"),
        iban,
        given.pop("amount", Decimal("1254.00")),
        currency,
        **given,
    )


def unsquared(text):
    """What PAY by square carries, read back as its specification says."""
    bits = "".join(f"{int(sign, 32):05b}" for sign in text)
    octets = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8))
    filters = [{"id": lzma.FILTER_LZMA1, "lc": 3, "lp": 0, "pb": 2, "dict_size": 131072}]
    size = int.from_bytes(octets[2:4], "little")
    plain = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters).decompress(octets[4:], size)
    assert zlib.crc32(plain[4:]) == int.from_bytes(plain[:4], "little")
    return plain[4:].decode().split("\t")


def test_an_epc_code_says_who_gets_what_and_why():
    assert payload(transfer(bic="TATR SKBX"), CodeKind.EPC).split("\n") == [
        *("BCD", "002", "1", "SCT", "TATRSKBX"),
        *("Truhlárstvo Ľubomír Šťastný", SLOVAK, "EUR1254.00", "", "", "20260142"),
    ]


def test_a_creditor_reference_has_a_field_of_its_own():
    lines = payload(transfer(reference="RF18539007547034"), CodeKind.EPC).split("\n")
    assert lines[9:] == ["RF18539007547034"]


def test_pay_by_square_reads_back():
    fields = unsquared(payload(transfer(due_on=date(2026, 12, 5)), CodeKind.PAY_BY_SQUARE))
    assert fields == [
        *("", "1", "1", "1254.00", "EUR", "20261205", "20260142", "", "", "", "20260142"),
        *("1", SLOVAK, "", "0", "0", "Truhlárstvo Ľubomír Šťastný", "", ""),
    ]


def test_a_payment_link_opens_the_transfer_in_slovak_apps_and_carries_euros_alone():
    asked = transfer(due_on=date(2026, 12, 5), reference="A & B", variable_symbol="20260142")
    assert payment_link(asked) == (
        f"https://payme.sk/?V=1&IBAN={SLOVAK}&AM=1254.00&CC=EUR&DT=20261205"
        "&PI=%2FVS20260142%2FSS%2FKS&MSG=A+%26+B"
        "&CN=Truhl%C3%A1rstvo+%C4%BDubom%C3%ADr+%C5%A0%C5%A5astn%C3%BD"
    )
    assert payment_link(transfer(GERMAN)) == payment_link(transfer(currency="CZK")) == ""


@pytest.mark.parametrize(
    ("iban", "reference", "given", "symbol"),
    [
        pytest.param(SLOVAK, "A-1", "0042", "0042", id="given"),
        pytest.param(CZECH, "20260142", "", "20260142", id="a reference of digits"),
        pytest.param(SLOVAK, "12345678901", "", "", id="too long"),
        pytest.param(GERMAN, "20260142", "", "", id="elsewhere"),
        pytest.param(SLOVAK, "A-1", "no digits", "", id="none"),
    ],
)
def test_a_variable_symbol_is_up_to_ten_digits(iban, reference, given, symbol):
    assert variable_symbol_of(iban, reference, given) == symbol


def test_spayd_says_it_in_one_line():
    asked = transfer(CZECH, "CZK", beneficiary="Šťastný*s.r.o.", due_on=date(2026, 12, 5))
    assert payload(asked, CodeKind.SPAYD) == (
        f"SPD*1.0*ACC:{CZECH}*AM:1254.00*CC:CZK*DT:20261205*MSG:20260142"
        "*RN:%C5%A0%C5%A5astn%C3%BD%2As.r.o.*X-VS:20260142"
    )


@pytest.mark.parametrize(
    ("iban", "currency", "locale", "kinds"),
    [
        pytest.param(SLOVAK, "EUR", "sk", ["pay-by-square", "epc"], id="Slovak for Slovaks"),
        pytest.param(SLOVAK, "EUR", "de-AT", ["epc", "pay-by-square"], id="Slovak abroad"),
        pytest.param(CZECH, "CZK", "cs", ["spayd"], id="crowns"),
        pytest.param(CZECH, "EUR", "cs", ["spayd", "epc"], id="euros to a Czech account"),
        pytest.param(GERMAN, "EUR", "de", ["epc"], id="euros"),
        pytest.param(GERMAN, "USD", "de", [], id="dollars"),
    ],
)
def test_the_code_fits_the_country(iban, currency, locale, kinds):
    assert [str(kind) for kind in kinds_for(transfer(iban, currency), locale)] == kinds


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"iban": "SK9611000000002918599660"}, id="wrong check digits"),
        pytest.param({"iban": ""}, id="no account"),
        pytest.param({"amount": Decimal(0)}, id="nothing to pay"),
        pytest.param({"amount": Decimal(10**9)}, id="more than a code can say"),
    ],
)
def test_what_no_code_can_ask_for_has_none(changes):
    assert transfer(**changes) is None


def test_an_epc_code_refuses_other_money():
    with pytest.raises(ValueError, match="euros"):
        payload(transfer(CZECH, "CZK"), CodeKind.EPC)


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_name_and_no_reference_adds_a_field_to_a_code(name, reference):
    asked = transfer_of(
        name, GERMAN, Decimal("1.00"), "EUR", reference=reference, due_on=date(2026, 12, 5)
    )
    assert isinstance(asked, Transfer)
    epc = payload(asked, CodeKind.EPC)
    assert len(epc.encode()) <= 331
    assert len(epc.split("\n")) <= 11
    assert epc.split("\n")[6:8] == [GERMAN, "EUR1.00"]
    assert len(unsquared(payload(asked, CodeKind.PAY_BY_SQUARE))) == 19
    fields = payload(asked, CodeKind.SPAYD).split("*")
    assert [one.partition(":")[0] for one in fields[2:6]] == ["ACC", "AM", "CC", "DT"]
    assert len(fields) <= 9

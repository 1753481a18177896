"""What a bank's app reads from a picture or a link: EPC code, PAY by square, SPAYD. Pure.

Sources: EPC069-12 version 2.1 (European Payments Council); "PAY by square" specification 1.1 of
the Slovak Banking Association, and its Payment Link Standard 1.2; SPAYD 1.2 (Czech Banking
Association, "Formát pro sdílení platebních údajů").
"""

import lzma
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from urllib.parse import quote, urlencode

from gateway.rules.currencies import shown
from gateway.rules.model import Invoice

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}", re.ASCII)
_BIC = re.compile(r"[A-Z0-9]{8}(?:[A-Z0-9]{3})?", re.ASCII)
_SYMBOL = re.compile(r"[0-9]{1,10}", re.ASCII)
_SEPA = """
AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO
PL PT RO RS SE SI SK SM VA
"""
_MOST_EPC_OCTETS = 331
_MOST = Decimal("999999999.99")
_LZMA = [{"id": lzma.FILTER_LZMA1, "lc": 3, "lp": 0, "pb": 2, "dict_size": 128 * 1024}]
_BASE32HEX = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
_SQUARE_HEADER = b"\x01\x00"  # type "pay", version 1.1; kind of document, reserved
_SPAYD_SAFE = "/+:.-, "


class CodeKind(StrEnum):
    """Which code."""

    EPC = "epc"
    PAY_BY_SQUARE = "pay-by-square"
    SPAYD = "spayd"


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer to be made.

    iban, bic: without spaces, upper case. reference: what the beneficiary wants to read.
    variable_symbol: Czech and Slovak; up to ten digits, "" for none.
    """

    beneficiary: str
    iban: str
    amount: Decimal
    currency: str
    reference: str
    bic: str = ""
    variable_symbol: str = ""
    due_on: date | None = None


def transfer_of(
    beneficiary: str,
    iban: str,
    amount: Decimal,
    currency: str,
    *,
    reference: str,
    bic: str = "",
    variable_symbol: str = "",
    due_on: date | None = None,
) -> Transfer | None:
    """Return the transfer, or None if no code can ask for it: no IBAN, nothing to pay, too much."""
    account, bank = _plain(iban), _plain(bic)
    if not _is_iban(account) or not Decimal(0) < amount <= _MOST:
        return None
    return Transfer(
        _line(beneficiary),
        account,
        amount,
        currency,
        _line(reference),
        bank if _BIC.fullmatch(bank) else "",
        variable_symbol_of(account, reference, variable_symbol),
        due_on,
    )


def variable_symbol_of(iban: str, reference: str, given: str) -> str:
    """Return the variable symbol of a transfer, "" for none: what was given, if it is one.

    To Czech and Slovak accounts a reference of digits alone is one as well.
    """
    if _SYMBOL.fullmatch(given):
        return given
    is_one = _plain(iban)[:2] in {"CZ", "SK"} and _SYMBOL.fullmatch(reference) is not None
    return reference if is_one else ""


def payment_link(transfer: Transfer) -> str:
    """Return the link that opens the transfer in a Slovak bank's app, "" if there is none.

    Payment Link Standard 1.2 of the Slovak Banking Association: euros to a Slovak account.
    """
    if transfer.currency != "EUR" or not transfer.iban.startswith("SK"):
        return ""
    symbol = transfer.variable_symbol
    fields = {
        "V": "1",
        "IBAN": transfer.iban,
        "AM": shown(transfer.amount, "EUR"),
        "CC": "EUR",
        "DT": f"{transfer.due_on:%Y%m%d}" if transfer.due_on else "",
        "PI": f"/VS{symbol}/SS/KS" if symbol else "",
        "MSG": transfer.reference[:140],
        "CN": transfer.beneficiary[:70],
    }
    given = {name: value for name, value in fields.items() if value}
    return f"https://payme.sk/?{urlencode(given)}"


def kinds_for(transfer: Transfer, customer_locale: str = "") -> tuple[CodeKind, ...]:
    """Return the codes that fit, the best first; none for money that no code can carry.

    Czech crowns or a Czech account: SPAYD. A Slovak account and a customer who reads Slovak:
    PAY by square. Other euros within SEPA: EPC.
    """
    country = transfer.iban[:2]
    found: list[CodeKind] = []
    if transfer.currency == "CZK" or (country == "CZ" and transfer.currency == "EUR"):
        found.append(CodeKind.SPAYD)
    if transfer.currency == "EUR" and country in _SEPA.split():
        found.append(CodeKind.EPC)
        if country == "SK":
            reads_slovak = customer_locale.lower().replace("_", "-").split("-")[0] == "sk"
            found.insert(0 if reads_slovak else len(found), CodeKind.PAY_BY_SQUARE)
    return tuple(found)


def payload(transfer: Transfer, kind: CodeKind) -> str:
    """Return the text that a code of this kind carries.

    Raises ValueError if the kind can't carry the transfer's currency.
    """
    match kind:
        case CodeKind.EPC:
            return _epc(transfer)
        case CodeKind.PAY_BY_SQUARE:
            return _pay_by_square(transfer)
        case CodeKind.SPAYD:
            return _spayd(transfer)


def is_other_account(invoice: Invoice, earlier: Sequence[str]) -> bool:
    """Say whether an invoice names an account that none of the earlier IBANs is.

    A company's first account is no other one.
    """
    account = _plain(str(invoice.payment.get("iban") or ""))
    return bool(account and earlier) and account not in {_plain(one) for one in earlier}


def _epc(transfer: Transfer) -> str:
    """EPC069-12, section 4: version 002, UTF-8, a SEPA credit transfer."""
    if transfer.currency != "EUR":
        raise ValueError("an EPC code carries euros alone")
    is_structured = _is_creditor_reference(transfer.reference)
    lines = [
        *("BCD", "002", "1", "SCT", transfer.bic),
        transfer.beneficiary[:70].strip(),
        transfer.iban,
        f"EUR{shown(transfer.amount, 'EUR')}",
        "",
        transfer.reference if is_structured else "",
        "" if is_structured else transfer.reference[:140].strip(),
    ]
    while len("\n".join(lines).encode()) > _MOST_EPC_OCTETS:
        longest = 10 if len(lines[10]) > len(lines[5]) else 5
        lines[longest] = lines[longest][:-1]
    return "\n".join(lines).rstrip("\n")


def _pay_by_square(transfer: Transfer) -> str:
    """Fields by tabs, CRC-32 before them, raw LZMA, two lengths, base32hex (section 3)."""
    due = f"{transfer.due_on:%Y%m%d}" if transfer.due_on else ""
    fields = [
        *("", "1", "1", f"{transfer.amount:f}", transfer.currency, due),
        *(transfer.variable_symbol, "", ""),
        "" if transfer.variable_symbol else transfer.reference[:35],
        transfer.reference[:140],
        *("1", transfer.iban, transfer.bic, "0", "0"),
        *(transfer.beneficiary[:70], "", ""),
    ]
    octets = "\t".join(fields).encode()
    octets = zlib.crc32(octets).to_bytes(4, "little") + octets
    packed = lzma.compress(octets, lzma.FORMAT_RAW, filters=_LZMA)
    whole = _SQUARE_HEADER + len(octets).to_bytes(2, "little") + packed
    bits = "".join(f"{octet:08b}" for octet in whole)
    bits += "0" * (-len(bits) % 5)
    return "".join(_BASE32HEX[int(bits[at : at + 5], 2)] for at in range(0, len(bits), 5))


def _spayd(transfer: Transfer) -> str:
    """SPAYD 1.0: fields by asterisks, other characters as in a URL."""
    account = transfer.iban + (f"+{transfer.bic}" if transfer.bic else "")
    fields = [
        "SPD*1.0",
        f"ACC:{account}",
        f"AM:{shown(transfer.amount, transfer.currency)}",
        f"CC:{transfer.currency}",
    ]
    if transfer.due_on:
        fields.append(f"DT:{transfer.due_on:%Y%m%d}")
    if transfer.reference:
        fields.append(f"MSG:{quote(transfer.reference[:60], safe=_SPAYD_SAFE)}")
    if transfer.beneficiary:
        fields.append(f"RN:{quote(transfer.beneficiary[:35], safe=_SPAYD_SAFE)}")
    if transfer.variable_symbol:
        fields.append(f"X-VS:{transfer.variable_symbol}")
    return "*".join(fields)


def _plain(code: str) -> str:
    return re.sub(r"\s", "", code).upper()


def _line(text: str) -> str:
    """Return the text as one line: no character of it may begin another field."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _is_iban(text: str) -> bool:
    return _IBAN.fullmatch(text) is not None and _remainder(text) == 1


def _is_creditor_reference(text: str) -> bool:
    """ISO 11649: "RF", two check digits, up to 21 characters."""
    return (
        re.fullmatch(r"RF[0-9]{2}[A-Z0-9]{1,21}", text, re.ASCII) is not None
        and _remainder(text) == 1
    )


def _remainder(text: str) -> int:
    """ISO 7064, MOD 97-10."""
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97

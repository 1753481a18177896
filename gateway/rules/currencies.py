"""Currencies (ISO 4217) and amounts of money as decimal strings. Pure."""

import re
from decimal import Decimal

_NO_MINOR = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"
_TWO = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD
CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP
GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD
MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP
PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""

MINOR_DIGITS = {
    **dict.fromkeys(_NO_MINOR.split(), 0),
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(_THREE.split(), 3),
    **dict.fromkeys(_FOUR.split(), 4),
}
"""The currencies in use, and how many digits they have behind the point."""

AMOUNT = r"[0-9]{1,12}(\.[0-9]{1,4})?"
_AMOUNT = re.compile(AMOUNT, re.ASCII)


def amount_of(text: str) -> Decimal:
    """Return the amount of "1254.00". Raises ValueError for signs, exponents, other oddities."""
    if _AMOUNT.fullmatch(text) is None:
        raise ValueError("is not an amount such as 1254.00")
    return Decimal(text)


def fits(amount: Decimal, currency: str) -> bool:
    """Say whether an amount has no more digits than its currency; trailing zeros don't count."""
    exponent = amount.normalize().as_tuple().exponent
    return isinstance(exponent, int) and -exponent <= MINOR_DIGITS.get(currency, 4)


def shown(amount: Decimal, currency: str) -> str:
    """Return an amount as a decimal string with all digits of its currency: "1254.00"."""
    digits = MINOR_DIGITS.get(currency, 2)
    exponent = amount.normalize().as_tuple().exponent
    given = -exponent if isinstance(exponent, int) else 0
    return f"{amount:.{max(digits, given)}f}"

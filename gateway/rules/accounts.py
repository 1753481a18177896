"""Bank accounts as invoices name them (ISO 13616, ISO 9362). Pure."""

import re

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)


def iban_of(text: str) -> str:
    """Return an IBAN without spaces, in capitals.

    Raises ValueError if it isn't one or its check digits are wrong.
    """
    iban = "".join(text.split()).upper()
    if _IBAN.fullmatch(iban) is None:
        raise ValueError("is not an IBAN")
    digits = "".join(str(int(char, 36)) for char in iban[4:] + iban[:4])
    if int(digits) % 97 != 1:
        raise ValueError("has wrong check digits")
    return iban


def bic_of(text: str) -> str:
    """Return a BIC without spaces, in capitals. Raises ValueError if it isn't one."""
    bic = "".join(text.split()).upper()
    if _BIC.fullmatch(bic) is None:
        raise ValueError("is not a BIC")
    return bic

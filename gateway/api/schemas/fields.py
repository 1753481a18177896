"""The values that requests are made of, each checked as strictly as its use demands."""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from gateway.mail.address import is_mailbox
from gateway.rules import accounts, currencies
from gateway.rules.tags import LONGEST_TAG

_TEXT_CHARS = 1_000_000
_UNFIT = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+){0,2}", re.ASCII)


def mistake(code: str, detail: str) -> PydanticCustomError:
    """Return the error of a value; code: the problem's code, detail: one sentence."""
    return PydanticCustomError(code, detail)


def _line(text: str) -> str:
    for char in text:
        if char in _UNFIT or unicodedata.category(char) == "Cc":
            raise mistake("control_character", "Control characters and line breaks don't fit here.")
    return text


def _said(text: str) -> str:
    if not text.strip():
        raise mistake("blank", "It must not be blank.")
    return text


def _text(text: str) -> str:
    if any(char in text for char in "\0\x1b\x08"):
        raise mistake("control_character", "Control characters don't fit here.")
    return text


def _filename(name: str) -> str:
    if "/" in name or "\\" in name or name in {".", ".."}:
        raise mistake("invalid_filename", "Write the file's name without its path.")
    return name


def _address(address: str) -> str:
    if not is_mailbox(address) or address.endswith("]"):
        raise mistake("invalid_address", "This is not an email address such as jana@example.com.")
    return address


def _currency(code: str) -> str:
    if code not in currencies.MINOR_DIGITS:
        raise mistake("invalid_currency", "This is not a currency of ISO 4217, such as EUR.")
    return code


def _amount(given: object) -> Decimal:
    try:
        if isinstance(given, str):
            return currencies.amount_of(given)
    except ValueError:
        pass
    detail = 'Write the amount as a string of digits and a point, such as "1254.00".'
    raise mistake("invalid_amount", detail)


def _zone(name: str) -> str:
    try:
        if _ZONE.fullmatch(name):
            ZoneInfo(name)
            return name
    except (ZoneInfoNotFoundError, OSError, ValueError):
        pass
    raise mistake("invalid_timezone", "This is not a time zone such as Europe/Bratislava.")


def _url(text: str) -> str:
    try:
        url = urlsplit(text)
        fits = url.scheme in {"http", "https"} and bool(url.hostname) and url.username is None
    except ValueError:
        fits = False
    if not fits or not text.isascii() or not text.isprintable() or " " in text:
        raise mistake("invalid_url", "This is not a URL such as https://pay.example.com/1.")
    return text


def _read(code: str, parse: Callable[[str], str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        try:
            return parse(text)
        except ValueError as error:
            raise mistake(code, f"It {error}.") from None

    return check


def _flat(lines: dict[str, Any]) -> dict[str, Any]:
    for name, value in lines.items():
        if len(name) > 64 or (isinstance(value, str) and len(value) > 2000):
            raise mistake("too_long", "A line's names have up to 64 characters, its values 2000.")
        if isinstance(value, str):
            _text(value)
    return lines


Line = Annotated[str, Field(max_length=200), AfterValidator(_line)]
Name = Annotated[str, Field(max_length=200), AfterValidator(_line), AfterValidator(_said)]
Subject = Annotated[str, Field(max_length=500), AfterValidator(_line), AfterValidator(_said)]
Number = Annotated[str, Field(max_length=64), AfterValidator(_line), AfterValidator(_said)]
Reference = Annotated[str, Field(max_length=140), AfterValidator(_line)]
Text = Annotated[str, Field(max_length=_TEXT_CHARS), AfterValidator(_text)]
Html = Annotated[str, Field(max_length=2 * _TEXT_CHARS), AfterValidator(_text)]
Filename = Annotated[
    str,
    Field(min_length=1, max_length=200),
    AfterValidator(_line),
    AfterValidator(_filename),
]
MailAddress = Annotated[
    str,
    Field(max_length=254, json_schema_extra={"format": "email"}),
    AfterValidator(_address),
]
Currency = Annotated[
    str,
    Field(json_schema_extra={"pattern": "^[A-Z]{3}$"}, description="ISO 4217"),
    AfterValidator(_currency),
]
Amount = Annotated[
    Decimal,
    PlainValidator(_amount),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{currencies.AMOUNT}$",
            "description": "Money as a decimal string",
            "examples": ["1254.00"],
        }
    ),
]
Locale = Annotated[
    str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", examples=["en", "sk", "de-AT"])
]
Timezone = Annotated[
    str, Field(max_length=64, examples=["Europe/Bratislava"]), AfterValidator(_zone)
]
Slug = Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$", examples=["#1f6feb"])]
WebUrl = Annotated[str, Field(max_length=2048), AfterValidator(_url)]
Iban = Annotated[str, Field(max_length=64), AfterValidator(_read("invalid_iban", accounts.iban_of))]
Bic = Annotated[str, Field(max_length=20), AfterValidator(_read("invalid_bic", accounts.bic_of))]
VariableSymbol = Annotated[str, Field(pattern=r"^[0-9]{1,10}$")]
Tag = Annotated[
    str, Field(min_length=1, max_length=LONGEST_TAG), AfterValidator(_line), AfterValidator(_said)
]
Opaque = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_]+$")]
Scalar = str | int | float | bool | None
FreeLine = Annotated[dict[str, Scalar], Field(max_length=20), AfterValidator(_flat)]

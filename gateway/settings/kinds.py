"""Kinds of values: what TOML may hold where, and the typed value that comes of it. Pure.

A kind takes what `tomllib` read. What does not fit is `Unfit`, with the text that tells the
admin what to write.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum
from pathlib import Path
from typing import Generic, TypeVar

from gateway.settings import values
from gateway.settings.daemons import Daemon, daemon, worker_url
from gateway.settings.values import HostPort, Network, NextHop, Rate, Secret, Unfit, UnfitElements

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
_HEXADECIMAL = re.compile(r"(?:[0-9a-fA-F]{2}){32,}", re.ASCII)


class Shape(Enum):
    """What a value is in TOML, which says how one is read from the environment."""

    TEXT = "a string"
    LIST = "a list"
    BARE = "a number or true or false"


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What values of a setting look like.

    name: what `postroom config explain` calls it.
    parse: takes TOML's value, returns the typed one; raises Unfit.
    secret: the value, or part of it, is never shown, and may stand in a file or the environment.
    made: the file of the secret is made at the first start, so it may be missing.
    redact: what of a text may be shown.
    """

    name: str
    parse: Callable[[object], T]
    shape: Shape = Shape.TEXT
    secret: bool = False
    made: bool = False
    redact: Callable[[str], str] | None = None


def _is_number(raw: object) -> bool:
    return isinstance(raw, int | float) and not isinstance(raw, bool)


def _string(raw: object) -> str:
    if isinstance(raw, Secret):
        return raw.text
    if not isinstance(raw, str):
        raise Unfit('is not a string: write it in quotes, such as "text"')
    if "\0" in raw:
        raise Unfit("holds a NUL character")
    return raw


def of_text(name: str, parse: Callable[[str], T]) -> Kind[T]:
    """Return the kind of strings that `parse` understands."""
    return Kind(name, lambda raw: parse(_string(raw)))


def _line(text: str) -> str:
    if not text.isprintable():
        raise Unfit("holds a line break or another control character")
    return text


TEXT = of_text("text", _line)
DOMAIN: Kind[str] = of_text("domain name", values.domain)
DOMAIN_PATTERN: Kind[str] = of_text('domain, "*.domain" or "*"', values.domain_pattern)
MAILBOX: Kind[str] = of_text(
    'mail address, or ""', lambda text: values.mailbox(text) if text else ""
)
ADDRESS: Kind[str] = of_text("IP address", values.address)
NETWORK: Kind[Network] = of_text("network", values.network)
LISTENER: Kind[HostPort] = of_text("address and port", values.listener)
RESOLVER: Kind[HostPort] = of_text("address, with or without a port", values.resolver)
DAEMON: Kind[Daemon | None] = of_text('"unix:/path", "host:port", or ""', daemon)
WORKER_URL: Kind[str] = of_text('"host:port" or http URL, or ""', worker_url)
PUBLIC_URL: Kind[str] = of_text("http or https URL", values.public_url)


def _existing_path(text: str) -> Path:
    if not text:
        raise Unfit('is empty: write the path of a file or directory, such as "var"')
    return Path(text)


PATH: Kind[Path] = of_text("path", _existing_path)
OPTIONAL_PATH: Kind[Path | None] = of_text('path, or ""', lambda text: Path(text) if text else None)


def bounded_duration(
    least: str, name: str = 'duration, such as "90s", "5m" or "3d"'
) -> Kind[timedelta]:
    """Return the kind of durations of `least` and more."""
    shortest = values.duration(least)

    def parse(raw: object) -> timedelta:
        if _is_number(raw):
            raise Unfit(
                "is a bare number: write a number and a unit in quotes, "
                f'such as "{raw}s" for seconds'
            )
        if (wait := values.duration(_string(raw))) < shortest:
            raise Unfit(f'is too short: write at least "{least}"')
        return wait

    return Kind(name, parse)


def _rate(raw: object) -> Rate:
    if _is_number(raw):
        raise Unfit(
            "is a bare number: write so many in a time in quotes, "
            f'such as "{raw}/h" for {raw} an hour'
        )
    return values.rate(_string(raw))


RATE: Kind[Rate] = Kind('rate, such as "100/min" or "10/10m"', _rate)
DURATION: Kind[timedelta] = bounded_duration("1ms")


def size(least: str, most: str) -> Kind[int]:
    """Return the kind of sizes from `least` to `most`, in bytes."""
    lowest, highest = values.size(least), values.size(most)

    def parse(raw: object) -> int:
        if _is_number(raw):
            raise Unfit(
                "is a bare number: write a number and a unit in quotes, "
                f'such as "{raw}B" for bytes or "25MiB"'
            )
        if not lowest <= (found := values.size(_string(raw))) <= highest:
            raise Unfit(f'is out of range: write "{least}" to "{most}"')
        return found

    return Kind('size, such as "64KiB" or "25MiB"', parse)


def whole(least: int, most: int) -> Kind[int]:
    """Return the kind of whole numbers from `least` to `most`."""

    def parse(raw: object) -> int:
        if not isinstance(raw, int) or isinstance(raw, bool):
            raise Unfit(f"is not a whole number: write one from {least} to {most}, without quotes")
        if not least <= raw <= most:
            raise Unfit(f"is out of range: write a number from {least} to {most}")
        return raw

    return Kind(f"whole number from {least} to {most}", parse, Shape.BARE)


def _boolean(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise Unfit("is neither true nor false: write one of them, without quotes")
    return raw


BOOLEAN: Kind[bool] = Kind("true or false", _boolean, Shape.BARE)


def choice(words: type[E]) -> Kind[E]:
    """Return the kind of one word among `words`."""
    known = ", ".join(f'"{word.value}"' for word in words)

    def parse(raw: object) -> E:
        try:
            return words(_string(raw))
        except ValueError:
            raise Unfit(f"is not among its values: write one of {known}") from None

    return Kind(f"one of {known}", parse)


def listing(kind: Kind[T], *, least: int = 0) -> Kind[tuple[T, ...]]:
    """Return the kind of lists of `kind`, with `least` elements or more."""

    def parse(raw: object) -> tuple[T, ...]:
        if not isinstance(raw, list):
            raise Unfit('is not a list: write it in square brackets, such as [] or ["…"]')
        if len(raw) < least:
            raise Unfit("is empty: write at least one element")
        found, unfit = [], []
        for index, element in enumerate(raw):
            try:
                found.append(kind.parse(element))
            except Unfit as error:
                unfit.append((index, element, str(error)))
        if unfit:
            raise UnfitElements(unfit)
        return tuple(found)

    return Kind(f"list of: {kind.name}", parse, Shape.LIST)


def _secret(raw: object) -> Secret:
    if isinstance(raw, Secret):
        return raw
    return Secret(_line(_string(raw)))


def _made_secret(raw: object) -> Secret:
    match raw:
        case {"file": str(file), **rest} if file and not rest:
            return Secret(file=Path(file))
        case _:
            found = _secret(raw)
    lines = found.text.split()
    if found.file is None and not (lines and all(map(_HEXADECIMAL.fullmatch, lines))):
        raise Unfit(
            "is not a secret: write 64 or more hexadecimal digits, "
            'or { file = "var/secret" }, which is made at the first start'
        )
    return found


def _redact_url(text: str) -> str:
    scheme, slashes, rest = text.partition("://")
    if not slashes:
        return "…" if text else ""
    login, at, place = rest.rpartition("@")
    user = login.partition(":")[0]
    return f"{scheme}{slashes}{user}{':…' if ':' in login else ''}{at}{place}"


def _database_url(raw: object) -> Secret:
    found = _secret(raw)
    values.database_url(found.text)
    return found


_ELSEWHERE = ', { file = "…" } or { env = "…" }'
SECRET: Kind[Secret] = Kind("secret: a string" + _ELSEWHERE, _secret, secret=True)
MADE_SECRET: Kind[Secret] = Kind(
    "secret: a string" + _ELSEWHERE, _made_secret, secret=True, made=True
)
NEXT_HOP: Kind[NextHop | None] = Kind(
    '"", "smtp://host:port" or "smtps://user:password@host"' + _ELSEWHERE,
    lambda raw: values.next_hop(_string(raw)),
    secret=True,
    redact=_redact_url,
)
DATABASE_URL: Kind[Secret] = Kind(
    '"" or "postgresql://user:password@host/database"' + _ELSEWHERE,
    _database_url,
    secret=True,
    redact=_redact_url,
)

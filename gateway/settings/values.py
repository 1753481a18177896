"""The values that settings have, read from TOML's strings and numbers. Pure."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

Network = IPv4Network | IPv6Network

_UNITS_OF_TIME = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "sec": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "hour": timedelta(hours=1),
    "d": timedelta(days=1),
    "day": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_UNITS_OF_SIZE = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}
_DURATION = re.compile(r"([0-9]{1,8})(ms|s|m|h|d|w)", re.ASCII)
_SIZE = re.compile(r"([0-9]{1,12})(B|KB|MB|GB|KiB|MiB|GiB)", re.ASCII)
_RATE = re.compile(r"([0-9]{1,9})/([0-9]{0,6})(s|sec|m|min|h|hour|d|day)", re.ASCII)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_LONGEST = timedelta(days=36500)


class Unfit(ValueError):  # noqa: N818 (what a value is, not who failed)
    """A value that its setting can't have; the text goes on after it: "is not …: write …"."""


class UnfitElements(Unfit):
    """A list with elements that don't fit: the index, the element, and what is wrong with it."""

    def __init__(self, elements: list[tuple[int, object, str]]) -> None:
        super().__init__("has elements that don't fit")
        self.elements = elements


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so long a time."""

    count: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class HostPort:
    """An address to listen on or to ask."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class NextHop:
    """A smarthost: where mail is handed on to, and how to sign in there.

    implicit_tls: TLS from the first byte (smtps), not by STARTTLS.
    username, password: empty where the smarthost asks for none.
    """

    host: str
    port: int
    implicit_tls: bool = False
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret and where it is kept.

    text: empty where none is set, and where `file` is made at the first start.
    file, env: where it was read from, if it does not stand in the configuration itself.
    """

    text: str = field(default="", repr=False)
    file: Path | None = None
    env: str | None = None

    def __bool__(self) -> bool:
        return bool(self.text or self.file)


def duration(text: str) -> timedelta:
    """Return the duration of "90s", "5m" or "3d". Raises Unfit."""
    if not (found := _DURATION.fullmatch(text)):
        raise Unfit('is not a duration: write a number and a unit, such as "30m" or "5d"')
    if (wait := int(found[1]) * _UNITS_OF_TIME[found[2]]) > _LONGEST:
        raise Unfit('is too long: write at most "36500d"')
    return wait


def size(text: str) -> int:
    """Return the bytes of "25MiB" or "64KiB". Raises Unfit."""
    if not (found := _SIZE.fullmatch(text)):
        raise Unfit('is not a size: write a number and a unit, such as "64KiB" or "25MiB"')
    return int(found[1]) * _UNITS_OF_SIZE[found[2]]


def rate(text: str) -> Rate:
    """Return the rate of "100/min", "10/10m" or "1000/h". Raises Unfit."""
    found = _RATE.fullmatch(text)
    if not found or int(found[1]) == 0 or (found[2] and int(found[2]) == 0):
        raise Unfit('is not a rate: write so many in a time, such as "100/min" or "10/10m"')
    return Rate(int(found[1]), int(found[2] or 1) * _UNITS_OF_TIME[found[3]])


def network(text: str) -> Network:
    """Return the network of "10.0.0.0/8", or of one address. Raises Unfit."""
    try:
        wide = ip_network(text, strict=False)
    except ValueError:
        raise Unfit(
            'is not a network: write an address and a mask, such as "10.0.0.0/8" or "::1/128"'
        ) from None
    try:
        return ip_network(text)
    except ValueError:
        raise Unfit(f'has bits set beyond its mask: write "{wide}"') from None


def address(text: str) -> str:
    """Return an IP address in its usual writing. Raises Unfit."""
    try:
        return str(ip_address(text))
    except ValueError:
        raise Unfit(
            'is not an IP address: write one such as "192.0.2.7" or "2001:db8::7"'
        ) from None


def domain(text: str) -> str:
    """Return the name of a host or domain in lower case. Raises Unfit.

    RFC 1123, section 2.1: letters, digits and hyphens.
    """
    name = text.lower()
    if not name.isascii():
        raise Unfit('is not in ASCII: write an international name in its form "xn--…"')
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise Unfit('is not a domain name: write one such as "mail.example.com"')
    if name.rpartition(".")[2].isdigit():
        raise Unfit('is not a domain name but an address: write a name such as "mail.example.com"')
    return name


def domain_pattern(text: str) -> str:
    """Return a domain, "*.domain" for all below it, or "*" for every one. Raises Unfit."""
    if text == "*":
        return text
    try:
        return "*." + domain(text[2:]) if text.startswith("*.") else domain(text)
    except Unfit:
        raise Unfit(
            'is not a domain: write "example.org", "*.example.org" for those below it, or "*"'
        ) from None


def mailbox(text: str) -> str:
    """Return a plain mail address. Raises Unfit."""
    local, at, host = text.rpartition("@")
    if not (at and 0 < len(local) <= 64 and text.isprintable() and not set(local) & set('@ "<>,;')):
        raise Unfit('is not a mail address: write one such as "postmaster@example.com"')
    return f"{local}@{domain(host)}"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def host_of(text: str) -> str:
    """Return the host of "host" or "[IPv6 address]". Raises Unfit."""
    host = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if ":" in text and host == text:
        raise Unfit('has an IPv6 address without brackets: write one such as "[::1]:2525"')
    return host if _is_address(host) else domain(host)


def port_of(text: str, *, least: int) -> int:
    """Return a port number. Raises Unfit."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and least <= int(text) <= 65535):
        raise Unfit(f"has no port from {least} to 65535 after its last colon")
    return int(text)


def listener(text: str) -> HostPort:
    """Return the address and port of "127.0.0.1:2525"; port 0 takes a free one. Raises Unfit."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        raise Unfit('has no port: write an address and a port, such as "127.0.0.1:2525"')
    if host in {"", "*"}:
        raise Unfit(
            "names no address: "
            f'write "0.0.0.0:{port_of(port, least=0)}" for all those of the machine'
        )
    return HostPort(host_of(host), port_of(port, least=0))


def resolver(text: str) -> HostPort:
    """Return the address and port of a DNS resolver, 53 unless it says another. Raises Unfit."""
    try:
        if _is_address(text):
            return HostPort(text, 53)
        found = listener(text)
    except Unfit:
        found = HostPort("", 0)
    if not _is_address(found.host) or found.port == 0:
        raise Unfit(
            'is not the address of a resolver: write one such as "9.9.9.9" or "127.0.0.1:5353"'
        )
    return found


def url_of(text: str, schemes: tuple[str, ...], right: str) -> SplitResult:
    """Return the parts of a URL with one of these schemes; right: an example. Raises Unfit."""
    try:
        url = urlsplit(text)
        whole = bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        whole = False
    if not whole or url.scheme not in schemes or not text.isprintable() or " " in text:
        raise Unfit(f"is not such a URL: write {right}")
    return url


def public_url(text: str) -> str:
    """Return the root under which people reach the pages, without a final slash. Raises Unfit."""
    url = url_of(text, ("http", "https"), '"https://mail.example.com"')
    if url.path not in {"", "/"} or url.query or url.fragment or url.username is not None:
        raise Unfit(
            "has more than scheme, host and port: "
            f'write "{url.scheme}://{url.netloc.rpartition("@")[2]}"'
        )
    host_of(url.netloc.rpartition("@")[2].removesuffix(f":{url.port}"))
    return f"{url.scheme}://{url.netloc}"


def next_hop(text: str) -> NextHop | None:
    """Return the smarthost of "smtp://host:25" or "smtps://user:pass@host"; None for "".

    Raises Unfit.
    """
    if not text:
        return None
    url = url_of(text, ("smtp", "smtps"), '"smtp://host:25" or "smtps://user:password@host"')
    if url.path not in {"", "/"} or url.query or url.fragment:
        raise Unfit('goes on after its port: write "smtp://host:25", and %2F for "/" in a password')
    host = host_of(url.netloc.rpartition("@")[2].removesuffix(f":{url.port}"))
    implicit = url.scheme == "smtps"
    return NextHop(
        host=host,
        port=url.port or (465 if implicit else 25),
        implicit_tls=implicit,
        username=unquote(url.username or ""),
        password=unquote(url.password or ""),
    )


def database_url(text: str) -> str:
    """Return a PostgreSQL URL as it is, or "" for SQLite. Raises Unfit.

    A URL without a host is one of a local socket.
    """
    if text and not (text.startswith("postgresql://") and text.isprintable() and " " not in text):
        raise Unfit('is not such a URL: write "postgresql://user:password@host/database"')
    return text

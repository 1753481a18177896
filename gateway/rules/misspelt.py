"""The address that was probably meant, where a domain looks like a well-known one mistyped. Pure.

A suggestion for people to look at; no mail goes anywhere because of it.
"""

from typing import Final

KNOWN: Final = (
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com",
    "yahoo.com", "icloud.com", "me.com", "mac.com", "aol.com", "proton.me", "protonmail.com",
    "fastmail.com", "zoho.com", "yandex.com", "mail.com", "hey.com",
    "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de", "posteo.de",
    "mailbox.org", "arcor.de", "outlook.de", "hotmail.de", "yahoo.de", "bluewin.ch", "chello.at",
    "seznam.cz", "email.cz", "centrum.cz", "post.cz", "atlas.cz", "volny.cz",
    "azet.sk", "centrum.sk", "zoznam.sk", "post.sk", "pobox.sk", "szm.sk",
    "orange.fr", "free.fr", "wanadoo.fr", "laposte.net", "sfr.fr", "hotmail.fr", "yahoo.fr",
    "hotmail.es", "yahoo.es", "telefonica.net", "outlook.es",
    "libero.it", "tiscali.it", "virgilio.it", "alice.it", "hotmail.it",
    "wp.pl", "o2.pl", "onet.pl", "interia.pl", "gazeta.pl",
    "btinternet.com", "hotmail.co.uk", "yahoo.co.uk", "sky.com", "comcast.net", "verizon.net",
    "att.net", "rogers.com", "bigpond.com", "freemail.hu", "citromail.hu", "abv.bg", "mail.bg",
)  # fmt: skip
_ENDINGS: Final = {
    "con": "com", "cim": "com", "cm": "com", "vom": "com", "xom": "com", "comm": "com",
    "coom": "com", "om": "com", "ney": "net", "nte": "net", "met": "net", "orgg": "org",
}  # fmt: skip
_REGISTERED: Final = frozenset({"cm", "om"})
"""Endings of countries: a domain under them is suspect only if it is a known one otherwise."""
_SHORT: Final = 3
_COUNTRY: Final = 2
_DOUBTED: Final = frozenset({"no_such_address", "no_such_domain", "bad_syntax"})
"""Reasons that a slip of the fingers has."""


def suggested_for(address: str, reason: str | None) -> str | None:
    """Return the address that was probably meant, where mail failed for such a reason."""
    return suggested(address) if reason in _DOUBTED else None


def suggested(address: str) -> str | None:
    """Return the address that was probably meant, or None if nothing is close enough."""
    local, at, domain = address.rpartition("@")
    domain = domain.lower()
    if not at or not local or domain in KNOWN:
        return None
    name, dot, ending = domain.rpartition(".")
    mended = _ENDINGS.get(ending)
    if dot and mended and (f"{name}.{mended}" in KNOWN or ending not in _REGISTERED):
        domain = f"{name}.{mended}"
        if domain in KNOWN:
            return f"{local}@{domain}"
    near = [known for known in KNOWN if _is_near(domain, known)]
    if len(near) == 1:
        return f"{local}@{near[0]}"
    if dot and mended and ending not in _REGISTERED and not near:
        return f"{local}@{domain}"
    return None


def _is_near(one: str, other: str) -> bool:
    """Return whether one slip of the fingers lies between two domains.

    A letter more, less, wrong or swapped with its neighbour; a short name must keep its first.
    """
    if abs(len(one) - len(other)) > 1 or one == other or one[0] != other[0]:
        return False
    name, _, ending = one.rpartition(".")
    if name == other.rpartition(".")[0] and len(ending) == _COUNTRY:
        return False  # the same house in another country
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest, other_rest = one[start:], other[start:]
    if len(one) > len(other):
        return rest[1:] == other_rest
    if len(one) < len(other):
        return rest == other_rest[1:]
    if rest[1:] == other_rest[1:]:
        # Of a name this short another one is as likely as a slip.
        return len(other.partition(".")[0]) > _SHORT
    return rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:]

"""Two words by which a customer knows a company's genuine mail (ux.md, 4). Pure.

A forger who has seen no mail of the company to this customer can't know them. They are no
secret between the two: whoever holds such a mail reads them in it.
"""

import hashlib
import hmac
from typing import Final

from gateway.rules.customer_pages import pages_of
from gateway.rules.model import Tenant
from gateway.rules.tokens import Keyring

WORDS: Final = (
    "linden", "oak", "birch", "maple", "willow", "apple", "pear", "cherry",
    "plum", "lemon", "melon", "tulip", "poppy", "clover", "harbour", "river",
    "island", "mountain", "valley", "forest", "meadow", "bridge", "castle", "lighthouse",
    "mill", "garden", "window", "lantern", "candle", "bell", "anchor", "compass",
    "boat", "train", "violin", "drum", "piano", "trumpet", "amber", "copper",
    "marble", "feather", "falcon", "swallow", "stork", "owl", "dolphin", "turtle",
    "hedgehog", "squirrel", "badger", "stag", "butterfly", "snail", "moon", "star",
    "rainbow", "snow", "cinnamon", "coffee", "basket", "umbrella", "ladder", "mirror",
)  # fmt: skip
"""In English. Their order is for ever: with another one, every customer had other words."""

_LABEL = b"postroom phrase v1\0"


def phrase_of(keys: Keyring, tenant: Tenant, address: str) -> tuple[str, ...]:
    """Return the two words of `WORDS` for this customer, () where the company shows none.

    They follow from the oldest secret, the company's number and the address, so a new secret
    leaves them as they are. Letter case of the address doesn't matter.
    """
    if not pages_of(tenant.pages).phrase:
        return ()
    text = _LABEL + tenant.number.to_bytes(8, "big") + address.lower().encode("utf-8", "replace")
    digest = hmac.digest(keys.secrets[-1], text, hashlib.sha256)
    rest = list(WORDS)
    first = rest.pop(int.from_bytes(digest[:8], "big") % len(rest))
    return first, rest[int.from_bytes(digest[8:16], "big") % len(rest)]

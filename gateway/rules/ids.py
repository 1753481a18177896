"""Opaque ids: a prefix, then 120 bits in lower-case base32hex, which sorts as its bits do."""

import base64
from datetime import datetime

TENANT = "ten_"
CONVERSATION = "cnv_"
MESSAGE = "msg_"
INVOICE = "inv_"
ATTACHMENT = "att_"
DELIVERY = "dlv_"
EVENT = "evt_"
KEY = "key_"
PAYMENT = "pay_"
RECEIPT = "rcp_"
ATTEMPT = "atm_"
WEBHOOK = "whk_"
HOOK_ATTEMPT = "wha_"
USER = "usr_"
SAVED_REPLY = "rpl_"
AUDIT = "aud_"

RANDOM_OCTETS = 9
_BODY_OCTETS = 15
_BODY_CHARS = 24


def new_id(prefix: str, now: datetime, chance: bytes) -> str:
    """Return an id whose order follows `now` to the millisecond.

    chance: `RANDOM_OCTETS` random octets.

    Raises ValueError if `chance` has another length.
    """
    if len(chance) != RANDOM_OCTETS:
        raise ValueError(f"chance must be {RANDOM_OCTETS} octets, not {len(chance)}")
    milliseconds = int(now.timestamp() * 1000)
    body = milliseconds.to_bytes(_BODY_OCTETS - RANDOM_OCTETS, "big") + chance
    return prefix + base64.b32hexencode(body).decode("ascii").lower()


def body_of(prefix: str, identifier: str) -> bytes | None:
    """Return the 15 octets of an id, or None if it isn't an id with that prefix."""
    text = identifier[len(prefix) :]
    if not identifier.startswith(prefix) or len(text) != _BODY_CHARS:
        return None
    try:
        return base64.b32hexdecode(text.encode("ascii"), casefold=True)
    except ValueError:
        return None


def from_body(prefix: str, body: bytes) -> str:
    """Return the id with these 15 octets."""
    return prefix + base64.b32hexencode(body).decode("ascii").lower()

"""Who signs what leaves."""

from typing import Protocol

from gateway.rules.sender_domains import OwnSender


class Signer(Protocol):
    """Signs mail by the domain that its From is in."""

    async def sign(self, raw: bytes, own: OwnSender | None) -> bytes:
        """Return the DKIM-Signature fields to put above the message, CRLF at their end.

        raw: the message, 7-bit, CRLF. The same bytes must be sent below the fields.
        own: the company's own domain that its From is in; None: it is in ours.
        """

"""Keeping secrets so that who only sees the database can't read them."""

from typing import Protocol


class Vault(Protocol):
    """Seals secrets at rest.

    about: what the secret is and whose, such as "smtp password of ten_…"; it is needed
    again to open it, so that a sealed text moved to another company's row opens nothing.
    """

    def seal(self, secret: bytes, about: str) -> str:
        """Return the secret sealed, as ASCII text; never twice the same."""

    def open(self, sealed: str, about: str) -> bytes | None:
        """Return the secret, or None if it was sealed about something else or by other keys."""

    def is_current(self, sealed: str) -> bool:
        """Say whether the newest key sealed it; else it is to be sealed anew."""

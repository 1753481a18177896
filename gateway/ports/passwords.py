"""Passwords: what is kept of them, and whether somebody knows one."""

from typing import Protocol


class Passwords(Protocol):
    """Compares passwords with what is kept of them."""

    async def matches(self, kept: str, password: str) -> bool:
        """Say whether the password is the one that `kept` was made from, in constant time."""

    async def kept(self, password: str) -> str:
        """Return what to keep of a password that somebody chose."""

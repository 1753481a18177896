"""Passwords: our own random ones by one hash, those that people choose by argon2."""

import asyncio
import hashlib
import hmac

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_ARGON = "$argon2"


class KeptPasswords:
    """Compares passwords.

    Argon2 runs in a thread, one at a time, since it costs 100 ms and 64 MiB.
    """

    def __init__(self) -> None:
        """Make ready."""
        self._hasher = PasswordHasher()
        self._turn = asyncio.Semaphore(1)

    async def matches(self, kept: str, password: str) -> bool:
        """Say whether the password is the one that `kept` was made from."""
        if not kept.startswith(_ARGON):
            digest = hashlib.sha256(password.encode("utf-8", "surrogateescape")).hexdigest()
            return hmac.compare_digest(digest, kept)
        async with self._turn:
            return await asyncio.to_thread(self._verify, kept, password)

    async def kept(self, password: str) -> str:
        """Return what to keep of a password that somebody chose."""
        async with self._turn:
            return await asyncio.to_thread(self.hashed, password)

    def hashed(self, password: str) -> str:
        """Return what to keep of a password that somebody chose; takes 100 ms."""
        return self._hasher.hash(password)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

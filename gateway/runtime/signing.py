"""Signs what leaves, with the keys of the DKIM directory."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.mail.dkim.signature import SigningKey, sign
from gateway.ports.world import Clock
from gateway.rules.sender_domains import CompanyKey, OwnSender, selector
from gateway.runtime.dkim_keys import DkimKeys

_FRESH = timedelta(seconds=30)
_THREADS = 2


class CompanyNames:
    """Tells what companies' names are to lead to; keys are read in a thread."""

    def __init__(self, keys: DkimKeys) -> None:
        """Tell of the keys of a directory."""
        self._keys = keys

    async def company_keys(self, now: datetime) -> Sequence[CompanyKey]:
        """Return the key of each slot that has one. Raises ConfigError."""
        return await asyncio.to_thread(self._keys.company_keys, now)


class DkimSigner:
    """Signs for our sender domain and companies' own; keys are read again every half minute."""

    def __init__(self, keys: DkimKeys, domain: str, clock: Clock) -> None:
        """Sign for `domain`, in A-labels. RSA leaves Python's lock, so threads help."""
        self._keys = keys
        self._domain = domain
        self._clock = clock
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="sign")
        self._known: tuple[SigningKey, ...] = ()
        self._for_companies: tuple[int, SigningKey]
        self._read_at: datetime | None = None

    async def sign(self, raw: bytes, own: OwnSender | None) -> bytes:
        """Return the DKIM-Signature fields; raises ConfigError without keys.

        Ours are of every algorithm; a company's own domain publishes the names of one.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._sign, raw, own, self._clock.now())

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _sign(self, raw: bytes, own: OwnSender | None, now: datetime) -> bytes:
        if self._read_at is None or now - self._read_at > _FRESH:
            self._known = self._keys.signing_keys()
            self._for_companies = self._keys.company_key()
            self._read_at = now
        if own is None:
            return sign(raw, self._known, domain=self._domain, now=now)
        slot, key = self._for_companies
        named = replace(key, selector=selector(slot, own.token))
        return sign(raw, [named], domain=own.domain, now=now)

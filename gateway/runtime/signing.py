"""Signs what leaves, with the keys of the DKIM directory."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from gateway.mail.dkim.signature import SigningKey, sign
from gateway.ports.world import Clock
from gateway.rules.model import Tenant
from gateway.runtime.dkim_keys import DkimKeys

_FRESH = timedelta(seconds=30)
_THREADS = 2


class DkimSigner:
    """Signs by the sender domain's keys, which are read again every half minute."""

    def __init__(self, keys: DkimKeys, domain: str, clock: Clock) -> None:
        """Sign for `domain`, in A-labels. RSA leaves Python's lock, so threads help."""
        self._keys = keys
        self._domain = domain
        self._clock = clock
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="sign")
        self._known: tuple[SigningKey, ...] = ()
        self._read_at: datetime | None = None

    async def sign(self, raw: bytes, tenant: Tenant | None) -> bytes:
        """Return the DKIM-Signature fields of every algorithm; raises ConfigError without keys."""
        _ = tenant  # companies' own signing domains come later
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._sign, raw, self._clock.now())

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _sign(self, raw: bytes, now: datetime) -> bytes:
        if self._read_at is None or now - self._read_at > _FRESH:
            self._known = self._keys.signing_keys()
            self._read_at = now
        return sign(raw, self._known, domain=self._domain, now=now)

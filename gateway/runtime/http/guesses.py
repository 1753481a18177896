"""Secrets that open nothing: keys, codes and links, guessed by a peer's network."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import timedelta

import structlog

from gateway.flow.refusal import Kind, Refused
from gateway.runtime.failures import SignInFailures
from gateway.runtime.networks import network_of, plain_address

_FIRST_DELAY = 1.0
_log = structlog.get_logger()


class Guesses:
    """Answers wrong secrets late, and then refuses more of them.

    A right secret is never held up: who shares an address with an attacker gets in.
    """

    def __init__(
        self, limit: Callable[[], tuple[int, timedelta]], *, delay: float = _FIRST_DELAY
    ) -> None:
        """Answer so many within so long at once; limit: asked each time.

        delay: seconds of the first delay; each later one is twice as long, up to 8 times.
        """
        self._limit = limit
        self._held = limit()
        most, window = self._held
        self._failures = SignInFailures(most=most, window=window.total_seconds(), delay=delay)

    async def wrong(self, secret: str, peer: str) -> None:
        """Count a wrong secret of a peer and wait as long as it deserves.

        Raises Refused TOO_MANY where there were too many different ones.
        """
        if (held := self._limit()) != self._held:
            self._held = held
            self._failures.allow(most=held[0], window=held[1].total_seconds())
        network = network_of_peer(peer)
        now = asyncio.get_running_loop().time()
        guess = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()[:16]
        delay = self._failures.delay("", network, now)
        self._failures.count_guess(guess, network, now)
        if delay is None:
            _log.warning("guesses.refused", peer=peer)
            raise Refused(
                Kind.TOO_MANY,
                "too_many_failures",
                "Too many wrong keys, codes or links came from your network.",
                hint="Try again later.",
                retry_after=int(self._held[1].total_seconds()),
            )
        if delay:
            await asyncio.sleep(delay)


def usual_guesses() -> Guesses:
    """Return what holds without settings: 10 within 10 minutes."""
    return Guesses(lambda: (10, timedelta(minutes=10)))


def network_of_peer(peer: str) -> str:
    """Return what counts as one peer; what is no address counts as itself."""
    try:
        return network_of(plain_address(peer))
    except ValueError:
        return peer

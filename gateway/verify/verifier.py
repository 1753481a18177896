"""The Verifier port: SPF, DKIM and ARC side by side, then DMARC, within one limit of time."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar

import structlog

from gateway.mail.arc import ArcResult
from gateway.mail.dkim.verify import Checked, DkimResult, SignedMail
from gateway.mail.errors import Fault
from gateway.mail.spf.record import SpfResult
from gateway.ports.verifier import (
    Authentication,
    DkimSeen,
    DmarcSeen,
    Lookups,
    Received,
    SpfSeen,
)
from gateway.ports.world import Clock
from gateway.verify.arc import ArcOutcome, check_arc
from gateway.verify.dkim import KeyLookups, check_dkim
from gateway.verify.dmarc import DmarcOutcome, DmarcResult, check_dmarc
from gateway.verify.spf import SpfCheck, SpfOutcome, check_spf

log = structlog.get_logger()

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class VerifyLimits:
    """seconds: for all of it; what isn't known by then is "temperror".

    at_once: mails that are verified at a time, which bounds the memory for their bytes.
    """

    seconds: float = 25.0
    at_once: int = 8


class DnsVerifier:
    """Implements `ports.verifier.Verifier`."""

    def __init__(
        self,
        lookups: Lookups,
        clock: Clock,
        *,
        hostname: str,
        limits: VerifyLimits | None = None,
    ) -> None:
        """Ask DNS by `lookups`. hostname: ours, which SPF macros may name."""
        self._lookups = lookups
        self._clock = clock
        self._hostname = hostname
        self._limits = limits or VerifyLimits()
        self._places = asyncio.Semaphore(self._limits.at_once)

    async def verify(self, mail: Received) -> Authentication:
        """Return what is known of a mail's sender; raises Fault if its file can't be read."""
        async with self._places:
            signed = await asyncio.to_thread(_signed, mail.source)
            deadline = asyncio.get_running_loop().time() + self._limits.seconds
            keys = KeyLookups(self._lookups)
            try:
                return await self._verify(mail, signed, keys, deadline)
            finally:
                keys.close()

    async def _verify(
        self, mail: Received, signed: SignedMail, keys: KeyLookups, deadline: float
    ) -> Authentication:
        now = self._clock.now()
        # DMARC needs the others' answers and a little time of its own.
        early = deadline - self._limits.seconds / 5
        spf, dkim, arc = await asyncio.gather(
            _within(early, self._spf(mail)),
            _within(early, check_dkim(signed, keys.records, now=now)),
            _within(early, check_arc(signed, keys.records, now=now)),
        )
        dmarc = await _within(deadline, self._dmarc(mail, spf, dkim or ()))
        return _told(mail, spf, dkim, arc, dmarc)

    async def _spf(self, mail: Received) -> SpfOutcome | None:
        """Return the outcome, None where the peer has no address that SPF could speak of."""
        try:
            ip_address(mail.peer.address)
        except ValueError:
            return SpfOutcome(SpfResult.NONE, "")
        check = SpfCheck(
            mail.peer.address, mail.peer.helo, mail.sender, self._hostname, self._clock.now()
        )
        return await check_spf(self._lookups, check)

    async def _dmarc(
        self, mail: Received, spf: SpfOutcome | None, dkim: Sequence[Checked]
    ) -> DmarcOutcome:
        author = author_domain(mail.author)
        if author is None:
            return DmarcOutcome(DmarcResult.NONE)
        passing = [one.domain for one in dkim if one.result is DkimResult.PASS]
        by_spf = spf.domain if spf is not None and spf.result is SpfResult.PASS else None
        return await check_dmarc(self._lookups, author, dkim=passing, spf=by_spf)


def author_domain(author: str | None) -> str | None:
    """Return the domain of the author in A-labels, None where there is no certain author."""
    domain = (author or "").rpartition("@")[2].lower()
    if not domain or domain.startswith("["):
        return None
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None


def _signed(source: bytes | Path) -> SignedMail:
    try:
        return SignedMail(source if isinstance(source, bytes) else source.read_bytes())
    except OSError as error:
        raise Fault(f"the bytes to verify can't be read: {error}") from error


async def _within(deadline: float, work: Awaitable[_T]) -> _T | None:
    """Return the result, None if there is none in time, or our own code failed on the mail."""
    try:
        async with asyncio.timeout_at(deadline):
            return await work
    except TimeoutError:
        return None
    except Exception:  # what a stranger wrote must not keep the others' answers away
        log.exception("verification.failed")
        return None


def _told(
    mail: Received,
    spf: SpfOutcome | None,
    dkim: Sequence[Checked] | None,
    arc: ArcOutcome | None,
    dmarc: DmarcOutcome | None,
) -> Authentication:
    author = author_domain(mail.author)
    dmarc = dmarc or DmarcOutcome(DmarcResult.TEMPERROR)
    sender = mail.sender.rpartition("@")[2] or mail.peer.helo
    signatures = (
        [DkimSeen("temperror", None, None)]
        if dkim is None
        else [DkimSeen(one.result.value, one.domain or None, one.selector or None) for one in dkim]
    )
    return Authentication(
        spf=SpfSeen("temperror", sender or None)
        if spf is None
        else SpfSeen(spf.result.value, spf.domain or None),
        dkim=tuple(signatures),
        dmarc=DmarcSeen(dmarc.result.value, dmarc.policy and dmarc.policy.value, author),
        arc=(ArcResult.TEMPERROR if arc is None else arc.result).value,
        verdict=_verdict(dmarc),
    )


def _verdict(dmarc: DmarcOutcome) -> str:
    """Return whether the author's own domain vouches for the mail.

    A domain without a policy vouches by what it signed or sent itself all the same.
    """
    if dmarc.result is DmarcResult.FAIL:
        return "fail"
    return "pass" if dmarc.aligned else "none"

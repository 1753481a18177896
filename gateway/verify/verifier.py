"""The Verifier port: SPF, DKIM and ARC side by side, then DMARC, within one limit of time."""

import asyncio
import contextlib
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar

import structlog

from gateway.mail.address import sole_author
from gateway.mail.arc import ArcResult
from gateway.mail.dkim.canonical import CRLF
from gateway.mail.dkim.verify import Checked, DkimResult, SignedMail
from gateway.mail.errors import Fault
from gateway.mail.headers import read_head
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
from gateway.verify.aside import SMALL_BYTES, aside
from gateway.verify.dkim import check_dkim
from gateway.verify.dmarc import DmarcOutcome, DmarcResult, check_dmarc
from gateway.verify.shared import SharedLookups
from gateway.verify.spf import SpfCheck, SpfOutcome, check_spf

log = structlog.get_logger()

_HEADER_OCTETS = 16 * 1024 * 1024
_FIELDS = 100_000
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class VerifyLimits:
    """seconds: for all of it; what isn't known by then is "temperror".

    large_at_once: mails from files that are verified at a time, since each is read whole.
    """

    seconds: float = 25.0
    large_at_once: int = 1


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
        self._lookups = SharedLookups(lookups)
        self._clock = clock
        self._hostname = hostname
        self._limits = limits or VerifyLimits()
        self._places = asyncio.Semaphore(self._limits.large_at_once)

    async def verify(self, mail: Received) -> Authentication:
        """Return what is known of a mail's sender; raises Fault if its file can't be read."""
        is_file = isinstance(mail.source, Path)
        async with self._places if is_file else contextlib.nullcontext():
            # Bytes that came from the store are few; a file is read whole.
            size = SMALL_BYTES + 1 if isinstance(mail.source, Path) else len(mail.source)
            opened = await aside(size, partial(_opened, mail.source))
            deadline = asyncio.get_running_loop().time() + self._limits.seconds
            return await self._verify(mail, opened, deadline)

    async def _verify(self, mail: Received, opened: "_Opened", deadline: float) -> Authentication:
        now, signed = self._clock.now(), opened.signed
        # DMARC needs the others' answers and a little time of its own.
        early = deadline - self._limits.seconds / 5
        spf, dkim, arc = await asyncio.gather(
            _within(early, self._spf(mail)),
            _within(early, check_dkim(self._lookups, signed, now=now)),
            _within(early, check_arc(self._lookups, signed, now=now)),
        )
        dmarc = await _within(deadline, self._dmarc(opened.author, spf, dkim or ()))
        return _told(mail, opened.author, spf=spf, dkim=dkim, arc=arc, dmarc=dmarc)

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
        self, author_address: str | None, spf: SpfOutcome | None, dkim: Sequence[Checked]
    ) -> DmarcOutcome:
        author = author_domain(author_address)
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


@dataclass(frozen=True, slots=True)
class _Opened:
    """A mail as signatures see it, and the address that wrote it by everybody's reading."""

    signed: SignedMail
    author: str | None


def _opened(source: bytes | Path) -> _Opened:
    try:
        raw = source if isinstance(source, bytes) else source.read_bytes()
    except OSError as error:
        raise Fault(f"the bytes to verify can't be read: {error}") from error
    signed = SignedMail(raw)
    head = read_head(raw, 0, len(raw), octets=_HEADER_OCTETS, fields=_FIELDS, outermost=True)
    shown = sole_author(head.fields.all("from"))
    # What is signed has to be what is shown: a header that is cut differently for the two
    # (lone line feeds, an mbox line) has no certain author.
    covered = [field.value.replace(CRLF, b"") for field in signed.fields if field.name == b"from"]
    return _Opened(signed, shown if shown == sole_author(covered) else None)


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
    author: str | None,
    *,
    spf: SpfOutcome | None,
    dkim: Sequence[Checked] | None,
    arc: ArcOutcome | None,
    dmarc: DmarcOutcome | None,
) -> Authentication:
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
        dmarc=DmarcSeen(
            dmarc.result.value, dmarc.policy and dmarc.policy.value, author_domain(author)
        ),
        arc=(ArcResult.TEMPERROR if arc is None else arc.result).value,
        verdict=_verdict(dmarc),
        author=author,
    )


def _verdict(dmarc: DmarcOutcome) -> str:
    """Return whether the author's own domain vouches for the mail.

    A domain without a policy vouches by what it signed or sent itself all the same.
    """
    if dmarc.result is DmarcResult.FAIL:
        return "fail"
    return "pass" if dmarc.aligned else "none"

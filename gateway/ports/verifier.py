"""Who sent a mail, as far as DNS and signatures can tell; and the look-ups that it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from gateway.ports.reception import Peer
from gateway.ports.relay import Mx

PENDING = "pending"
"""The verdict until there is one."""


class Lookups(Protocol):
    """Asks DNS. Names are taken as absolute; answers are kept as long as DNS permits.

    All raise `ports.relay`'s NoSuchDomain, NoAnswer or DnsFault.
    """

    async def txt(self, name: str) -> Sequence[str]:
        """Return the TXT records, the strings of each joined."""

    async def mx(self, domain: str) -> Sequence[Mx]:
        """Return the MX records, in no order."""

    async def ipv4(self, host: str) -> Sequence[str]:
        """Return the addresses of the A records."""

    async def ipv6(self, host: str) -> Sequence[str]:
        """Return the addresses of the AAAA records."""

    async def ptr(self, address: str) -> Sequence[str]:
        """Return the names of an IP address, without dots at their ends."""


@dataclass(frozen=True, slots=True)
class SpfSeen:
    """result: a word of RFC 7208, 2.6. domain: the one that was checked, None if there is none."""

    result: str
    domain: str | None


@dataclass(frozen=True, slots=True)
class DkimSeen:
    """One signature. result: a word of RFC 8601, 2.7.1. None: the field doesn't say."""

    result: str
    domain: str | None
    selector: str | None


@dataclass(frozen=True, slots=True)
class DmarcSeen:
    """result: none, pass, fail, temperror. policy: what its owner wants done with a failure.

    domain: the author's.
    """

    result: str
    policy: str | None
    domain: str | None


@dataclass(frozen=True, slots=True)
class Authentication:
    """What was found out about a mail (contract §5).

    arc: none, pass, fail, temperror (RFC 8617). verdict: pass, fail, none, pending.
    author: the one address in From, or None where that is not certain.
    """

    spf: SpfSeen = SpfSeen("none", None)
    dkim: tuple[DkimSeen, ...] = ()
    dmarc: DmarcSeen = DmarcSeen("none", None, None)
    arc: str = "none"
    verdict: str = "none"
    author: str | None = None

    @property
    def may_change(self) -> bool:
        """Whether another try may tell more, since DNS gave no answer to some question."""
        seen = {self.spf.result, self.dmarc.result, self.arc, *(one.result for one in self.dkim)}
        return self.verdict == "none" and "temperror" in seen

    def shown(self) -> Mapping[str, Any]:
        """Return it as the store keeps it and the API shows it."""
        return {
            "spf": {"result": self.spf.result, "domain": self.spf.domain},
            "dkim": [
                {"result": one.result, "domain": one.domain, "selector": one.selector}
                for one in self.dkim
            ],
            "dmarc": {
                "result": self.dmarc.result,
                "policy": self.dmarc.policy,
                "domain": self.dmarc.domain,
            },
            "arc": {"result": self.arc},
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True)
class Received:
    """A mail to be verified.

    source: its bytes, or the file that holds them. sender: the reverse-path, "" for none.
    """

    source: bytes | Path = field(repr=False)
    sender: str
    peer: Peer


class Verifier(Protocol):
    """Finds out who sent a mail."""

    async def verify(self, mail: Received) -> Authentication:
        """Return what is known within the verifier's time; never `pending`.

        What DNS didn't answer about is "temperror". Raises Fault if the file can't be read.
        """

"""The way out: where mail for a domain goes, and handing it on."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from gateway.mail.dane import Tlsa
from gateway.mail.envelope import Recipient
from gateway.mail.errors import Fault
from gateway.mail.replies import Reply
from gateway.rules.outcome import NextHopKind, Stage, Trouble


class NoSuchDomain(Exception):  # noqa: N818 (an answer of DNS, nobody's error)
    """DNS says that the name does not exist (NXDOMAIN)."""


class NoAnswer(Exception):  # noqa: N818 (an answer of DNS, nobody's error)
    """The name exists, but has no record of the kind asked for."""


class DnsFault(Fault):
    """DNS gave no answer: a time-out, SERVFAIL, REFUSED, nonsense."""


@dataclass(frozen=True, slots=True)
class Mx:
    """An MX record; host is "" for the null MX of a domain that takes no mail (RFC 7505).

    is_secure: DNSSEC vouches for it.
    """

    preference: int
    host: str
    is_secure: bool = False


class Resolver(Protocol):
    """Asks DNS. Names are taken as absolute; answers are kept as long as DNS permits.

    All raise NoSuchDomain, NoAnswer or DnsFault.
    """

    async def mx(self, domain: str) -> Sequence[Mx]:
        """Return the MX records, in no order."""

    async def addresses(self, host: str) -> Sequence[str]:
        """Return the addresses of a host, IPv4 first; a literal stands for itself."""

    async def configured_addresses(self, host: str) -> Sequence[str]:
        """Return the addresses of a host that the admin named: /etc/hosts counts as well."""

    async def txt(self, name: str) -> Sequence[str]:
        """Return the TXT records, the strings of each joined."""

    async def tlsa(self, host: str, port: int) -> Sequence[Tlsa]:
        """Return the TLSA records of a mail server that DNSSEC vouches for, () for none.

        Raises DnsFault alone: whether there are any is not known then.
        """


class Tls(StrEnum):
    """How much TLS a next hop must have."""

    NONE = "none"
    OPPORTUNISTIC = "opportunistic"
    """If it is offered, whatever its certificate; in clear text where the handshake fails."""
    REQUIRED = "required"
    """Whatever its certificate."""
    VERIFIED = "verified"
    """With a certificate for the host's name that the system trusts."""
    DANE = "dane"
    """With a certificate that the host's TLSA records name (RFC 7672)."""


class TlsPolicy(StrEnum):
    """What the recipient's domain published about TLS; the words of reports (RFC 8460, 4.4)."""

    DANE = "tlsa"
    MTA_STS = "sts"
    NONE = "no-policy-found"


@dataclass(frozen=True, slots=True)
class Assurance:
    """What a recipient's domain published about TLS, as far as one of its servers goes.

    tlsa: the records to go by, () where none is usable.
    names: which of them a certificate has to bear, where a trust anchor vouches for it.
    testing: a failure is told in a report, and stops no mail.
    domain, lines: whose policy, and the policy, for reports; connections are shared regardless.
    """

    policy: TlsPolicy = TlsPolicy.NONE
    tlsa: tuple[Tlsa, ...] = ()
    names: tuple[str, ...] = ()
    testing: bool = False
    domain: str = field(default="", compare=False)
    lines: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to sign in at a next hop. is_token: the password is an access token (XOAUTH2)."""

    username: str
    password: str = field(repr=False)
    is_token: bool = False


@dataclass(frozen=True, slots=True)
class NextHop:
    """A server to hand mail on to, by one of its addresses.

    host: the name that its certificate has to bear.
    address: an IP address, judged where a stranger named the host; no other is connected to.
    implicit_tls: TLS from the first byte, not by STARTTLS.
    most_connections: to this host and port, all its addresses together.
    source_address: the address of this machine to connect from, or None for any.
    assurance: of an MX; `tls` is what follows from it.
    """

    host: str
    port: int
    address: str
    kind: NextHopKind
    tls: Tls = Tls.OPPORTUNISTIC
    implicit_tls: bool = False
    credentials: Credentials | None = None
    most_connections: int = 20
    source_address: str | None = None
    assurance: Assurance = Assurance()

    def __str__(self) -> str:
        """Return "host:port", for people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class OwnServer:
    """A company's own SMTP server, as its settings name it."""

    host: str
    port: int
    tls: Tls
    implicit_tls: bool
    credentials: Credentials | None


class Routes(Protocol):
    """Finds the next hops of mail."""

    async def to_domain(self, domain: str) -> Sequence[NextHop] | Trouble:
        """Return the next hops for a recipient's domain in the order to be tried, or why none."""

    async def to_own_server(self, server: OwnServer) -> Sequence[NextHop] | Trouble:
        """Return the next hops of a company's own server, or why none."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One recipient's copy on its way.

    sender: the return-path, "" for none.
    content: the bytes to send, in pieces cut anywhere; together they end with CRLF and hold no
        CR or LF outside of CRLF. What is sent is exactly this: dots are stuffed, nothing else.
    ret, envid: as in `mail.envelope.Envelope`; for next hops that offer DSN.
    smtputf8: the header is in UTF-8 (RFC 6532), so the next hop must know SMTPUTF8.
    """

    sender: str
    recipient: Recipient
    content: tuple[bytes, ...]
    ret: str | None = None
    envid: str | None = None
    smtputf8: bool = False

    @property
    def size(self) -> int:
        """The octets of the message."""
        return sum(len(piece) for piece in self.content)


@dataclass(frozen=True, slots=True)
class Attempted:
    """How far an attempt came and what ended it; `rules.outcome.judge` says what it means.

    stage: whose answer `answer` is. A stage of DOT means that the final dot may have left.
    tls: "none", "TLSv1.3 unverified", "TLSv1.2 verified", "TLSv1.3 dane", "TLSv1.3 mta-sts".
    tls_failure: what went wrong with TLS though the attempt went on ("" if nothing did).
    is_new: a connection was made, or tried to be, for this attempt.
    reports: the next hop took over to report the mail's fate (RFC 3461).
    """

    next_hop: NextHop
    tls: str
    stage: Stage
    answer: Reply | Trouble
    ms: int
    tls_failure: str = ""
    is_new: bool = True
    reports: bool = False

    @property
    def text(self) -> str:
        """The answer in one text, for people."""
        words = self.answer.text if isinstance(self.answer, Trouble) else str(self.answer)
        if not self.tls_failure:
            return words
        how = "in clear text" if self.tls == "none" else "unverified"
        return f"{words} ({how}, TLS failed: {self.tls_failure})"


BeforeDot = Callable[[], Awaitable[None]]
"""Notes durably that the final dot may leave now; may raise to keep it from leaving."""


class Relay(Protocol):
    """Hands mail on to next hops."""

    async def relay(self, hop: NextHop, copy: Outgoing, *, before_dot: BeforeDot) -> Attempted:
        """Return how the attempt ended, whatever the next hop does.

        before_dot: awaited once the next hop wants the message (354), before the final dot
            leaves. Where it isn't awaited, nothing was sent. What it raises comes through, and
            the mail was not sent then.
        """

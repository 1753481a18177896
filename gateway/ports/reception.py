"""What an SMTP listener needs to know and to hand over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.mail.digests import Digests
from gateway.mail.envelope import Envelope
from gateway.mail.replies import Reply


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is connected: the real peer, after PROXY.

    port: 0 where nobody was: a command of this machine fed the mail in.
    tls: "TLSv1.3" and the like, or None for clear text.
    login: the submission login's user name, or None where nobody signed in.
    tenant_id: the company of that login.
    """

    address: str
    port: int
    helo: str
    tls: str | None = None
    login: str | None = None
    tenant_id: str | None = None

    @property
    def is_remote(self) -> bool:
        """Whether the mail came over a connection."""
        return self.port > 0


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of one message as they came, CRLF line ends, dots unstuffed.

    Either `data` holds them, or the file at `path`, which the taker owns from the
    moment it is handed over: it moves the file or deletes it.
    head: the first bytes, the whole header block among them unless that is longer.
    digests: the hashes of the file, where they were made as it was written.
    """

    size: int
    head: bytes
    data: bytes | None = None
    path: str | None = None
    digests: Digests | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A login that was recognised, and its company."""

    username: str
    tenant_id: str


class Reception(Protocol):
    """Decides about transactions; one for mx, one for submission."""

    async def authenticate(self, username: str, password: str, peer: Peer) -> Account | None:
        """Return the account, or None if name or password is wrong; may raise Fault."""

    async def judge(
        self, sender: str, accepted: Sequence[str], recipient: str, peer: Peer
    ) -> Reply | None:
        """Return why `recipient` is refused, or None if it may join `accepted`."""

    async def accept(self, envelope: Envelope, content: Content, peer: Peer) -> Reply:
        """Store the message for good and return the reply; positive only once it is synced.

        Our own trouble comes back as 4yz or as Fault, never as 5yz.
        """

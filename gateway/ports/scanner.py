"""What judges mail before it is stored: a virus scanner, a spam filter, DMARC."""

from dataclasses import dataclass
from typing import Protocol

from gateway.mail.envelope import Envelope
from gateway.mail.replies import Reply
from gateway.ports.reception import Content, Peer


@dataclass(frozen=True, slots=True)
class Scanned:
    """A mail that is to be judged; its content is read only."""

    envelope: Envelope
    content: Content
    peer: Peer


class Scanner(Protocol):
    """Judges mail. Nothing of it is kept."""

    @property
    def name(self) -> str:
        """What logs call it."""

    async def judge(self, mail: Scanned) -> Reply | None:
        """Return why the mail is refused, for good or for now; None if it may come in.

        Raises Fault if it can't be told. Has no time limit of its own.
        """

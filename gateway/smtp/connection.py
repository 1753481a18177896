"""One connection to a next hop, by aiosmtplib: opening it, and one transaction after another.

Every exception of the library and of the network is translated here, once, into the stage that
was reached and the answer that ended it.
"""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from collections.abc import Iterator
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib.errors import SMTPConnectResponseError
from aiosmtplib.response import SMTPResponse

from gateway.mail.replies import Reply
from gateway.ports.relay import BeforeDot, NextHop, Outgoing, Tls
from gateway.rules.outcome import Obstacle, Stage, Trouble
from gateway.smtp.commands import envelope_commands, read_offer
from gateway.smtp.hop_replies import read_reply
from gateway.smtp.pipelining import PipeliningProtocol, stuffed


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that a next hop has at each stage (RFC 5321, section 4.5.3.2)."""

    connect: float = 30
    greeting: float = 60
    command: float = 120
    block: float = 180
    final_dot: float = 600
    reset: float = 10


@dataclass(frozen=True, slots=True)
class Contexts:
    """TLS settings: with any certificate, and with one that the system trusts."""

    unverified: ssl.SSLContext
    verified: ssl.SSLContext

    @classmethod
    def of_system(cls) -> "Contexts":
        """Return those with the system's trust store (SSL_CERT_FILE counts). Takes a while."""
        unverified = ssl.create_default_context()
        unverified.check_hostname = False
        unverified.verify_mode = ssl.CERT_NONE
        return cls(unverified, ssl.create_default_context())


class Ended(Exception):  # noqa: N818 (what it tells may be a reply, not an error)
    """An attempt ended at this stage with this answer."""

    def __init__(self, stage: Stage, answer: Reply | Trouble) -> None:
        super().__init__(stage, answer)
        self.stage = stage
        self.answer = answer

"""What the sessions of one listener have in common."""

import asyncio
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from gateway.ports.meter import NoMeter, SessionMeter
from gateway.ports.reception import Reception
from gateway.runtime.networks import Network
from gateway.smtp.limits import Seconds, SessionLimits
from gateway.smtp.quotas import Quotas
from gateway.smtp.spool import Spool


class Role(StrEnum):
    """What a listener is for."""

    MX = "mx"
    SUBMISSION = "submission"  # STARTTLS
    SUBMISSIONS = "submissions"  # TLS from the first octet (RFC 8314)

    @property
    def signs_in(self) -> bool:
        """True if mail is taken from logins only."""
        return self is not Role.MX


@dataclass(frozen=True, slots=True)
class ListenerConfig:
    """One listener as the configuration describes it.

    hostname: the name in the banner and in the answer to EHLO.
    tls: for STARTTLS and for TLS from the start; None offers neither.
    proxy_networks: peers that put a PROXY header before everything; others must not.
    plain_networks: peers that may sign in without TLS, judged after PROXY.
    spool, quotas: one of each for all listeners of a process.
    """

    role: Role
    hostname: str
    reception: Reception
    spool: Spool
    quotas: Quotas
    limits: SessionLimits = field(default_factory=SessionLimits)
    tls: ssl.SSLContext | None = None
    proxy_networks: tuple[Network, ...] = ()
    plain_networks: tuple[Network, ...] = ()
    meter: SessionMeter = field(default_factory=NoMeter)


class Guest(Protocol):
    """A session, as its listener sees it."""

    @property
    def task(self) -> "asyncio.Task[None]":
        """What serves the connection."""

    def retire(self) -> None:
        """End at the next moment that breaks no transaction off."""

    @property
    def is_committing(self) -> bool:
        """True while a message is being stored, which must not be broken off."""

    def cut(self) -> None:
        """End now, or as soon as nothing is being stored."""


class Station:
    """The listener, as its sessions see it.

    tls: replaced when a certificate is; sessions take it at their handshake.
    """

    def __init__(self, config: ListenerConfig) -> None:
        """Begin with no session."""
        self.config = config
        self.seconds = Seconds.of(config.limits)
        self.tls = config.tls
        self.is_retiring = False
        self.guests: set[Guest] = set()

    def apply(self, config: ListenerConfig) -> None:
        """Go on with other limits."""
        self.config = config
        self.seconds = Seconds.of(config.limits)

"""Trying a mail server's settings without sending a mail."""

from dataclasses import dataclass
from typing import Protocol

from gateway.ports.relay import OwnServer

STAGES = ("dns", "connect", "tls", "auth", "sender", "mail")


@dataclass(frozen=True, slots=True)
class ProbeStep:
    """One step of a test. name: a stage of `STAGES`; detail: what was found, or went wrong."""

    name: str
    ok: bool
    detail: str
    ms: int


@dataclass(frozen=True, slots=True)
class TalkLine:
    """A line of the talk with a server. by: "server" | "client" | "note"; no secret is in it."""

    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Probed:
    """How a test ended. stage: the one that failed, None if none did.

    message: the server's own words where it said any, uncut. trouble: what kind of thing went
    wrong, one of the keys of `rules.probe_hints`.
    most_octets: the largest mail that the server takes, 0 if it doesn't say.
    talk: the SMTP talk as far as it came.
    """

    steps: tuple[ProbeStep, ...]
    stage: str | None
    message: str
    trouble: str = ""
    most_octets: int = 0
    talk: tuple[TalkLine, ...] = ()


class Probe(Protocol):
    """Tries a company's own server: up to the point where a mail would be sent, or further."""

    async def probe(self, server: OwnServer, sender: str, mail: bytes | None = None) -> Probed:
        """Return how far it came; never raises for what a server does. Takes 25 s at most.

        sender: the address that mail would come from. mail: what is sent to that address, once
            all else went well; its failure is the stage "mail". None: nothing is sent.
        """

"""Asking web servers that a company or a stranger named."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gateway.mail.errors import Fault

MOST_OCTETS = 64 * 1024


class NotPermitted(Fault):
    """The URL leads where nobody may be sent; nothing was connected."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a web server answered. headers: names in lower case; body: cut at the limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Outward(Protocol):
    """The one way out by HTTP: judged, pinned to the judged address, no redirects, no proxies."""

    async def judge(self, url: str) -> None:
        """Return if the URL may be asked as its host is known now; nothing is connected.

        Raises NotPermitted; Fault if the host is not known.
        """

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        seconds: float = 15.0,
        most_octets: int = MOST_OCTETS,
    ) -> HttpAnswer:
        """Return the answer, whatever its status; a redirect is an answer.

        seconds: for all of it. most_octets: of the body that are read.

        Raises NotPermitted, Fault (no such host, no connection, TLS, time out, nonsense).
        """

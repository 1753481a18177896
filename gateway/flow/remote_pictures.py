"""Pictures that a mail only names: fetched when somebody asks, by us, never by their browser.

So their senders learn that the mail was looked at, and nothing of who did it, where, with what.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urljoin

from gateway.mail.errors import Fault
from gateway.mail.html_clean import remote_pictures
from gateway.mail.pictures import picture_type
from gateway.ports.outward import Outward

_MOST = 40
_MOST_OCTETS = 1024 * 1024
_MOST_TOGETHER = 8 * 1024 * 1024
_AT_ONCE = 6
_SECONDS = 8.0
_HOPS = 3
_MOVED = frozenset({301, 302, 303, 307, 308})
_ACCEPT = {"Accept": "image/png, image/jpeg, image/gif, image/webp"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture. content_type: by its first octets, whatever its server said."""

    content_type: str
    data: bytes


class RemotePictures:
    """Fetches the pictures of a mail, each by https and through the gate."""

    def __init__(self, outward: Outward) -> None:
        """Ask through this."""
        self._outward = outward

    async def of(self, html: str) -> Mapping[str, Picture]:
        """Return those pictures of cleaned HTML that could be had, by their addresses in it.

        It takes at most some seconds; what is too large, too slow, or no picture is left out.
        """
        room = asyncio.Semaphore(_AT_ONCE)
        found: dict[str, Picture] = {}
        taken = 0

        async def fetch(address: str) -> None:
            nonlocal taken
            async with room:
                picture = await self._fetched(address)
            if picture is not None and taken + len(picture.data) <= _MOST_TOGETHER:
                taken += len(picture.data)
                found[address] = picture

        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS), asyncio.TaskGroup() as tasks:
                for address in remote_pictures(html)[:_MOST]:
                    tasks.create_task(fetch(address))
        return dict(found)

    async def _fetched(self, address: str) -> Picture | None:
        """Return the picture at an address, None if there is none to be had."""
        for _ in range(1 + _HOPS):
            try:
                answer = await self._outward.ask(
                    "GET",
                    _by_https(address),
                    headers=_ACCEPT,
                    seconds=_SECONDS,
                    most_octets=_MOST_OCTETS + 1,
                )
            except Fault:
                return None
            if answer.status in _MOVED and (place := answer.headers.get("location")):
                address = urljoin(_by_https(address), place)
                continue
            kind = picture_type(answer.body)
            whole = answer.status == 200 and len(answer.body) <= _MOST_OCTETS
            return Picture(kind, answer.body) if whole and kind else None
        return None


def _by_https(address: str) -> str:
    """Return an address of the web as it is asked: never in the clear."""
    scheme, separator, rest = address.partition("://")
    return f"https://{rest}" if separator and scheme.lower() == "http" else address

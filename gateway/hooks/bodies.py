"""What an endpoint is sent of an event, in the format that it asked for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from gateway.flow.context import Context
from gateway.hooks.contents import told
from gateway.rules.events import MESSAGE_RECEIVED
from gateway.rules.hooks import MAILGUN, POSTMARK, STANDARD
from gateway.rules.model import Event
from webhooks import mailgun, postmark, standard
from webhooks.mail import Arrival
from webhooks.signing import Signer

_AT_ONCE = 8
_SMALL_OCTETS = 512 * 1024


@dataclass(frozen=True, slots=True)
class Body:
    """The octets of a request and their media type."""

    media_type: str
    octets: bytes


def standard_body(event: Event) -> bytes:
    """Return the body in the standard format."""
    happening = standard.Happening(
        event.id, event.type, event.timestamp, event.tenant_id, event.sequence, event.data
    )
    return standard.body(happening)


class Bodies:
    """Makes bodies. Few large ones are held at a time, for as long as they are being sent."""

    def __init__(self, context: Context) -> None:
        """Read messages by these ports."""
        self._context = context
        self._room = asyncio.Semaphore(_AT_ONCE)

    @asynccontextmanager
    async def of(
        self, kind: str, event: Event, *, signer: Signer, timestamp: int
    ) -> AsyncIterator[Body]:
        """Give the body of an event, for as long as it is needed.

        kind: the format. signer: the newest. timestamp: of the request, seconds since 1970.
        Raises Fault.
        """
        if kind == STANDARD:
            yield Body(standard.MEDIA_TYPE, standard_body(event))
            return
        async with AsyncExitStack() as held:
            if event.type == MESSAGE_RECEIVED:
                await held.enter_async_context(self._room)
            body = await self._of_mail(kind, event, signer, timestamp)
            if len(body.octets) <= _SMALL_OCTETS:
                await held.aclose()
            yield body

    async def of_postmark(self, event: Event) -> bytes:
        """Return the body of an event of mail in Postmark's format. Raises Fault."""
        about = await told(self._context, event)
        return postmark.arrived(about) if isinstance(about, Arrival) else postmark.fate(about)

    async def _of_mail(self, kind: str, event: Event, signer: Signer, timestamp: int) -> Body:
        if kind == POSTMARK:
            return Body(postmark.MEDIA_TYPE, await self.of_postmark(event))
        about = await told(self._context, event)
        assert kind == MAILGUN
        signed = mailgun.signature(signer.secret, timestamp, event.id)
        if isinstance(about, Arrival):
            return Body(*mailgun.arrived(about, signed))
        return Body(mailgun.MEDIA_TYPE, mailgun.fate(about, signed))

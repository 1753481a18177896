"""Mail to postmaster@ and abuse@, passed on to the person who runs the gateway.

It is kept either way. Each comes as an attachment of a mail of ours: whatever a stranger wrote
in it stays as it came, and our name stands only for our own words.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta

import structlog

from gateway.flow.context import Context
from gateway.flow.outbox import Packed, post
from gateway.flow.own_mail import OwnLetter, author_of, leads_out, pack_letter
from gateway.flow.received import received_copy
from gateway.mail.errors import Fault
from gateway.mail.mailbox import Mailbox
from gateway.ports.store import Work
from gateway.rules import events
from gateway.rules.model import HOUSE_TENANT_ID, Event, Message, Tenant

log = structlog.get_logger()

PASSED_ON = "passed_on"
"""The kind of the line that stands for it."""
MOST_AN_HOUR = 100
_FACT = "house mail"
_AT_ONCE = 50
_LOOK_EVERY = timedelta(minutes=1)
_HOUR = timedelta(hours=1)


class HouseMail:
    """Follows what comes to the house. address: where it goes, "" for nowhere."""

    def __init__(self, context: Context, address: str) -> None:
        """Work on these ports."""
        self._context = context
        self.address = address
        self._hour = (context.clock.now(), 0)

    async def run(self) -> None:
        """Pass on until cancelled."""
        seen = 0
        while True:
            try:
                await self.pass_on()
            except Fault as error:
                log.warning("house_mail.not_passed_on", why=str(error))
            seconds = _LOOK_EVERY.total_seconds()
            seen = await self._context.store.wait("events", seen, seconds)

    async def pass_on(self) -> int:
        """Pass on what came since the last time; return how many mails that was. Raises Fault."""
        if not leads_out(self._context, self.address):
            return 0
        known = await self._context.store.read(self._seen)
        after = await self._context.store.write(self._begin) if known is None else known
        passed = 0
        while True:
            found = await self._context.store.read(
                lambda work, after=after: work.events.after(  # type: ignore[misc]
                    HOUSE_TENANT_ID, after, types=(events.MESSAGE_RECEIVED,), limit=_AT_ONCE
                )
            )
            for event in found:
                passed += await self._pass_on(event)
                after = event.sequence
            if len(found) < _AT_ONCE:
                return passed
            await asyncio.sleep(0)

    def _begin(self, work: Work) -> int:
        """Return the number of the last event that was looked at.

        What came while no address, or another one, was set is not sent after the fact.
        """
        known = self._seen(work)
        if known is not None:
            return known
        last = work.events.last(HOUSE_TENANT_ID)
        self._remember(work, last)
        return last

    def _seen(self, work: Work) -> int | None:
        """Return the number that is remembered for this address, None if there is none."""
        kept: Mapping[str, object] = json.loads(work.facts.get(_FACT) or "{}")
        return int(str(kept["after"])) if kept.get("address") == self.address else None

    def _remember(self, work: Work, after: int) -> None:
        work.facts.put(_FACT, json.dumps({"address": self.address, "after": after}))

    async def _pass_on(self, event: Event) -> bool:
        context, now = self._context, self._context.clock.now()

        def look(work: Work) -> tuple[Message | None, Tenant | None]:
            message = work.messages.get(HOUSE_TENANT_ID, str(event.data["message_id"]))
            return message, work.tenants.by_number(0)

        message, house = await context.store.read(look)
        packed = None
        if message is not None and house is not None and self._has_room():
            packed = await self._packed(message, house)

        def store(work: Work) -> bool:
            if self._begin(work) >= event.sequence:
                return False  # another process did it
            self._remember(work, event.sequence)
            if packed is not None:
                post(context, work, packed, now)
            return packed is not None

        return await context.store.write(store)

    def _has_room(self) -> bool:
        """Count a mail; False where the hour has had enough, so that nobody is flooded."""
        since, count = self._hour
        now = self._context.clock.now()
        if now - since >= _HOUR:
            since, count = now, 0
        self._hour = (since, count + 1)
        if count == MOST_AN_HOUR:
            log.warning("house_mail.too_much", most=MOST_AN_HOUR)
        return count < MOST_AN_HOUR

    async def _packed(self, message: Message, house: Tenant) -> Packed | None:
        context, now = self._context, self._context.clock.now()
        if not message.raw_sha256:
            return None
        _, pieces = await received_copy(context, message)
        original = b"".join([piece async for piece in pieces])
        addressed = ", ".join(box.address for box in message.to) or "postmaster"
        letter = OwnLetter(
            tenant=house,
            conversation_id=message.conversation_id,
            from_=author_of(context),
            to=Mailbox("", self.address),
            reply_to=(message.reply_to or (message.from_,)) if message.from_.address else (),
            subject=f"[{context.names.hostname}] {message.subject or 'Mail to postmaster'}",
            text=(
                f"{context.names.hostname} got the attached mail to {addressed}\n"
                f"from {message.from_.address or 'nobody who is named'}. It is kept as "
                f"{message.id}.\n"
            ),
            attachments=(("original.eml", "message/rfc822", original),),
            kind=PASSED_ON,
            line=f"Passed on to {self.address}.",
            about=f"passed on: {message.id}",
        )
        return await pack_letter(context, letter, now)

"""Whoever is postmaster hears by mail that the gateway's DNS records broke, or are well again.

It is noted in the transaction that tells of it; a task writes the mail from the note.
"""

from collections.abc import Mapping
from typing import Any

from gateway.flow.context import Context
from gateway.flow.notes import NoteTask
from gateway.flow.outbox import Packed, post
from gateway.flow.own_mail import OwnLetter, author_of, leads_out, own_place, pack_letter
from gateway.mail.mailbox import Mailbox
from gateway.ports.store import Work
from gateway.rules import events
from gateway.rules.model import Conversation, Event, Tenant

NOTIFIED = "dns_drift"
"""The kind of the line that stands for such a mail."""


class DriftNotices(NoteTask):
    """Writes what was ordered. A note: the event's id. address: where to, "" for nowhere."""

    prefix = "dns drift:"

    def __init__(self, context: Context, address: str) -> None:
        """Work on these ports."""
        super().__init__(context)
        self.address = address

    async def do(self, name: str, value: str) -> bool:
        """Write the mail about an event of the house."""
        context, now = self._context, self._context.clock.now()

        def look(work: Work) -> tuple[Tenant | None, Event | None]:
            return work.tenants.by_number(0), work.events.get(value, name)

        house, event = await context.store.read(look)
        place = own_place(context, value, "DNS records", now)
        packed = await self._packed(house, event, place) if house and event else None

        def store(work: Work) -> bool:
            if not self.take(work, name):
                return False  # another process did it
            if packed is not None:
                work.conversations.add(place)
                post(context, work, packed, now)
            return packed is not None

        return await context.store.write(store)

    async def _packed(self, house: Tenant, event: Event, place: Conversation) -> Packed | None:
        """Return the mail, ready to be posted; None where it could reach nobody."""
        context = self._context
        if not leads_out(context, self.address):
            return None
        is_bad = event.type == events.DNS_DRIFTED
        what = "DNS records broke" if is_bad else "DNS records are well again"
        letter = OwnLetter(
            tenant=house,
            conversation_id=place.id,
            from_=author_of(context),
            to=Mailbox("", self.address),
            subject=f"[{context.names.hostname}] {what}",
            text=_text(context, event, is_bad=is_bad),
            kind=NOTIFIED,
            line=f"{what}. {self.address} was told.",
            about=f"dns: {event.id}",
        )
        return await pack_letter(context, letter, context.clock.now())


def _text(context: Context, event: Event, *, is_bad: bool) -> str:
    data: Mapping[str, Any] = event.data
    lines = [
        "These records of the mail gateway stood rightly in DNS and do so no more:"
        if is_bad
        else "These records of the mail gateway stand rightly in DNS again:",
        "",
    ]
    for one in data["records"]:
        lines.append(f"{one['type']} {one['name']} ({one['purpose']})")
        if is_bad:
            found = "; ".join(one["found"]) or "nothing"
            lines += [f"  DNS answers: {found}", f"  To do: {one['remedy']}"]
    lines += [
        "",
        f"All of them: {context.names.public_url}/inbox/admin/dns or `postroom dns --check`",
        "",
        "-- ",
        "This mail was written by a machine, once for each change.",
        "",
    ]
    return "\n".join(lines)

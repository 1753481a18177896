"""Reports to the services that handed mail over and asked for them (RFC 3461), and to nobody else.

What is to be reported is noted in the transaction that changed a delivery; a task writes the
reports from the notes. Each goes to the queue in the transaction that takes its note away.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from gateway.flow.contents import whole
from gateway.flow.notes import NoteTask
from gateway.flow.outbox import Packed, post
from gateway.flow.own_mail import OwnMail, author_of, leads_out, pack_own
from gateway.mail.dsn_compose import ReportMail, Told, compose_report
from gateway.mail.errors import MailError
from gateway.mail.mailbox import Mailbox
from gateway.mail.report import Action
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.model import Delivery, Tenant
from gateway.rules.reasons import plain_words
from gateway.rules.reports_asked import wants

log = structlog.get_logger()

REPORT = "report"
"""The kind of the line that stands for a report in its conversation."""
_WRITTEN = "reported:"
_STATUS: Mapping[str, str] = {
    "failed": "5.0.0",
    "delayed": "4.4.7",
    "relayed": "2.0.0",
    "delivered": "2.0.0",
}


def order_report(
    work: Work, delivery: Delivery, action: Action, *, until: datetime | None = None
) -> None:
    """Note that the submitter is to hear of this, if that was asked for; in the caller's work.

    Each is told once, however often a next hop repeats it.
    """
    if not delivery.submitter or not wants(delivery.notify, action):
        return
    name = f"{delivery.id}:{action}"
    if work.facts.get(f"{_WRITTEN}{name}") is None:
        note = {"until": until.isoformat() if until else None}
        SubmitterReports.order(work, name, json.dumps(note))


@dataclass(frozen=True, slots=True)
class _Order:
    """A note, read."""

    delivery_id: str
    action: Action
    until: datetime | None


class SubmitterReports(NoteTask):
    """Writes what was ordered. A note: the delivery's id and what became of it."""

    prefix = "report:"

    async def do(self, name: str, value: str) -> bool:
        """Write a report."""
        context, now = self._context, self._context.clock.now()
        order = _read(name, value)

        def look(work: Work) -> tuple[Delivery, Tenant] | None:
            delivery = work.deliveries.get(None, order.delivery_id)
            tenant = work.tenants.get(delivery.tenant_id) if delivery else None
            return (delivery, tenant) if delivery and tenant else None

        found = await context.store.read(look)
        packed = await self._packed(order, *found, now) if found else None

        def store(work: Work) -> bool:
            if not self.take(work, name):
                return False  # another process wrote it
            work.facts.put(f"{_WRITTEN}{name}", now.isoformat())
            if packed is not None:
                post(context, work, packed, now)
            return packed is not None

        return await context.store.write(store)

    async def _packed(
        self, order: _Order, delivery: Delivery, tenant: Tenant, now: datetime
    ) -> Packed | None:
        """Return the report, ready to be posted; None where it could reach nobody."""
        context, names = self._context, self._context.names
        to = Mailbox("", delivery.submitter or "")
        if not leads_out(context, to.address):
            return None  # the Inbox tells the company
        message_id = context.new_id(ids.MESSAGE, now)
        author = author_of(context)
        told = _told(delivery, order)
        own_id = names.message_id(context.keys, tenant, message_id)
        returned = await whole(context, delivery.tenant_id, delivery.raw_sha256)
        report = ReportMail(
            author,
            to,
            own_id,
            now,
            delivery.queued_at,
            names.hostname,
            told,
            returned,
            delivery.ret == "FULL",
            delivery.envid,
        )
        try:
            raw = compose_report(report)
        except MailError as error:
            log.warning("report.not_composed", id=delivery.id, why=str(error))
            return None
        own = OwnMail(
            tenant=tenant,
            conversation_id=delivery.conversation_id,
            message_id=message_id,
            header_id=own_id,
            from_=author,
            to=to,
            raw=raw,
            kind=REPORT,
            line=f"{to.address}, who handed the mail over, was told: {told.words}",
            about=f"report: {delivery.id}",
        )
        return await pack_own(context, own, now)


def _read(name: str, value: str) -> _Order:
    delivery_id, _, action = name.partition(":")
    note: Mapping[str, Any] = json.loads(value)
    until = datetime.fromisoformat(note["until"]) if note["until"] else None
    return _Order(delivery_id, action, until)  # type: ignore[arg-type]


def _told(delivery: Delivery, order: _Order) -> Told:
    reason, last = delivery.reason, delivery.attempts[-1] if delivery.attempts else None
    speaks = reason is not None and order.action in {"failed", "delayed"}
    status = reason.enhanced if reason is not None and speaks else None
    if delivery.state == "expired" and order.action == "failed":
        status = "4.4.7"
    return Told(
        recipient=delivery.recipient.address,
        action=order.action,
        status=status or _STATUS[order.action],
        words=_words(delivery, order),
        original=delivery.orcpt,
        diagnostic=reason.verbatim if reason is not None and speaks else "",
        remote=last.next_hop.rpartition(":")[0] if last else "",
        last_attempt=last.at if last else None,
        until=order.until,
    )


def _words(delivery: Delivery, order: _Order) -> str:
    address = delivery.recipient.address
    why = delivery.reason.plain if delivery.reason else plain_words("unknown")
    if order.action == "failed":
        return f"Your mail to {address} could not be delivered: {why}."
    if order.action == "delayed":
        until = f" until {order.until:%Y-%m-%d %H:%M} UTC" if order.until else ""
        return f"Your mail to {address} has not been delivered yet: {why}. We go on trying{until}."
    if order.action == "delivered":
        return f"Your mail to {address} was delivered."
    return f"Your mail to {address} was passed on; the next server does not report what follows."

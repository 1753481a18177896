"""What became of mail, as Postmark tells it: bounces, and a message's details.

https://postmarkapp.com/developer/api/bounce-api
https://postmarkapp.com/developer/api/messages-api
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from gateway.api.postmark.schemas import AskedBounces
from gateway.api.registry import Call
from gateway.api.suppressions import lift
from gateway.flow.contents import whole
from gateway.flow.refusal import Kind, Refused, invalid
from gateway.mail.mailbox import Mailbox
from gateway.ports.store import Work
from gateway.rules.events import FAILURES
from gateway.rules.model import Delivery, Direction, Event, Message
from gateway.rules.states import State
from gateway.rules.testing import is_test

_NEWEST = 10_000
"""Only so many failures are looked through, as Postmark gives no more."""
_NEWEST_TOLD = 1000
"""Only so many where each has to be told first, to know its kind."""
_MOST_SOURCE = 1024 * 1024
_OF_WEBHOOKS = frozenset({"RecordType"})
_TRANSIENT = frozenset({State.DEFERRED.value, State.UNCONFIRMED.value})
_BOUNCED = frozenset({State.BOUNCED.value, State.EXPIRED.value, State.SUPPRESSED.value})
_WAITS = frozenset({State.QUEUED.value, State.HELD.value})
_DIGITS = 15


async def bounces(call: Call) -> Response:
    """Return bounces, newest first."""
    asked, tenant_id = call.asked(AskedBounces), call.company.id
    since, until = _moment(asked.fromdate, "fromdate"), _moment(asked.todate, "todate")
    context = call.services.context
    events = await context.store.read(lambda work: work.events.failures(tenant_id, _NEWEST))
    fitting = [event for event in events if _fits(event, asked, since, until)]
    if asked.type is None and asked.inactive is None and asked.tag is None:
        shown = fitting[asked.offset : asked.offset + asked.count]
        return _said({"TotalCount": len(fitting), "Bounces": await _all(call, shown)})
    told = [one for one in await _all(call, fitting[:_NEWEST_TOLD]) if _is_such(one, asked)]
    page = told[asked.offset : asked.offset + asked.count]
    return _said({"TotalCount": len(told), "Bounces": page})


async def bounce(call: Call) -> Response:
    """Return a bounce by its ID, which is the number of its event."""
    return _said(await _told(call, await _bounce(call)))


async def activate(call: Call) -> Response:
    """Let a bounce's address get mail again, and return the bounce as it is then.

    Raises Refused after a complaint: that is for the recipient, and for people, to settle.
    """
    event = await _bounce(call)
    address, tenant_id = str(event.data.get("recipient", "")).lower(), call.company.id
    found = await call.services.context.store.read(
        lambda work: work.suppressions.get(tenant_id, address)
    )
    if found is not None and found.kind == "complaint":
        detail = "They marked a mail as spam; lift it in the Inbox if they asked you to."
        raise Refused(Kind.INVALID, "not_possible", detail)
    await lift(call, address)
    return _said({"Message": "OK", "Bounce": await _told(call, event)})


async def _bounce(call: Call) -> Event:
    given, tenant_id = call.path["id"], call.company.id
    event = None
    if given.isascii() and given.isdigit() and len(given) <= _DIGITS:
        number = int(given)
        event = await call.services.context.store.read(
            lambda work: work.events.numbered(tenant_id, number)
        )
    if event is None or event.type not in FAILURES:
        raise Refused(Kind.NOT_FOUND, "no_such_bounce", "There is no such bounce.")
    return event


async def details(call: Call) -> Response:
    """Return a message that was sent, and what became of it."""
    context, tenant_id, wanted = call.services.context, call.company.id, call.path["id"]

    def look(work: Work) -> tuple[Message, Sequence[Delivery], Sequence[Event]] | None:
        message = work.messages.get(tenant_id, wanted)
        if message is None or message.direction is not Direction.OUT:
            return None
        deliveries = work.deliveries.of_messages([message.id]).get(message.id, ())
        failed = any(one.state in _TRANSIENT | _BOUNCED for one in deliveries)
        return message, deliveries, work.events.failures(tenant_id, _NEWEST) if failed else ()

    found = await context.store.read(look)
    if found is None:
        raise Refused(Kind.NOT_FOUND, "no_such_message", "There is no such message that was sent.")
    message, deliveries, failures = found
    source = ""
    if message.raw_sha256 and message.raw_size <= _MOST_SOURCE:
        source = (await whole(context, tenant_id, message.raw_sha256)).decode("ascii", "replace")
    numbers = {
        str(event.data.get("recipient")): event.sequence
        for event in reversed(failures)
        if event.data.get("message_id") == message.id
    }
    named = {box.address.lower() for box in (*message.to, *message.cc)}
    hidden = [one.recipient for one in deliveries if one.recipient.address.lower() not in named]
    return _said(
        {
            "Tag": next(iter(message.labels.tags), ""),
            "MessageID": message.id,
            "MessageStream": "outbound",
            "To": _people(message.to),
            "Cc": _people(message.cc),
            "Bcc": _people(hidden),
            "Recipients": [one.recipient.address for one in deliveries],
            "ReceivedAt": _time(message.received_at),
            "From": str_of(message.from_),
            "Subject": message.subject,
            "Attachments": [one.filename for one in message.attachments],
            "Status": _status(deliveries),
            "TrackOpens": False,
            "TrackLinks": "None",
            "Metadata": dict(message.labels.metadata),
            "Sandboxed": is_test(tenant_id),
            "TextBody": message.full_text or message.text,
            "HtmlBody": message.html or "",
            "Body": source,
            "MessageEvents": [
                event for one in deliveries for event in _events(one, numbers, message)
            ],
        }
    )


def str_of(box: Mailbox) -> str:
    """Return a person as a header shows them."""
    if not box.name:
        return box.address
    quoted = box.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{box.address}>'


def _fits(
    event: Event, asked: AskedBounces, since: datetime | None, until: datetime | None
) -> bool:
    about = event.data
    return (
        (asked.message_id is None or about.get("message_id") == asked.message_id)
        and (
            asked.email_filter is None
            or asked.email_filter.lower() in str(about.get("recipient", "")).lower()
        )
        and (since is None or event.timestamp >= since)
        and (until is None or event.timestamp <= until)
    )


def _is_such(told: Mapping[str, Any], asked: AskedBounces) -> bool:
    wanted = asked.inactive
    return (
        (asked.type is None or told["Type"] == asked.type)
        and (asked.tag is None or told["Tag"] == asked.tag)
        and (wanted is None or told["Inactive"] is (wanted == "true"))
    )


async def _all(call: Call, events: Sequence[Event]) -> list[dict[str, Any]]:
    return [await _told(call, event) for event in events]


async def _told(call: Call, event: Event) -> dict[str, Any]:
    body = json.loads(await call.services.hooks.postmark_body(event))
    return {name: value for name, value in body.items() if name not in _OF_WEBHOOKS}


def _moment(text: str | None, param: str) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(param, "This is not a day or time such as 2026-11-22.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _people(boxes: Sequence[Mailbox]) -> list[dict[str, str]]:
    return [{"Email": box.address, "Name": box.name} for box in boxes]


def _status(deliveries: Sequence[Delivery]) -> str:
    states = {one.state for one in deliveries}
    if states and states <= {State.CANCELLED.value}:
        return "Failed"
    return "Queued" if states and states <= _WAITS else "Sent"


def _events(
    delivery: Delivery, numbers: Mapping[str, int], message: Message
) -> list[dict[str, Any]]:
    recipient, last = delivery.recipient.address, delivery.attempts[-1:]
    kind, details = "", {}
    if delivery.state == State.DELIVERED:
        kind = "Delivered"
        details = {
            "DeliveryMessage": last[0].reply if last else "",
            "DestinationServer": last[0].next_hop if last else "",
            "DestinationIP": last[0].address if last else "",
        }
    elif delivery.state in _TRANSIENT | _BOUNCED:
        kind = "Transient" if delivery.state in _TRANSIENT else "Bounced"
        reason = delivery.reason
        details = {"Summary": (reason.verbatim or reason.plain) if reason else ""}
        if recipient in numbers:
            details["BounceID"] = str(numbers[recipient])
    if not kind:
        return []
    at = last[0].at if last else message.received_at
    return [{"Recipient": recipient, "Type": kind, "ReceivedAt": _time(at), "Details": details}]


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _said(body: object) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), media_type="application/json")

"""Bodies as Postmark's webhooks have them: inbound, delivery, bounce, spam complaint.

https://postmarkapp.com/developer/webhooks/webhooks-overview
"""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from webhooks.mail import Arrival, Fate, File, Outcome, Party

MEDIA_TYPE = "application/json"
_STREAM = "outbound"
_OWN_FIELDS = frozenset({"from", "to", "cc", "bcc", "reply-to", "subject", "date"})
"""Header fields that the body has fields of its own for."""
_OF_PARTS = frozenset({"content-type", "content-transfer-encoding"})
_TYPES: Mapping[Outcome, tuple[str, int, str, str]] = {
    Outcome.DEFERRED: (
        "Transient",
        2,
        "Message delayed",
        "The server could not temporarily deliver the message; it is tried again.",
    ),
    Outcome.BOUNCED: ("HardBounce", 1, "Hard bounce", "The server refused the message for good."),
    Outcome.EXPIRED: (
        "SoftBounce",
        4096,
        "Soft bounce",
        "The message could not be delivered in time and is given up.",
    ),
    Outcome.SUPPRESSED: (
        "ManuallyDeactivated",
        100002,
        "Manually deactivated",
        "The address gets no mail, so nothing was sent to it.",
    ),
    Outcome.COMPLAINED: (
        "SpamComplaint",
        100001,
        "Spam complaint",
        "The recipient marked the message as spam.",
    ),
}
OUTCOMES = frozenset({Outcome.DELIVERED, *_TYPES})
"""What this format tells of mail that was sent."""


def arrived(arrival: Arrival) -> bytes:
    """Return the body of an inbound webhook."""
    said = {
        "FromName": arrival.from_.name,
        "MessageStream": "inbound",
        "From": arrival.from_.address,
        "FromFull": _full(arrival.from_),
        "To": _listed(arrival.to),
        "ToFull": [_full(one) for one in arrival.to],
        "Cc": _listed(arrival.cc),
        "CcFull": [_full(one) for one in arrival.cc],
        "Bcc": "",
        "BccFull": [],
        "OriginalRecipient": arrival.recipient,
        "Subject": arrival.subject,
        "MessageID": arrival.id,
        "ReplyTo": _listed(arrival.reply_to),
        "MailboxHash": _hash(arrival.recipient),
        "Date": format_datetime(arrival.date or arrival.at),
        "TextBody": arrival.text,
        "HtmlBody": arrival.html,
        "StrippedTextReply": arrival.stripped_text,
        "Tag": "",
        "Headers": [
            {"Name": name, "Value": value}
            for name, value in arrival.headers
            if name.lower() not in _OWN_FIELDS | _OF_PARTS
        ],
        "Attachments": [_file(one) for one in arrival.files],
    }
    return _json(said)


def fate(told: Fate) -> bytes:
    """Return the body of a delivery, bounce or spam complaint webhook.

    Raises ValueError for an outcome that is none of `OUTCOMES`.
    """
    details = told.answer or told.plain
    common: dict[str, Any] = {
        "MessageID": told.message_id,
        "MessageStream": _STREAM,
        "ServerID": 0,
        "Tag": next(iter(told.tags), ""),
        "Metadata": {**told.metadata, "message_id": told.header_id},
    }
    if told.outcome is Outcome.DELIVERED:
        return _json(
            {
                "RecordType": "Delivery",
                **common,
                "Recipient": told.recipient,
                "DeliveredAt": _moment(told.at),
                "Details": details,
            }
        )
    if told.outcome not in _TYPES:
        raise ValueError(f"{told.outcome} is not told in this format")
    kind, code, name, description = _TYPES[told.outcome]
    complained = told.outcome is Outcome.COMPLAINED
    return _json(
        {
            "RecordType": "SpamComplaint" if complained else "Bounce",
            **common,
            "ID": told.number,
            "Type": kind,
            "TypeCode": code,
            "Name": name,
            "Description": description,
            "Details": details,
            "Email": told.recipient,
            "From": told.from_.address,
            "BouncedAt": _moment(told.at),
            "DumpAvailable": False,
            "Inactive": told.inactive,
            "CanActivate": told.inactive and not complained,
            "Subject": told.subject,
        }
    )


def _full(party: Party) -> dict[str, str]:
    return {
        "Email": party.address,
        "Name": party.name,
        "MailboxHash": _hash(party.address),
    }


def _hash(address: str) -> str:
    """Return what stands after the first plus sign of the local part, "" without one."""
    return address.rpartition("@")[0].partition("+")[2]


def _listed(parties: tuple[Party, ...]) -> str:
    return ", ".join(str(one) for one in parties)


def _file(file: File) -> dict[str, Any]:
    return {
        "Name": file.name,
        "Content": base64.b64encode(file.content or b"").decode("ascii"),
        "ContentType": file.media_type,
        "ContentLength": file.size,
        "ContentID": file.content_id,
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":"), ensure_ascii=True).encode("ascii")

"""Bodies as Mailgun has them: events of its webhooks, and the fields that its routes post.

https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads
https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import urlencode

from webhooks.mail import Arrival, Fate, Outcome

MEDIA_TYPE = "application/json"
FORM = "application/x-www-form-urlencoded"
_TOKEN_CHARS = 50
_OURS = frozenset({"recipient", "message-headers", "attachment-count", "content-id-map"})
_OURS_BEGIN = ("body-", "stripped-", "attachment-")
_EVENTS: Mapping[Outcome, tuple[str, str, Mapping[str, str]]] = {
    Outcome.QUEUED: ("accepted", "info", {}),
    Outcome.DELIVERED: ("delivered", "info", {}),
    Outcome.DEFERRED: ("failed", "warn", {"severity": "temporary", "reason": "generic"}),
    Outcome.BOUNCED: ("failed", "error", {"severity": "permanent", "reason": "bounce"}),
    Outcome.EXPIRED: ("failed", "error", {"severity": "permanent", "reason": "old"}),
    Outcome.SUPPRESSED: (
        "failed",
        "error",
        {"severity": "permanent", "reason": "suppress-bounce"},
    ),
    Outcome.COMPLAINED: ("complained", "warn", {}),
}


def signature(key: str, timestamp: int, event_id: str) -> dict[str, str]:
    """Return timestamp, token and signature.

    key: what receivers keep as their signing key. timestamp: seconds since 1970.
    The token is one for each try of an event, so that a receiver may refuse one it has seen.
    """
    token = hashlib.sha256(f"{event_id}.{timestamp}".encode()).hexdigest()[:_TOKEN_CHARS]
    signed = hmac.digest(key.encode(), f"{timestamp}{token}".encode(), "sha256")
    return {"timestamp": str(timestamp), "token": token, "signature": signed.hex()}


def fate(told: Fate, signed: Mapping[str, str]) -> bytes:
    """Return the body of an event's webhook, in JSON."""
    event, level, more = _EVENTS[told.outcome]
    about: dict[str, Any] = {
        "id": told.event_id,
        "timestamp": told.at.timestamp(),
        "event": event,
        "log-level": level,
        **more,
        "recipient": told.recipient,
        "recipient-domain": told.recipient.rpartition("@")[2],
        "message": {
            "headers": {
                "to": told.recipient,
                "message-id": told.header_id,
                "from": str(told.from_),
                "subject": told.subject,
            },
            "attachments": [],
        },
        "tags": list(told.tags),
        "user-variables": {**told.metadata, "message_id": told.message_id},
        "flags": {"is-test-mode": told.is_test},
    }
    if event in {"delivered", "failed"}:
        about["delivery-status"] = {
            "code": told.code or (250 if event == "delivered" else 0),
            "enhanced-code": told.enhanced,
            "message": told.answer,
            "description": told.plain,
        }
    said = {"signature": dict(signed), "event-data": about}
    return json.dumps(said, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def arrived(arrival: Arrival, signed: Mapping[str, str]) -> tuple[str, bytes]:
    """Return media type and body of what a route posts: a form, in parts if there are files."""
    numbered = [
        (f"attachment-{number}", one)
        for number, one in enumerate((f for f in arrival.files if f.content is not None), 1)
    ]
    fields = [
        *_header_fields(arrival, signed),
        *signed.items(),
        ("recipient", arrival.recipient),
        ("sender", arrival.sender),
        ("from", str(arrival.from_)),
        ("subject", arrival.subject),
        ("body-plain", arrival.text),
        ("stripped-text", arrival.stripped_text),
        ("stripped-html", _as_html(arrival.stripped_text)),
        ("stripped-signature", arrival.signature),
        ("message-headers", json.dumps([list(one) for one in arrival.headers])),
    ]
    if arrival.html:
        fields += [("body-html", arrival.html)]
    if not numbered:
        return FORM, urlencode(fields, errors="replace").encode("ascii")
    named = {f"<{one.content_id}>": name for name, one in numbered if one.content_id}
    fields += [("attachment-count", str(len(numbered))), ("content-id-map", json.dumps(named))]
    files = [(name, one.name, one.media_type, one.content or b"") for name, one in numbered]
    return _in_parts(fields, files, signed["token"])


def _header_fields(arrival: Arrival, signed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the header as a form's fields: `Message-Id`, `In-Reply-To`, `X-Mailer`.

    A stranger writes them: each begins with a capital, and none is called as ours are.
    """
    for name, value in arrival.headers:
        known = name.lower()
        if known not in signed and known not in _OURS and not known.startswith(_OURS_BEGIN):
            yield "-".join(part.capitalize() for part in known.split("-")), value


def _as_html(text: str) -> str:
    """Return text as HTML: its paragraphs and lines, and nothing that a browser would run."""
    paragraphs = re.split(r"\n{2,}", text.strip("\n"))
    return "".join(f"<p>{escape(one).replace(chr(10), '<br>')}</p>" for one in paragraphs if one)


def _in_parts(
    fields: Sequence[tuple[str, str]], files: Sequence[tuple[str, str, str, bytes]], token: str
) -> tuple[str, bytes]:
    """Return a form in parts (RFC 7578)."""
    digest = hashlib.sha256(token.encode())
    for _, _, _, content in files:
        digest.update(content)
    # Of the contents too, so that no stranger's file can hold the line that ends it.
    boundary = f"part-{digest.hexdigest()}"
    pieces = []
    for name, value in fields:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        pieces += [head.encode(), value.encode("utf-8", "replace"), b"\r\n"]
    for name, filename, media_type, content in files:
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; '
            f'filename="{_quoted(filename)}"\r\nContent-Type: {_one_line(media_type)}\r\n\r\n'
        )
        pieces += [head.encode("utf-8", "replace"), content, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(pieces)


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _one_line(text: str) -> str:
    return "".join(char for char in text if char.isprintable())

"""The documents of a mail: decoded, hashed, with names that are safe."""

import hashlib
import re
from collections.abc import Iterable
from html import unescape
from urllib.parse import unquote

from gateway.mail.content import Uuencoded
from gateway.mail.encoded_words import header_text
from gateway.mail.filenames import safe_name
from gateway.mail.headers import read_head
from gateway.mail.parts import Part
from gateway.mail.reading import Attachment, ReadLimits

_SOURCE = re.compile(r'<img [^<>]*?src="cid:([^"<>]+)"')
_MESSAGES = frozenset({"message/rfc822", "message/global"})
_BY_EXTENSION = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".txt": "text/plain",
}


def read_attachments(
    raw: bytes,
    parts: Iterable[Part],
    files: Iterable[Uuencoded],
    html: str | None,
    limits: ReadLimits,
) -> tuple[Attachment, ...]:
    """Return the attachments of a mail in their order, the uuencoded ones last."""
    shown = _shown_ids(html)
    found = []
    unnamed = 0
    for part in parts:
        octets = part.octets(raw)
        if part.name:
            filename = safe_name(part.name, part.content_type)
        else:
            unnamed += 1
            stem = _stem(part, octets, limits) or (
                "attachment" if unnamed == 1 else f"attachment-{unnamed}"
            )
            filename = safe_name("", part.content_type, otherwise=stem)
        inline = part.disposition == "inline" or part.content_id in shown
        found.append(_attachment(octets, filename, part.content_type, inline, part.content_id))
    for file in files:
        filename = safe_name(header_text(file.name), "application/octet-stream")
        extension = filename[filename.rfind(".") :].lower() if "." in filename else ""
        kind = _BY_EXTENSION.get(extension, "application/octet-stream")
        found.append(_attachment(file.octets, filename, kind, False, ""))
    return tuple(found)


def _attachment(
    octets: bytes, filename: str, content_type: str, inline: bool, content_id: str
) -> Attachment:
    return Attachment(
        filename=filename,
        content_type=content_type,
        size=len(octets),
        sha256=hashlib.sha256(octets).hexdigest(),
        inline=inline,
        content_id=content_id or None,
        content=octets,
    )


def _shown_ids(html: str | None) -> frozenset[str]:
    """Return the Content-IDs of the pictures that the HTML shows."""
    if html is None or "cid:" not in html:
        return frozenset()
    return frozenset(unquote(unescape(one)) for one in _SOURCE.findall(html))


def _stem(part: Part, octets: bytes, limits: ReadLimits) -> str:
    """Return what an attachment without a name may be called: a message by its subject."""
    if part.content_type not in _MESSAGES:
        return ""
    head = read_head(octets, 0, len(octets), octets=limits.header_octets, fields=limits.fields)
    return head.fields.text("subject")[:80]

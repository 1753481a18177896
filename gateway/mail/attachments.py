"""The documents of a mail: decoded, hashed, with names that are safe."""

import hashlib
import re
from collections.abc import Iterable
from html import unescape
from urllib.parse import unquote

from gateway.mail.einvoice import read_document
from gateway.mail.encoded_words import header_text
from gateway.mail.errors import MailError
from gateway.mail.filenames import safe_name, type_of
from gateway.mail.headers import read_head
from gateway.mail.parts import Part
from gateway.mail.reading import Attachment, ReadLimits
from gateway.mail.tnef import Tnef, unpack
from gateway.mail.uuencode import FileInText

_SOURCE = re.compile(r'<img [^<>]*?src="cid:([^"<>]+)"')
_TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_MESSAGES = frozenset({"message/rfc822", "message/global"})


def unpack_winmail(raw: bytes, parts: Iterable[Part]) -> tuple[list[Part], list[Tnef]]:
    """Return the parts that are no `winmail.dat`, and what was packed in those that are."""
    others: list[Part] = []
    packed: list[Tnef] = []
    for part in parts:
        if part.content_type in _TNEF_TYPES or part.name.lower() == "winmail.dat":
            try:
                packed.append(unpack(part.octets(raw)))
                continue
            except MailError:
                pass  # it only bears the name
        others.append(part)
    return others, packed


def read_attachments(
    raw: bytes,
    parts: Iterable[Part],
    html: str | None,
    limits: ReadLimits,
    *,
    packed: Iterable[Tnef] = (),
    files: Iterable[FileInText] = (),
) -> tuple[Attachment, ...]:
    """Return the attachments of a mail in their order, those out of others or of text last.

    html: the harmless HTML, for which pictures it shows.
    """
    shown = _shown_ids(html)
    found = []
    unnamed = 0
    for part in parts:
        octets = part.octets(raw)
        if part.name:
            filename = safe_name(part.name, part.content_type)
        else:
            unnamed += 1
            number = "" if unnamed == 1 else f"-{unnamed}"
            stem = _stem(part, octets, limits) or f"attachment{number}"
            filename = safe_name("", part.content_type, otherwise=stem)
        inline = part.disposition == "inline" or part.content_id in shown
        found.append(_attachment(octets, filename, part.content_type, inline, part.content_id))
    for one in packed:
        for file in one.files:
            filename = safe_name(file.name, file.content_type)
            kind = file.content_type or type_of(filename)
            inline = file.content_id in shown
            found.append(_attachment(file.content, filename, kind, inline, file.content_id))
    for old in files:
        filename = safe_name(header_text(old.name), "")
        found.append(_attachment(old.octets, filename, type_of(filename), False, ""))
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
        document=read_document(octets, content_type, filename),
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

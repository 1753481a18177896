"""Which parts are the text of a mail, which its HTML, and which are attachments.

RFC 8621, section 4.1.4, with one difference: a picture, sound or film is always an
attachment too, also where it stands among the text.
"""

from dataclasses import dataclass, field

from gateway.mail.parts import Part

_MEDIA = ("image/", "audio/", "video/")


@dataclass(slots=True)
class Bodies:
    """The leaves of a message, sorted."""

    text: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    attachments: list[Part] = field(default_factory=list)


def sort_parts(root: Part) -> Bodies:
    """Return which leaves are text, HTML, attachments."""
    bodies = Bodies()
    _sort((root,), "mixed", bodies, bodies.text, bodies.html, in_alternative=False)
    if not bodies.text and not bodies.html:
        # Old Macintosh and Eudora mail: better shown as it is than offered for download.
        bodies.text = [part for part in bodies.attachments if _is_enriched(part)]
        bodies.attachments = [part for part in bodies.attachments if not _is_enriched(part)]
    return bodies


def _sort(
    parts: tuple[Part, ...],
    subtype: str,
    bodies: Bodies,
    text: list[Part] | None,
    html: list[Part] | None,
    *,
    in_alternative: bool,
) -> None:
    text_before = len(text) if text is not None else 0
    html_before = len(html) if html is not None else 0
    for position, part in enumerate(parts):
        if part.is_multipart:
            inner = part.content_type.partition("/")[2]
            _sort(
                part.children,
                inner,
                bodies,
                text,
                html,
                in_alternative=in_alternative or inner == "alternative",
            )
        elif part.content_type.startswith(_MEDIA) or not _is_inline(part, position, subtype):
            bodies.attachments.append(part)
        elif subtype == "alternative":
            chosen = html if part.content_type == "text/html" else text
            (bodies.attachments if chosen is None else chosen).append(part)
        else:
            if in_alternative and part.content_type == "text/plain":
                html = None
            elif in_alternative:
                text = None
            if text is not None:
                text.append(part)
            if html is not None:
                html.append(part)
    if subtype == "alternative" and text is not None and html is not None:
        # One of the two kinds stands for the other where that is missing.
        if len(text) == text_before and len(html) > html_before:
            text += html[html_before:]
        elif len(html) == html_before and len(text) > text_before:
            html += text[text_before:]


def _is_enriched(part: Part) -> bool:
    """Say whether it is text of a kind that mail programs have forgotten."""
    is_file = part.name or part.disposition == "attachment"
    return part.content_type in {"text/enriched", "text/richtext"} and not is_file


def _is_inline(part: Part, position: int, subtype: str) -> bool:
    """Say whether a leaf is shown where it stands."""
    if part.disposition == "attachment":
        return False
    is_media = part.content_type.startswith(_MEDIA)
    if not is_media and part.content_type not in {"text/plain", "text/html"}:
        return False
    if position == 0:
        return True
    return subtype != "related" and (is_media or not part.name)

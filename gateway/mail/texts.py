"""The words of a mail: its bodies decoded, joined, and made harmless."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

from gateway.mail import charsets
from gateway.mail.bodies import Bodies
from gateway.mail.calendar_text import calendar_text
from gateway.mail.closed import closed_text
from gateway.mail.flowed import unflow
from gateway.mail.html_clean import clean
from gateway.mail.html_shape import beginning
from gateway.mail.html_text import html_to_text
from gateway.mail.parts import Part
from gateway.mail.reading import ReadLimits
from gateway.mail.rtf_text import rtf_to_text
from gateway.mail.tnef import Tnef
from gateway.mail.uuencode import FileInText, uuencoded, without
from gateway.mail.yenc import yencoded

_META_CHARSET = re.compile(
    rb"<meta[^<>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_:.+\-]{1,40})", re.IGNORECASE
)
_META_OCTETS = 4096
_HTML_START = re.compile(r"\s{0,100}(?:<!doctype html|<html)[\s>]", re.IGNORECASE)
_FILES = 20
_BASE64_MODES = frozenset({"base64", "b"})
_FINDERS = ((b"begin ", uuencoded), (b"=ybegin ", yencoded))
_CALENDAR_OCTETS = 256 * 1024


@dataclass(frozen=True, slots=True)
class Texts:
    """The words of a mail.

    full: all text; the HTML as text where there is no text; where there is neither, what a
        calendar says, or that the mail is encrypted.
    html: harmless, None if there is none. html_source: as it came, for finding quotation.
    files: what stood uuencoded or as yEnc in the text, and was taken out.
    cut: the parts that are to be kept as files as well: only the beginning of them is here, or
        they came damaged, so that the words may not be what was written.
    defects: "text_cut", "text_undecodable", "html_cut", "html_too_wild".
    """

    full: str = ""
    html: str | None = None
    html_source: str | None = None
    blocked_pictures: int = 0
    files: tuple[FileInText, ...] = ()
    cut: tuple[Part, ...] = ()
    defects: tuple[str, ...] = ()


def read_texts(
    raw: bytes, bodies: Bodies, limits: ReadLimits, *, packed: Sequence[Tnef] = ()
) -> Texts:
    """Return the words of the parts that were sorted as bodies.

    packed: what came in `winmail.dat`, where the HTML mostly is, and sometimes all there is.
    """
    return _Reader(raw, bodies, limits, packed).read()


@dataclass(frozen=True, slots=True)
class _Html:
    source: str


@dataclass(slots=True)
class _Reader:
    raw: bytes
    bodies: Bodies
    limits: ReadLimits
    packed: Sequence[Tnef] = ()
    files: list[FileInText] = field(default_factory=list)
    cut: list[Part] = field(default_factory=list)
    defects: dict[str, None] = field(default_factory=dict)
    _decoded: dict[int, str | _Html] = field(default_factory=dict)
    _text_left: int = 0
    _html_left: int = 0

    def read(self) -> Texts:
        self._text_left = self.limits.text_chars
        self._html_left = self.limits.html_chars
        full = self._joined(self._body(part) for part in self.bodies.text)
        html_bodies = [self._body(part) for part in self.bodies.html]
        if not any(isinstance(body, _Html) for body in html_bodies):
            html_bodies = self._packed_html() or html_bodies
        if not full.strip():
            full = self._joined(html_bodies) or self._joined(map(_packed_text, self.packed))
        if not full.strip():
            full = self._calendar() or closed_text(self.bodies.attachments)
        html, blocked = self._html(html_bodies)
        sources = [body.source for body in self._decoded.values() if isinstance(body, _Html)]
        return Texts(
            full=full,
            html=html,
            html_source="\n".join(sources) if sources else None,
            blocked_pictures=blocked,
            files=tuple(self.files),
            cut=tuple(self.cut),
            defects=tuple(self.defects),
        )

    def _joined(self, bodies: Iterable[str | _Html]) -> str:
        """Return the text of bodies, an empty line between them."""
        pieces = []
        for body in bodies:
            text = html_to_text(body.source) if isinstance(body, _Html) else body
            pieces.append(text.strip("\n"))
        return "\n\n".join(piece for piece in pieces if piece)

    def _calendar(self) -> str:
        """Return what the first calendar of the mail says, "" if there is none."""
        for part in self.bodies.attachments:
            if part.content_type == "text/calendar":
                octets = part.octets(self.raw)[:_CALENDAR_OCTETS]
                return calendar_text(charsets.decode(octets, part.parameters.get("charset")))
        return ""

    def _packed_html(self) -> list[str | _Html]:
        """Return the HTML that came in `winmail.dat`."""
        return [
            _Html(beginning(_decoded_html(one.html, one.codepage), self._html_left))
            for one in self.packed
            if one.html
        ]

    def _html(self, bodies: Sequence[str | _Html]) -> tuple[str | None, int]:
        """Return the HTML of bodies, each cleaned alone, and the number of blocked pictures."""
        if not any(isinstance(body, _Html) for body in bodies):
            return None, 0
        pieces: list[str] = []
        blocked = 0
        for body in bodies:
            if isinstance(body, str):
                pieces.append(f'<div style="white-space:pre-wrap">{escape(body)}</div>')
            elif (cleaned := clean(body.source, keep_addresses=True)) is not None:
                pieces.append(cleaned.html.strip("\n"))
                blocked += cleaned.blocked_pictures
            else:
                self.defects["html_too_wild"] = None
        return ("\n".join(pieces) if pieces else None), blocked

    def _body(self, part: Part) -> str | _Html:
        """Return the text or the HTML of a part, decoded once."""
        known = self._decoded.get(id(part))
        if known is None:
            known = self._decoded[id(part)] = self._read_body(part)
        return known

    def _read_body(self, part: Part) -> str | _Html:
        octets = part.octets(self.raw)
        charset = part.parameters.get("charset")
        is_undecodable = (
            part.encoding in _BASE64_MODES and octets == self.raw[part.start : part.end]
        )
        if is_undecodable and octets.strip():
            self.defects["text_undecodable"] = None
            self._keep(part)
        elif not part.is_whole:
            self._keep(part)
        if part.content_type != "text/plain":
            return self._read_html(part, octets, charset)
        for mark, finder in _FINDERS:
            if mark in octets and (files := finder(octets, limit=_FILES - len(self.files))):
                octets = without(octets, files)
                self.files += files
        text = charsets.decode(octets[: 4 * self._text_left + 4], charset)
        text = _with_newlines(text)
        if _HTML_START.match(text) is not None:
            return self._read_html(part, octets, charset)
        if part.parameters.get("format", "").lower() == "flowed":
            text = unflow(text, delsp=part.parameters.get("delsp", "").lower() == "yes")
        if len(text) > self._text_left:
            text = text[: self._text_left]
            self._keep(part)
            self.defects["text_cut"] = None
        self._text_left -= len(text)
        return text

    def _keep(self, part: Part) -> None:
        """Let a part be a file as well, once."""
        if not any(part is known for known in self.cut):
            self.cut.append(part)

    def _read_html(self, part: Part, octets: bytes, charset: str | None) -> _Html:
        if charsets.codec_name(charset) is None:
            charset = None
        source = _decoded_html(octets, charset)
        if len(source) > self._html_left:
            self.defects["html_cut"] = None
            self._keep(part)
            source = beginning(source, self._html_left)
        self._html_left -= len(source)
        return _Html(source)


def _decoded_html(octets: bytes, charset: str | None) -> str:
    """Return the HTML as text, in the charset that it names itself where none was declared."""
    if charset is None or charset.startswith("cp"):
        found = _META_CHARSET.search(octets, 0, _META_OCTETS)
        charset = found[1].decode("ascii") if found is not None else charset
    return charsets.decode(octets, charset)


def _packed_text(packed: Tnef) -> str:
    """Return the text that came in `winmail.dat` where it brought no HTML."""
    text = packed.text or rtf_to_text(packed.rtf, packed.codepage)
    return _with_newlines(text)


def _with_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")

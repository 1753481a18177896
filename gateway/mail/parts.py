"""The tree of a message's parts: places in its bytes, nothing copied (RFC 2045, RFC 2046).

A message inside the message (`message/rfc822`) is a leaf: it is an attachment, and nothing
of it may leak into the text of the mail around it. Work is bounded by the limits, whatever
the bytes: each level of nesting is one search over them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.mail.content import undo
from gateway.mail.encoded_words import one_line
from gateway.mail.field_values import Valued, parse_valued
from gateway.mail.headers import Fields, read_head
from gateway.mail.reading import ReadLimits

_PLAIN = Valued("text/plain", {})
_MESSAGE = Valued("message/rfc822", {})
# Parts of one thing, which say nothing alone.
_TOGETHER = frozenset({"multipart/alternative", "multipart/related", "multipart/signed"})
_TYPE = re.compile(r"([a-z0-9!#$&^_.+\-]+)/([a-z0-9!#$&^_.+\-]+)")
_TYPE_CHARS = 127
_BOUNDARY_OCTETS = 1000
_FIRST_DELIMITER = re.compile(
    rb"\n--(?P<boundary>[^\s\-][^\r\n]{0,199}|-[^\r\n]{1,199})\r?\n(?=[A-Za-z][A-Za-z0-9-]*:|\r?\n)"
)


@dataclass(frozen=True, slots=True)
class Part:
    """One entity: its fields, what they say of it, and where its body lies.

    content_type, encoding, disposition: in lower case; disposition "" if not given.
    name: as the sender wrote it, decoded, "" if not given; not safe for anything but showing.
    content_id: without angle brackets, "" if not given.
    start, end: the body, still encoded.
    is_whole: False where the mail ended before the line that closes it, among parts that stand
        side by side.
    """

    fields: Fields
    content_type: str
    parameters: Mapping[str, str]
    disposition: str
    name: str
    encoding: str
    content_id: str
    start: int
    end: int
    children: tuple["Part", ...] = ()
    is_whole: bool = True

    @property
    def is_multipart(self) -> bool:
        """True where the content is in `children`."""
        return bool(self.children)

    def octets(self, raw: bytes) -> bytes:
        """Return the content, transfer encoding undone."""
        return undo(raw[self.start : self.end], self.encoding)

    def leaves(self) -> Iterator["Part"]:
        """Give the parts that have no parts, in their order."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


@dataclass(frozen=True, slots=True)
class Tree:
    """A message's parts and what was wrong with them.

    is_cut: a limit was reached; what lies beyond is not here.
    defects: of `headers.Head`, and "multipart_without_parts", "multipart_without_boundary",
        "multipart_unclosed", "too_many_parts", "nested_too_deep".
    """

    root: Part
    is_cut: bool
    defects: tuple[str, ...]


def walk(raw: bytes, limits: ReadLimits) -> Tree:
    """Return the tree of a message's parts."""
    walker = _Walker(raw, limits)
    root, _ = walker.entity(0, None, depth=0, otherwise=_PLAIN)
    return Tree(root, walker.is_cut, tuple(walker.defects))


class _Delimiters:
    """The lines that part one multipart (RFC 2046, section 5.1.1).

    A line that could be of this multipart and of one around it too is of the innermost that
    is still open, so one boundary may begin with another, or be the same.
    """

    def __init__(self, raw: bytes, boundary: bytes, around: "_Delimiters | None") -> None:
        self._raw = raw
        self._around = around
        self._line = re.compile(rb"\n--" + re.escape(boundary) + rb"(--)?[ \t]*\r?(?=\n|\Z)")
        self._found: re.Match[bytes] | None = None
        self._barren = (len(raw), 0)
        self.is_closed = False

    def next(self, at: int) -> re.Match[bytes] | None:
        """Return the first line at or behind the octet `at`, if none of those around is before.

        Its group 1 is there if the line closes.
        """
        found = self._found
        if found is not None and found.start() >= at:
            return found
        outer = self._around.next(at) if self._around is not None else None
        limit = len(self._raw)
        if outer is not None:
            limit = outer.start() if self.is_closed else outer.end()
        if at >= self._barren[0] and limit <= self._barren[1]:
            return None
        found = self._found = self._line.search(self._raw, at, limit)
        if found is None:
            self._barren = (at, limit)
        return found

    def end(self, at: int) -> int:
        """Return where the next line stands, of this multipart or of one around it."""
        found = self.next(at)
        if found is not None:
            return found.start()
        return self._around.end(at) if self._around is not None else len(self._raw)


class _Walker:
    def __init__(self, raw: bytes, limits: ReadLimits) -> None:
        self._raw = raw
        self._limits = limits
        self._count = 0
        self.is_cut = False
        self.defects: dict[str, None] = {}

    def entity(
        self,
        start: int,
        around: _Delimiters | None,
        *,
        depth: int,
        otherwise: Valued,
        is_alone: bool = True,
    ) -> tuple[Part, int]:
        """Return the entity at `start`, and where the line that ends it is to be looked for.

        otherwise: what it is where it doesn't say.
        is_alone: it is no part of several that stand side by side.
        """
        self._count += 1
        head = read_head(
            self._raw,
            start,
            self._end(max(start - 1, 0), around),
            octets=self._limits.header_octets,
            fields=self._limits.fields,
            outermost=depth == 0,
        )
        self._note(*head.defects)
        self.is_cut = self.is_cut or head.too_long
        type_ = _content_type(head.fields, otherwise)
        disposition = head.fields.first("content-disposition")
        disposed = parse_valued(disposition) if disposition is not None else None
        children: tuple[Part, ...] = ()
        content_type = type_.value
        at = max(head.body - 1, 0)
        if content_type.startswith("multipart/"):
            children, at = self._children(type_, head.body, around, depth)
            if not children:
                content_type = "text/plain"
        delimiter = self._end(at, around)
        end = max(delimiter - self._raw.endswith(b"\r", start, delimiter), head.body)
        if delimiter == len(self._raw):
            end = delimiter
        part = Part(
            fields=head.fields,
            content_type=content_type,
            parameters=type_.parameters,
            disposition=_disposition(disposed),
            name=_name(type_, disposed),
            encoding="" if children else _encoding(head.fields),
            content_id=_content_id(head.fields),
            start=head.body,
            end=end,
            children=children,
            is_whole=is_alone or delimiter < len(self._raw),
        )
        return part, at

    def _children(
        self, type_: Valued, start: int, around: _Delimiters | None, depth: int
    ) -> tuple[tuple[Part, ...], int]:
        """Return the parts of a multipart, and where the line behind it is to be looked for."""
        at = max(start - 1, 0)
        if depth >= self._limits.nesting:
            self._note("nested_too_deep")
            self.is_cut = True
            return (), at
        lines = self._delimiters(type_, start, around)
        if lines is None:
            return (), at
        otherwise = _MESSAGE if type_.value == "multipart/digest" else _PLAIN
        children = []
        while (line := lines.next(at)) is not None:
            # After a closing delimiter goes on only what opens again.
            lines.is_closed = line[1] is not None
            at = line.end()
            if lines.is_closed or at + 1 >= len(self._raw):
                continue
            if self._count >= self._limits.parts:
                self._note("too_many_parts")
                self.is_cut = True
                break
            child, at = self.entity(
                at + 1,
                lines,
                depth=depth + 1,
                otherwise=otherwise,
                is_alone=type_.value in _TOGETHER,
            )
            children.append(child)
        if not lines.is_closed:
            self._note("multipart_unclosed")
        return tuple(children), at

    def _delimiters(
        self, type_: Valued, start: int, around: _Delimiters | None
    ) -> _Delimiters | None:
        """Return the lines by the boundary that is given, or else by the one in use; or None."""
        at = max(start - 1, 0)
        given = type_.parameters.get("boundary", "").encode("utf-8", "replace")
        for boundary in (given, self._guessed_boundary(start, self._end(at, around))):
            if not 0 < len(boundary) <= _BOUNDARY_OCTETS:
                continue
            lines = _Delimiters(self._raw, boundary, around)
            if lines.next(at) is not None:
                if boundary != given:
                    self._note("multipart_without_boundary")
                return lines
        self._note("multipart_without_parts")
        return None

    def _end(self, at: int, around: _Delimiters | None) -> int:
        return around.end(at) if around is not None else len(self._raw)

    def _guessed_boundary(self, start: int, end: int) -> bytes:
        """Return the boundary that the body seems to use, b"" if it seems to use none."""
        found = _FIRST_DELIMITER.search(
            self._raw, max(start - 1, 0), min(end, start + self._limits.header_octets)
        )
        return found["boundary"].rstrip() if found is not None else b""

    def _note(self, *defects: str) -> None:
        self.defects.update(dict.fromkeys(defects))


def _content_type(fields: Fields, otherwise: Valued) -> Valued:
    """Return the media type; what can't be one is unknown octets, or text if nothing tells."""
    raw = fields.first("content-type")
    if raw is None or not raw.strip():
        return otherwise
    type_ = parse_valued(raw)
    if _TYPE.fullmatch(type_.value) is not None and len(type_.value) <= _TYPE_CHARS:
        return type_
    if type_.value in {"text", ""} and "name" not in type_.parameters:
        return Valued(otherwise.value, type_.parameters)
    is_file = "name" in type_.parameters or "boundary" not in type_.parameters
    kind = "application/octet-stream" if is_file else "multipart/mixed"
    return Valued(kind, type_.parameters)


def _disposition(disposed: Valued | None) -> str:
    """Return "inline", "attachment" or ""; an unknown one is an attachment (RFC 2183, 2.8)."""
    if disposed is None or not disposed.value:
        return ""
    return "inline" if disposed.value == "inline" else "attachment"


def _name(type_: Valued, disposed: Valued | None) -> str:
    """Return the file name that the sender gave."""
    for valued in (disposed, type_):
        if valued is not None:
            for key in ("filename", "name"):
                if name := valued.parameters.get(key):
                    return name
    return ""


def _encoding(fields: Fields) -> str:
    raw = fields.first("content-transfer-encoding")
    return "" if raw is None else parse_valued(raw).value.strip(" \"'")


def _content_id(fields: Fields) -> str:
    raw = fields.first("content-id")
    if raw is None:
        return ""
    return one_line(raw.decode("utf-8", "replace")).strip("<> ")

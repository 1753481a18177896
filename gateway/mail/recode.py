"""Submitted mail, its content unchanged, in 7 bits (RFC 2045, 6; RFC 6152, section 3).

Parts that are 7-bit already keep each byte, so that signatures in them hold. Others get
a transfer encoding, and text that is UTF-8 and doesn't say so the charset: without one it
would be US-ASCII, which it is not. Structure, boundaries and the order of fields stay.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from gateway.mail import transfer
from gateway.mail.eightbit import decoded, seven_bit_field, split_parameters
from gateway.mail.errors import MailError
from gateway.mail.trace import OTHERS

HEADER_OCTETS = 256 * 1024
_PRIVATE = frozenset({"bcc", "resent-bcc"}) | OTHERS
_PLAIN_ENCODINGS = frozenset({"", "7bit", "8bit", "binary"})
_LEFT_ALONE = frozenset({"multipart/signed", "multipart/encrypted"})
_UNNAMED = _LEFT_ALONE | {"multipart/digest"}
"""Whose parts are told no charset: signed as they are, or no text if they don't say what."""


def leaves(name: str) -> bool:
    """Say whether a field must not leave the gateway: Bcc, other servers' trace, our commands."""
    return name in _PRIVATE or name.startswith("x-postroom-")


def recode(
    raw: bytes,
    *,
    set_headers: Sequence[tuple[str, str]] = (),
    defaults: Sequence[tuple[str, str]] = (),
    drop: Callable[[str], bool] = leaves,
    max_parts: int = 100,
    max_depth: int = 20,
) -> bytes:
    """Return a submitted mail in 7 bits, with CRLF and without lines above 998 octets.

    set_headers: fields (name, value) that replace those of that name; encoded words in
        them stay. defaults: fields for mail that has none of that name.
    drop: says of a name in lower case whether its fields go.

    Raises MailError if the mail can't be read that far, has too many or too deep parts,
    or can't be said in 7 bits.
    """
    if b"\r\n" not in raw[:HEADER_OCTETS] and b"\n" in raw[:HEADER_OCTETS]:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if raw.startswith(b"From "):  # the line that an mbox begins each mail with
        raw = raw[raw.find(b"\n") + 1 :]
    work = _Recoding(max_parts, max_depth)
    head, body = _split(raw)
    new_head, new_body = work.entity(head, body, ())
    edited = _edited(new_head, set_headers, defaults, drop)
    if not any(one.name == "mime-version" for one in edited) and new_body is not body:
        edited.append(_written("MIME-Version", "1.0"))
    return b"".join([*(one.octets for one in edited), b"\r\n", new_body])


@dataclass(frozen=True, slots=True)
class _Field:
    """A field as it stands, folds and line end included; name in lower case."""

    name: str
    octets: bytes

    @property
    def value(self) -> str:
        """The value, unfolded."""
        text = decoded(self.octets.partition(b":")[2])
        return text.replace("\r", "").replace("\n", "").strip()


def _written(name: str, value: str) -> _Field:
    return _Field(name.lower(), seven_bit_field(name, value))


def _edited(
    head: Sequence[_Field],
    set_headers: Sequence[tuple[str, str]],
    defaults: Sequence[tuple[str, str]],
    drop: Callable[[str], bool],
) -> list[_Field]:
    for name, value in [*set_headers, *defaults]:
        if "\r" in value or "\n" in value:
            raise MailError(f"{name} holds a line break")
    new = {name.lower(): _written(name, value) for name, value in set_headers}
    edited: list[_Field] = []
    placed: set[str] = set()
    for one in head:
        if drop(one.name) or one.name in placed:
            continue
        if one.name in new:
            placed.add(one.name)
            edited.append(new[one.name])
        else:
            edited.append(one)
    edited += [one for name, one in new.items() if name not in placed]
    present = {one.name for one in edited}
    return edited + [_written(*one) for one in defaults if one[0].lower() not in present]


def _split(entity: bytes) -> tuple[list[_Field], bytes]:
    """Return the fields and the body. What is no field begins the body (as readers do it)."""
    head: list[_Field] = []
    at = 0
    while at < len(entity):
        end = entity.find(b"\n", at, at + HEADER_OCTETS) + 1 or len(entity)
        line = entity[at:end]
        if end == len(entity) and not line.endswith(b"\n"):
            line += b"\r\n"
        if line in (b"\r\n", b"\n"):
            return head, entity[end:]
        if end > HEADER_OCTETS:
            raise MailError("a header is too long")
        if line[:1] in b" \t" and head:
            head[-1] = _Field(head[-1].name, head[-1].octets + line)
        else:
            name, colon, _ = line.partition(b":")
            name = name.rstrip(b" \t")
            if not colon or not name or not name.isascii() or not _is_name(name):
                return head, entity[at:]
            head.append(_Field(name.decode("ascii").lower(), line))
        at = end
    return head, b""


def _is_name(name: bytes) -> bool:
    return all(0x21 <= octet <= 0x7E for octet in name)


@dataclass(slots=True)
class _Recoding:
    """One mail's recoding; counts its parts."""

    max_parts: int
    max_depth: int
    parts: int = field(default=0)

    def entity(
        self,
        head: list[_Field],
        body: bytes,
        boundaries: tuple[bytes, ...],
        *,
        names_charset: bool = True,
    ) -> tuple[list[_Field], bytes]:
        """Return header and body in 7 bits. boundaries: of the multiparts around it."""
        self.parts += 1
        if self.parts > self.max_parts:
            raise MailError(f"the mail has more than {self.max_parts} parts")
        if len(boundaries) > self.max_depth:
            raise MailError(f"the mail is nested deeper than {self.max_depth} levels")
        head = [_seven_bit(one) for one in head]
        encoding = _value(head, "content-transfer-encoding").partition(";")[0].strip().lower()
        kind, parameters = split_parameters(_value(head, "content-type"))
        kind = kind.lower()
        if transfer.is_seven_bit(body):
            if encoding in {"8bit", "binary"} and kind not in _LEFT_ALONE:
                head = _with_encoding(head, "7bit")
            return head, body
        if encoding in _PLAIN_ENCODINGS:
            boundary = dict(parameters).get("boundary", "").rstrip().encode("utf-8")
            if kind.startswith("multipart/") and boundary:
                names_charset = names_charset and kind not in _UNNAMED
                body = self._multipart(body, boundary, boundaries, names_charset=names_charset)
                return _with_encoding(head, "7bit", always=False), body
            if kind == "message/rfc822":
                inner_head, inner = self.entity(
                    *_split(body), (*boundaries, b""), names_charset=names_charset
                )
                octets = b"".join([*(one.octets for one in inner_head), b"\r\n", inner])
                return _with_encoding(head, "7bit", always=False), octets
        if kind.startswith("multipart/"):
            raise MailError("a multipart can't be read")
        if names_charset and encoding in _PLAIN_ENCODINGS and _is_utf8(body):
            head = _with_charset(head, kind, {name.partition("*")[0] for name, _ in parameters})
        encoding, body = _leaf(kind or "text/plain", encoding, body, boundaries)
        return _with_encoding(head, encoding), body

    def _multipart(
        self, body: bytes, boundary: bytes, around: tuple[bytes, ...], *, names_charset: bool
    ) -> bytes:
        done: list[bytes] = []
        for is_part, piece in _pieces(body, boundary):
            if not is_part:
                done.append(_plain_lines(piece))
                continue
            head, inner = _split(piece)
            new_head, new = self.entity(
                head, inner, (*around, boundary), names_charset=names_charset
            )
            before = piece[: len(piece) - len(inner)]
            if new is inner and new_head == head and transfer.is_seven_bit(before):
                done.append(piece)
            else:
                done += [*(one.octets for one in new_head), b"\r\n", new]
        return b"".join(done)


def _pieces(body: bytes, boundary: bytes) -> Iterator[tuple[bool, bytes]]:
    """Give a multipart in pieces: (True, a part) and (False, what stands between parts).

    A line break before a delimiter belongs to the delimiter (RFC 2046, 5.1.1).
    """
    delimiter = b"--" + boundary
    at = start = 0
    inside = False
    while True:
        found = body.find(delimiter, at)
        if found < 0:
            yield inside, body[start:]
            return
        end = body.find(b"\n", found) + 1 or len(body)
        rest = body[found + len(delimiter) : end].rstrip()
        at = end
        if (found and body[found - 1 : found] != b"\n") or rest not in (b"", b"--"):
            at = found + len(delimiter)
            continue
        before = found - (2 if body[found - 2 : found] == b"\r\n" else 1) if found else 0
        if before >= start:
            yield inside, body[start:before]
            yield False, body[before:end]
        else:  # an empty part: the delimiter's line break is that of the one before
            yield False, body[start:end]
        start, inside = end, rest == b""
        if not inside:
            yield False, body[start:]
            return


def _plain_lines(text: bytes) -> bytes:
    """Return a preamble, epilogue or delimiter in 7 bits; readers skip what is lost."""
    if transfer.is_seven_bit(text):
        return text
    text = text.decode("ascii", "replace").replace("�", "?").replace("\0", "?").encode()
    lines = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return b"\r\n".join(line[: transfer.LINE_OCTETS] for line in lines)


def _leaf(
    kind: str, encoding: str, body: bytes, boundaries: tuple[bytes, ...]
) -> tuple[str, bytes]:
    if encoding == "base64":
        return encoding, transfer.rewrapped_base64(body)
    if encoding == "quoted-printable":
        body = transfer.quoted_printable_octets(body)
    elif encoding not in _PLAIN_ENCODINGS:
        raise MailError("a part has a transfer encoding that is not known")
    if kind.startswith(("text/", "message/")):
        chosen, encoded = transfer.encoded_text(body)
        if not any(one and b"--" + one in encoded for one in boundaries):
            return chosen, encoded
    return "base64", transfer.base64_lines(body)


def _value(head: Sequence[_Field], name: str) -> str:
    return next((one.value for one in head if one.name == name), "")


def _with_encoding(head: list[_Field], encoding: str, *, always: bool = True) -> list[_Field]:
    """Return the header with this transfer encoding. always False: only in place of another."""
    name = "content-transfer-encoding"
    changed = _Field(name, f"Content-Transfer-Encoding: {encoding}\r\n".encode("ascii"))
    if any(one.name == name for one in head):
        first = next(index for index, one in enumerate(head) if one.name == name)
        rest = [one for one in head[first + 1 :] if one.name != name]
        return [*head[:first], changed, *rest]
    return [*head, changed] if always else head


def _is_utf8(text: bytes) -> bool:
    """Say whether text holds characters beyond ASCII, in UTF-8."""
    if text.isascii():
        return False
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _with_charset(head: list[_Field], kind: str, named: set[str]) -> list[_Field]:
    """Return the header of a text in UTF-8 saying so, if it names no charset.

    kind: "" where it doesn't say what it is. RFC 2045, 5.2; RFC 6532 has no default of its own.
    """
    if not kind:
        return [*head, _written("Content-Type", "text/plain; charset=utf-8")]
    if not kind.startswith("text/") or "charset" in named:
        return head
    at = next(index for index, one in enumerate(head) if one.name == "content-type")
    octets = head[at].octets.rstrip(b"; \t\r\n") + b"; charset=utf-8\r\n"
    if not transfer.has_short_lines(octets) or octets.count(b'"') % 2:
        return head
    return [*head[:at], _Field("content-type", octets), *head[at + 1 :]]


def _seven_bit(one: _Field) -> _Field:
    """Return the field as it is if it can travel, else written anew."""
    if transfer.is_seven_bit(one.octets):
        return one
    if b"\r" in one.octets.replace(b"\r\n", b""):
        raise MailError("a header field holds a lone carriage return")
    name = one.octets.partition(b":")[0].decode("ascii").strip()
    return _Field(one.name, seven_bit_field(name, one.value))

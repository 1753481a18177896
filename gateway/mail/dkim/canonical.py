"""Canonical forms of header fields and bodies (RFC 6376, section 3.4).

Whole-body operations of `bytes` do the work: they run in linear time, whatever the
body holds, and a body without runs of white space (base64) is not copied at all.
"""

import re
from dataclasses import dataclass

from gateway.mail.errors import MailError

CRLF = b"\r\n"
_WHITE_SPACE = b" \t"
_RUN = re.compile(rb" {2,}")


@dataclass(frozen=True, slots=True)
class Field:
    """A header field as it stands in the mail, folds included, without its last CRLF."""

    name: bytes
    raw: bytes

    @property
    def value(self) -> bytes:
        """What follows the colon."""
        return self.raw[self.raw.index(b":") + 1 :]


def split_message(raw: bytes) -> tuple[tuple[Field, ...], bytes]:
    """Return the header fields and the body, which is empty if there is none.

    Lines that are no field (no colon, or white space alone before it) are left out: they
    can't be signed.
    """
    if raw.startswith(CRLF):
        return (), raw[2:]
    head, separator, body = raw.partition(CRLF + CRLF)
    if not separator:
        head = head.removesuffix(CRLF)
    fields: list[Field] = []
    lines: list[bytes] = []
    for line in head.split(CRLF):
        if line[:1] in {b" ", b"\t"}:
            lines.append(line)
            continue
        _add_field(fields, lines)
        lines = [line]
    _add_field(fields, lines)
    return tuple(fields), body


def _add_field(fields: list[Field], lines: list[bytes]) -> None:
    if not lines:
        return
    name, colon, _ = lines[0].partition(b":")
    name = name.rstrip(_WHITE_SPACE)
    if colon and name:
        fields.append(Field(name.lower(), CRLF.join(lines)))


def demand_canonical_line_ends(raw: bytes) -> None:
    r"""Do nothing if every CR and LF stands in a CRLF and the last line ends with one.

    Raises MailError otherwise: a server on the way might change such bytes, and break the
    signature.
    """
    pairs = raw.count(CRLF)
    if raw.count(b"\n") != pairs or raw.count(b"\r") != pairs:
        raise MailError("a line ends with a lone CR or LF")
    if not raw.endswith(CRLF):
        raise MailError("the last line has no CRLF")


def simple_body(body: bytes) -> bytes:
    """Return the body with one CRLF in place of the empty lines at its end (3.4.3)."""
    if not body.endswith(CRLF):
        return body + CRLF
    end = len(body)
    tail = len(body.rstrip(CRLF))
    if tail == end - 2:
        return body
    # `rstrip` takes lone CRs and LFs too; empty lines begin after the last of those.
    broken = max(body.rfind(b"\r\r", tail), body.rfind(b"\n\n", tail))
    start = tail if broken < 0 else broken + 1
    if body[start : start + 1] == b"\n":
        start += 1
    return body[:start] + CRLF


def relaxed_body(body: bytes) -> bytes:
    """Return the body with white space made one and empty lines at its end gone (3.4.4)."""
    if body and not body.endswith(CRLF):
        body += CRLF
    reduced = _one_space(body)
    if b" \r\n" in reduced:
        reduced = reduced.replace(b" \r\n", CRLF)
    result = simple_body(reduced)
    return b"" if result == CRLF else result


def _one_space(text: bytes) -> bytes:
    """Return the text with each run of spaces and tabs made one space."""
    if b"\t" in text:
        text = text.replace(b"\t", b" ")
    # Three quick passes do for runs as people write them; the longest are left to a pattern
    # that never looks back.
    for _ in range(3):
        if b"  " not in text:
            return text
        text = text.replace(b"  ", b" ")
    return _RUN.sub(b" ", text)


def simple_header(field: Field) -> bytes:
    """Return the field as it stands (3.4.1)."""
    return field.raw


def relaxed_header(field: Field) -> bytes:
    """Return the field unfolded, with white space made one, its name in small letters (3.4.2)."""
    value = field.raw[field.raw.index(b":") + 1 :]
    if CRLF in value:
        value = value.replace(CRLF, b"")
    if b"  " in value or b"\t" in value:
        value = _one_space(value)
    return field.name + b":" + value.strip(_WHITE_SPACE)

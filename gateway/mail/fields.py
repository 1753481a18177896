"""Header fields that we write: 7-bit, folded, saying only what was meant.

Whatever a company or a customer may choose (names, subjects, file names) passes
`checked`, so that no value can end its field and begin another one.
"""

import binascii
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from gateway.mail.errors import MailError
from gateway.mail.mailbox import Mailbox
from gateway.mail.words import ENCODED_WORD, encoded_words, unstructured_words

LINE_CHARS = 78
LINE_OCTETS = 998
REFERENCES_OCTETS = 1500

_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_NAME = re.compile(r"[!-9;-~]{1,76}")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LOCAL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}"
    r'|"(?:[ !#-\[\]-~]|\\[ -~]){0,62}"'
)
_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9])?")
_ID = re.compile(r"[!-;=?-~]{1,900}")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def checked(text: str, what: str) -> str:
    """Return the text; raises MailError if it holds a character that no field may hold.

    Those are controls, line separators, bidirectional overrides and halves of surrogate
    pairs, also where an encoded word hides them (a reader would bring them to light).
    """
    if _FORBIDDEN.search(text) or ("=?" in text and _hides_controls(text)):
        raise MailError(f"{what} holds a control character")
    return text


def presentable(text: str) -> str:
    """Return the text with a space for each run of characters that `checked` refuses.

    For what a stranger wrote and we have to quote, such as the subject of an answer.
    """
    text = " ".join(_FORBIDDEN.sub(" ", text).split())
    return text.replace("=?", "= ?") if "=?" in text and _hides_controls(text) else text


def _hides_controls(text: str) -> bool:
    for charset, encoding, payload in ENCODED_WORD.findall(text):
        try:
            if encoding in "bB":
                octets = binascii.a2b_base64(payload + "==")
            else:
                octets = binascii.a2b_qp(payload, header=True)
        except ValueError:
            octets = payload.encode("ascii", "replace")
        if re.search(rb"[\x00-\x1f\x7f]", octets):
            return True
        try:
            shown = octets.decode(charset.partition("*")[0], "replace")
        except (LookupError, ValueError):
            shown = octets.decode("utf-8", "replace")
        if _FORBIDDEN.search(shown):
            return True
    return False


def fold(name: str, words: Iterable[str]) -> bytes:
    """Return a field whose words are joined by one space, folded where a line would be long.

    Raises MailError if a line stays above 998 octets (RFC 5322, 2.1.1), or for a bad name.
    """
    if not _NAME.fullmatch(name):
        raise MailError(f"{name[:40]!r} is not the name of a header field")
    lines: list[str] = []
    line, bare = f"{name}:", True
    for word in words:
        if not bare and len(line) + 1 + len(word) > LINE_CHARS:
            lines.append(line)
            line = ""
        line, bare = f"{line} {word}", False
    lines.append(line)
    if any(len(line) > LINE_OCTETS for line in lines):
        raise MailError(f"{name} holds a word that is too long for a line")
    return "\r\n".join([*lines, ""]).encode("ascii")


def unstructured(name: str, value: str) -> bytes:
    """Return a field of free text, such as Subject. Raises MailError (RFC 2047, section 5)."""
    return fold(name, unstructured_words(checked(value, name), len(name) + 2))


def mailboxes(name: str, boxes: Sequence[Mailbox]) -> bytes:
    """Return a field of addresses, such as To. Raises MailError (RFC 5322, 3.4)."""
    words: list[str] = []
    room = LINE_CHARS - len(name) - 2
    for number, box in enumerate(boxes):
        comma = "," if number + 1 < len(boxes) else ""
        *phrase, address = mailbox_words(box, room)
        words += [*phrase, address + comma]
        room = LINE_CHARS - 3
    return fold(name, words)


def mailbox_text(box: Mailbox) -> str:
    """Return a mailbox as it stands in a 7-bit field, unfolded. Raises MailError."""
    return " ".join(mailbox_words(box, LINE_CHARS))


def mailbox_words(box: Mailbox, room: int) -> list[str]:
    """Return the words of a mailbox; `room` characters are left in the first line."""
    address = address_text(box.address)
    if not box.name:
        return [address]
    return [*phrase_words(checked(box.name, "the name"), room), f"<{address}>"]


def phrase_words(name: str, room: int) -> list[str]:
    """Return a display name as atoms, a quoted string or encoded words (RFC 2047, 5(3))."""
    if name.isascii() and "=?" not in name and len(name) <= room:
        if _ATOMS.fullmatch(name):
            return name.split(" ")
        if name == name.strip() and "  " not in name:
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            return [f'"{quoted}"']
    return encoded_words(name, room)


def address_text(address: str) -> str:
    """Return an address in ASCII, its domain as A-labels. Raises MailError.

    A local part beyond ASCII is refused: it would need SMTPUTF8 all the way.
    """
    local, at, domain = address.rpartition("@")
    if not domain.isascii():
        domain = _a_labels(domain)
    well_formed = at and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)
    dots = not local.startswith('"') and (local[0:1] == "." or local[-1:] == "." or ".." in local)
    if not well_formed or dots or ".." in domain or "=?" in address:
        raise MailError("an address is not well-formed")
    return f"{local}@{domain}"


def _a_labels(domain: str) -> str:
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
        back = ascii_domain.encode("ascii").decode("idna")
    except UnicodeError as error:
        raise MailError("an address has a domain that does not exist") from error
    # The codec knows IDNA 2003 alone, which leads some names ("straße") elsewhere.
    if back != domain.lower():
        raise MailError("an address has a domain that has to be written as A-labels")
    return ascii_domain


def is_message_id(text: str) -> bool:
    """Say whether a text, without angle brackets, can stand as a Message-ID in a field."""
    return bool(_ID.fullmatch(text)) and "@" in text and "=?" not in text


def message_ids(name: str, ids: Iterable[str]) -> bytes:
    """Return a field of Message-IDs, given without angle brackets; b"" if none is usable.

    Of more than 1,500 octets the first and the last ones stay, so that the thread keeps
    its root and its newest members. What a stranger's mail called a Message-ID but is none
    is left out.
    """
    words = [f"<{one}>" for one in dict.fromkeys(ids) if is_message_id(one)]
    kept: list[str] = []
    octets = len(words[0]) + 1 if words else 0
    for word in reversed(words[1:]):
        octets += len(word) + 1
        if octets > REFERENCES_OCTETS:
            break
        kept.append(word)
    return fold(name, [*words[:1], *reversed(kept)]) if words else b""


def date_field(name: str, when: datetime) -> bytes:
    """Return a field with a date (RFC 5322, 3.3). Raises ValueError if `when` is naive."""
    offset = when.utcoffset()
    if offset is None:
        raise ValueError("a date needs a time zone")
    minutes = round(offset.total_seconds() / 60)
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    zone = f"{sign}{minutes // 60:02}{minutes % 60:02}"
    day = f"{_DAYS[when.weekday()]}, {when.day} {_MONTHS[when.month - 1]} {when.year:04}"
    return fold(name, [f"{day} {when:%H:%M:%S} {zone}"])

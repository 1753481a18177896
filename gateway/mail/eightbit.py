"""Header fields that came with raw 8-bit characters or over-long lines, in 7 bits.

What such a field says stays; how it was written may change. Its characters are taken
for UTF-8, else for Windows-1252, which is what services without RFC 2047 send.
"""

from collections.abc import Iterator, Sequence

from gateway.mail.errors import MailError
from gateway.mail.fields import LINE_CHARS, address_text, fold, presentable
from gateway.mail.parameters import typed
from gateway.mail.words import ENCODED_WORD, encoded_words, unstructured_words

ADDRESS_FIELDS = frozenset(
    {"from", "sender", "reply-to", "to", "cc", "bcc", "disposition-notification-to"}
    | {"resent-from", "resent-sender", "resent-to", "resent-cc", "errors-to", "return-receipt-to"}
)
_PARAMETER_FIELDS = frozenset({"content-type", "content-disposition"})
_MACHINE_FIELDS = frozenset(
    {"message-id", "in-reply-to", "references", "date", "received", "mime-version", "content-id"}
    | {"content-transfer-encoding", "resent-message-id", "resent-date", "return-path"}
)


def decoded(octets: bytes) -> str:
    """Return the characters of a raw field."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def seven_bit_field(name: str, value: str) -> bytes:
    """Return a field with this unfolded value, folded, in 7 bits.

    Encoded words in the value stay encoded words.

    Raises MailError if it can't be said in 7 bits: an address that needs SMTPUTF8.
    """
    lowered = name.lower()
    if lowered in ADDRESS_FIELDS:
        return fold(name, _address_words(presentable_raw(value)))
    if lowered in _PARAMETER_FIELDS and not value.isascii():
        kind, parameters = split_parameters(presentable_raw(value))
        return typed(name, kind.encode("ascii", "replace").decode("ascii"), parameters)
    if lowered in _PARAMETER_FIELDS or lowered in _MACHINE_FIELDS:
        text = presentable_raw(value).encode("ascii", "replace").decode("ascii")
        return fold(name, text.split(" "))
    return fold(name, unstructured_words(presentable_raw(value), len(name) + 2, keeps=_is_encoded))


def presentable_raw(value: str) -> str:
    """Return the value with its white space and controls as single spaces."""
    return " ".join(presentable(" ".join(word.split())) for word in value.split()).strip()


def _is_encoded(word: str) -> bool:
    return word.isascii() and bool(ENCODED_WORD.fullmatch(word)) and len(word) <= 512


def _address_words(value: str) -> list[str]:
    """Return the words of an address list, its names encoded where they are not ASCII."""
    if value.isascii():
        return value.split(" ")
    words: list[str] = []
    name: list[str] = []
    for kind, text in _address_tokens(value):
        if kind == "text":
            name.append(text)
            continue
        if kind == "<":
            words += [*_name_words(" ".join(name)), f"<{_ascii_address(text)}>"]
        elif kind == "(":
            words += _bare_words(" ".join(name))
            words += [f"({word})" for word in encoded_words(text, LINE_CHARS - 4)]
        else:
            words += _bare_words(" ".join(name))
            words = [*words[:-1], words[-1] + kind] if words else []
        name = []
    return [*words, *_bare_words(" ".join(name))]


def _name_words(name: str) -> list[str]:
    if not name:
        return []
    if name.isascii() and '"' not in name and "\\" not in name:
        atoms = [word for word in name.split(" ") if word]
        if all(_is_encoded(word) or word.replace("-", "").isalnum() for word in atoms):
            return atoms
        return [f'"{name}"']
    return encoded_words(name, LINE_CHARS - 12)


def _bare_words(text: str) -> list[str]:
    """Return what stands outside angle brackets: an address, or words that are none."""
    text = text.strip()
    if not text:
        return []
    if "@" in text and " " not in text:
        return [_ascii_address(text)]
    return text.split(" ") if text.isascii() else encoded_words(text, LINE_CHARS - 12)


def _ascii_address(address: str) -> str:
    address = address.strip()
    return address if address.isascii() else address_text(address)


def _address_tokens(value: str) -> Iterator[tuple[str, str]]:
    """Give ("text", unquoted words), ("<", address), ("(", comment) and separators."""
    at, start = 0, 0
    while at < len(value):
        char = value[at]
        if char not in '"<(,;:':
            at += 1
            continue
        if text := value[start:at].strip():
            yield "text", text
        if char in ",;:":
            yield char, ""
            at += 1
        elif char == '"':
            text, at = _quoted(value, at + 1)
            yield "text", text
        else:
            end = value.find(">" if char == "<" else ")", at)
            if end < 0:
                raise MailError("an address list ends within an address")
            yield char, value[at + 1 : end]
            at = end + 1
        start = at
    if text := value[start:].strip():
        yield "text", text


def _quoted(value: str, at: int) -> tuple[str, int]:
    """Return the content of a quoted string that begins at `at`, and where it ends."""
    chars: list[str] = []
    while at < len(value) and value[at] != '"':
        if value[at] == "\\" and at + 1 < len(value):
            at += 1
        chars.append(value[at])
        at += 1
    return "".join(chars), at + 1


def split_parameters(value: str) -> tuple[str, Sequence[tuple[str, str]]]:
    """Return a field's value and its parameters, quotes taken off, names in lower case.

    Parameters in the form of RFC 2231 keep their name with its star.
    """
    at = value.find(";")
    if at < 0:
        return value.strip(), ()
    kind, parameters = value[:at].strip(), []
    while at < len(value):
        equals = value.find("=", at)
        if equals < 0:
            break
        name = value[at:equals].strip("; \t").rpartition(";")[2].strip().lower()
        at = equals + 1
        while at < len(value) and value[at] in " \t":
            at += 1
        if at < len(value) and value[at] == '"':
            text, at = _quoted(value, at + 1)
        else:
            end = value.find(";", at)
            end = len(value) if end < 0 else end
            text, at = value[at:end].strip(), end
        if name and name.isascii() and name.isprintable() and " " not in name:
            parameters.append((name, text))
    return kind, tuple(parameters)

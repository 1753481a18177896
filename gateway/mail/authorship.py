"""In whose name a mail of ours is: read from its copy and its signature, and changed."""

from gateway.mail.address import sole_author
from gateway.mail.dkim.canonical import CRLF, split_message
from gateway.mail.dkim.tags import parse_tags
from gateway.mail.errors import MailError

_FROM = b"from"


def author_of_copy(raw: bytes) -> str:
    """Return the address in a copy's From, in lower case; "" where it names nobody for sure."""
    fields, _ = split_message(_head(raw))
    author = sole_author(
        [field.value.replace(CRLF, b"") for field in fields if field.name == _FROM]
    )
    return (author or "").lower()


def with_author(raw: bytes, address: str) -> bytes:
    """Return the copy with another address in its From; the name before it stays.

    address: in ASCII. Raises MailError if the copy has not exactly one author.
    """
    old = author_of_copy(raw).encode()
    fields, _ = split_message(_head(raw))
    found = [field.raw for field in fields if field.name == _FROM]
    if not old or len(found) != 1:
        raise MailError("the mail has not exactly one author")
    (field,) = found
    at = field.lower().rfind(old)
    changed = field[:at] + address.encode("ascii") + field[at + len(old) :]
    # The field stands at the beginning of a line; none before it is the same.
    start = 0 if raw.startswith(field) else raw.index(CRLF + field) + len(CRLF)
    return raw[:start] + changed + raw[start + len(field) :]


def signed_as(signature: bytes) -> tuple[str, str]:
    """Return d= and s= of the first of our DKIM-Signature fields; "" where there is none."""
    fields, _ = split_message(signature)
    for field in fields:
        if field.name == b"dkim-signature":
            try:
                tags = parse_tags(field.value.replace(CRLF, b"").decode("ascii"))
            except (MailError, UnicodeDecodeError):
                break
            return tags.get("d", ""), tags.get("s", "")
    return "", ""


def _head(raw: bytes) -> bytes:
    """Return the header block alone, so that a large body isn't copied."""
    end = raw.find(CRLF + CRLF)
    return raw if end < 0 else raw[: end + 4]

"""Tag lists, the syntax of signatures and of key records (RFC 6376, section 3.2)."""

import base64
import binascii
import string
from collections.abc import Mapping

from gateway.mail.errors import MailError

_NAME_FIRST = frozenset(string.ascii_letters)
_NAME = frozenset(string.ascii_letters + string.digits + "_")
_FOLDING = str.maketrans("", "", " \t\r\n")
MOST_TAGS = 100


def parse_tags(text: str) -> Mapping[str, str]:
    """Return the tags with their values, outer white space taken off.

    Raises MailError if the syntax is broken, a tag stands twice or there are too many.
    """
    tags: dict[str, str] = {}
    parts = text.split(";", MOST_TAGS + 1)
    if parts and not parts[-1].strip(" \t\r\n"):
        parts.pop()  # a semicolon may end the list
    if len(parts) > MOST_TAGS:
        raise MailError("too many tags")
    for part in parts:
        name, equals, value = part.partition("=")
        name = name.strip(" \t\r\n")
        if not equals or name[:1] not in _NAME_FIRST or not _NAME.issuperset(name):
            raise MailError(f"broken tag {part.strip()[:40]!r}")
        if name in tags:
            raise MailError(f"tag {name}= stands twice")
        tags[name] = value.strip(" \t\r\n")
    return tags


def without_white_space(value: str) -> str:
    """Return the value without the folds that may stand anywhere in it."""
    return value.translate(_FOLDING)


def parse_base64(value: str) -> bytes:
    """Return the octets of a base64 value that may be folded.

    Raises MailError if it isn't base64.
    """
    try:
        return base64.b64decode(without_white_space(value).encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError) as error:
        raise MailError("broken base64") from error


def parse_names(value: str) -> tuple[str, ...]:
    """Return the parts of a colon-separated value, white space taken off."""
    return tuple(name.strip(" \t\r\n") for name in value.split(":"))

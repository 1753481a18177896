"""What adapters share: addresses and fields as text, and what is named as not heeded."""

import re
from collections.abc import Iterable, Mapping, Sequence

from gateway.flow.refusal import invalid
from gateway.mail.address import is_mailbox
from gateway.mail.address_list import parse_addresses
from gateway.mail.mailbox import Mailbox
from gateway.rules.labels import Labels

IGNORED = "X-Postroom-Ignored"
"""The header of an answer that names what was given and not heeded."""
MOST_RECIPIENTS = 100
_FIELD_NAME = re.compile(r"[!-9;-~]{1,76}", re.ASCII)
_SAYABLE = re.compile(r"[!-+\--~]{1,76}", re.ASCII)
"""What stands in a list of names; no comma, no space."""
_VALUE_CHARS = 2000
_SHOWN = 80
_MOST_LABELS, _LABEL_CHARS = 50, 16 * 1024


def mailboxes(texts: Iterable[str], param: str) -> tuple[Mailbox, ...]:
    """Return the people whom texts name: `Jana <jana@client.example>, bob@client.example`.

    Raises Refused, `invalid_address`.
    """
    found: list[Mailbox] = []
    for text in texts:
        if not text.strip(" ,"):
            continue
        boxes = parse_addresses([text.encode("utf-8", "replace")])
        wrong = [box.address for box in boxes if not is_mailbox(box.address)]
        if wrong or not boxes:
            shown = (wrong[0] if wrong else text)[:_SHOWN]
            raise invalid(param, f"“{shown}” is not a valid address.", code="invalid_address")
        found += boxes
    return tuple(found)


def check_number(recipients: Sequence[Mailbox], param: str) -> None:
    """Raise Refused for a mail to too many, or to nobody."""
    if not recipients:
        raise invalid(param, "A mail needs a recipient.", code="missing")
    if len(recipients) > MOST_RECIPIENTS:
        raise invalid(param, f"A mail has at most {MOST_RECIPIENTS} recipients.")


def check_field(name: str, value: str, param: str) -> None:
    """Raise Refused for what can't be a header field."""
    if not _FIELD_NAME.fullmatch(name):
        raise invalid(param, f"“{name[:40]}” is no name of a header field.", code="invalid_header")
    if not value.isprintable() or len(value) > _VALUE_CHARS:
        detail = f"{name}: up to {_VALUE_CHARS} characters, no control characters or line breaks."
        raise invalid(param, detail, code="invalid_header")


def labels_of(tags: Sequence[str], metadata: Mapping[str, str], param: str) -> Labels:
    """Return what a service says of its mail. Raises Refused where it is too much."""
    kept = tuple(dict.fromkeys(tag for tag in tags if tag))
    texts = [*kept, *metadata, *metadata.values()]
    if len(kept) + len(metadata) > _MOST_LABELS or sum(map(len, texts)) > _LABEL_CHARS:
        detail = f"Up to {_MOST_LABELS} tags and values fit, {_LABEL_CHARS} characters in all."
        raise invalid(param, detail)
    if any(not text.isprintable() for text in (*kept, *metadata)):
        raise invalid(param, "Control characters and line breaks don't fit here.")
    return Labels(kept, dict(metadata))


def ignored(names: Iterable[str]) -> dict[str, str]:
    """Return the header that names what was not heeded; nothing if all was."""
    shown = [name for name in dict.fromkeys(names) if _SAYABLE.fullmatch(name)]
    return {IGNORED: ", ".join(shown[:50])} if shown else {}

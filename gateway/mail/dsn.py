"""The machine's part of a delivery status notification (RFC 3464, RFC 6533).

Lenient as the world requires: fields in any order, folded, missing, doubled; blocks without the
empty lines between them, or with too many.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from gateway.mail.report import Action, ReportedRecipient

STATUS: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_CODE: Final = re.compile(
    r"(?<![\d.\-\[/=@+])(?<![\w\]]:)([245][0-5]\d)(?=[ \-:;,)\]#>]|$)"
    r"(?![ \-](?:days?|hours?|min|bytes|attempts?)\b)(?:[ \-]#?([245])\.\d)?"
)
_FIELD: Final = re.compile(r"^[ \t]{0,8}([A-Za-z][A-Za-z0-9-]{2,60})[ \t]?:[ \t]*(.*)$")
_HEX: Final = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_ADDRESS: Final = re.compile(
    r"(?:\"[^\"\r\n]{1,120}\"|[^\s<>()\[\],;:\\\"@]{1,120})@[^\s<>()\[\],;:\\\"@]{1,255}"
)
_RECIPIENT_FIELDS: Final = frozenset(
    {"final-recipient", "original-recipient", "x-actual-recipient"}
)
_MESSAGE_FIELDS: Final = frozenset({"reporting-mta", "original-envelope-id", "arrival-date"})
_ACTIONS: Final[Mapping[str, Action]] = {
    "failed": "failed", "failure": "failed", "fail": "failed", "error": "failed",
    "delayed": "delayed", "delay": "delayed", "deferred": "delayed",
    "delivered": "delivered", "deliverable": "delivered", "relayed": "relayed",
    "expanded": "expanded",
}  # fmt: skip
_MAX_RECIPIENTS: Final = 1000


def read_fields(text: str) -> tuple[dict[str, str], list[ReportedRecipient]]:
    """Return the per-message fields, names in lower case, and every recipient's block."""
    about: dict[str, str] = {}
    found: list[ReportedRecipient] = []
    for block in _blocks(text):
        if _RECIPIENT_FIELDS & block.keys():
            recipient = _recipient(block)
            if recipient is not None and len(found) < _MAX_RECIPIENTS:
                found.append(recipient)
        else:
            for name, value in block.items():
                about.setdefault(name, value)
    return about, _once(found)


def _once(found: list[ReportedRecipient]) -> list[ReportedRecipient]:
    """Return one block for each address and action: some servers repeat themselves."""
    seen: dict[tuple[str, str], ReportedRecipient] = {}
    for recipient in found:
        seen.setdefault((recipient.recipient.casefold(), recipient.action), recipient)
    return list(seen.values())


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """Yield the fields of the message, then of each recipient."""
    block: dict[str, str] = {}
    last, is_parted = "", False
    for line in text.splitlines():
        if not line.strip():
            is_parted, last = True, ""
            continue
        if line[0] in " \t" and last:
            block[last] = f"{block[last]} {line.strip()}"
            continue
        field = _FIELD.match(line)
        if field is None:
            continue
        name, value = field[1].lower(), field[2].strip()
        is_named = bool(_RECIPIENT_FIELDS & block.keys())
        if _begins_block(name, block, is_named=is_named, is_parted=is_parted):
            yield block
            block = {}
        is_parted = False
        block.setdefault(name, value)
        last = name if block[name] == value else ""
    if block:
        yield block


def _begins_block(name: str, block: Mapping[str, str], *, is_named: bool, is_parted: bool) -> bool:
    """Return whether a field opens the next block.

    is_named: the block above names its recipient. is_parted: an empty line stands between.
    """
    if not block:
        return False
    if name == "final-recipient" and name in block:
        return True
    if name == "action" and name in block:
        return is_named
    if is_parted and (name in _RECIPIENT_FIELDS or name == "action"):
        return is_named or "reporting-mta" in block
    return is_named and name in _MESSAGE_FIELDS


def _recipient(block: Mapping[str, str]) -> ReportedRecipient | None:
    original = address_in(block.get("original-recipient", ""))
    final = address_in(block.get("final-recipient", "")) or address_in(
        block.get("x-actual-recipient", "")
    )
    recipient = final if final and _is_routable(final) else original or final
    if not recipient:
        recipient = _typed(block.get("final-recipient", ""))
    if not recipient:
        return None
    status = status_in(block.get("status", ""))
    diagnostic = " ".join(_typed(block.get("diagnostic-code", "")).split())[:4000]
    action = _ACTIONS.get(block.get("action", "").strip(" .<>()").lower().split(" ")[0])
    return ReportedRecipient(
        recipient=recipient,
        action=action or _action_of(status),
        status=status,
        original_recipient=original or None,
        diagnostic=diagnostic,
        remote_mta=_typed(block.get("remote-mta", "")).split(" ")[0] or None,
        smtp_code=code_in(diagnostic) or code_in(_typed(block.get("smtp-remote-code", ""))),
    )


def _action_of(status: str | None) -> Action:
    if status is None or status[0] == "5":
        return "failed"
    return "delayed" if status[0] == "4" else "delivered"


def _typed(value: str) -> str:
    """Return a value without its type, such as `rfc822;` or `smtp;` (RFC 3464, section 2.1.2)."""
    head, semicolon, rest = value.partition(";")
    return (
        rest.strip() if semicolon and len(head) < 20 and " " not in head.strip() else value.strip()
    )


def address_in(value: str) -> str:
    """Return the address of a recipient field, "" if it holds none (RFC 6533, section 3)."""
    value = _HEX.sub(_character, _typed(value))
    if value.lower().startswith("rfc822;"):
        value = _typed(value)
    if value.startswith("@") and ":" in value:
        value = value.partition(":")[2]
    found = _ADDRESS.search(value)
    return found[0].strip("'.") if found else ""


def addresses_in(value: str) -> list[str]:
    """Return all addresses of a header field, as they stand."""
    return [found.strip("'.") for found in _ADDRESS.findall(value[:20_000])]


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return chr(code) if 0x20 <= code < 0xD800 or 0xE000 <= code < 0x110000 else "\ufffd"


def _is_routable(address: str) -> bool:
    return "." in address.rpartition("@")[2]


def status_in(text: str) -> str | None:
    """Return the first enhanced status in the text, or None (RFC 3463, section 2)."""
    found = STATUS.search(text)
    return ".".join(str(int(part)) for part in found.groups()) if found else None


def code_in(text: str) -> int | None:
    """Return the first SMTP reply code of a refusal in the text, or None."""
    place = text.find("said:")
    start = place + 5 if place >= 0 else 0
    found = [one for one in _CODE.finditer(text[start : start + 8_000]) if one[1][0] in "45"]
    agreeing = (one for one in found if one[2] in (None, one[1][0]))
    best = next(agreeing, None) or next(iter(found), None)
    return int(best[1]) if best else None
